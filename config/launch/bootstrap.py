"""Makes the virtual environment when it is missing or outdated, then becomes the program it was asked for.

    python3 config/launch/bootstrap.py run|dev [ARGUMENTS OF PYTHON ...]

`run` installs requirements.txt, `dev` requirements-dev.txt; nothing is installed while the file's hash is the one
remembered in the environment. Every obstacle ends in one line that names the way out.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
NEEDED = (3, 11)
# In the order of what contains what: a development install serves `run` too, while both files are unchanged.
REQUIREMENTS = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}


class Obstacle(Exception):  # noqa: N818 - it is shown to a person, who sees the text only
    """The text is the one line to show."""


def main(arguments: list[str]) -> None:
    purpose, rest = arguments[0], arguments[1:]
    check_python()
    VENV.parent.joinpath("var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` side by side install one after the other
        prepare(purpose)
    os.chdir(ROOT)
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, *rest])  # noqa: S606 - no shell is wanted


def check_python() -> None:
    if sys.version_info < NEEDED:
        found = ".".join(str(part) for part in sys.version_info[:2])
        raise Obstacle(
            f"Python 3.11 or newer is needed, {sys.executable} is {found}: make run PYTHON=/path/to/python3.11"
        )


def prepare(purpose: str) -> None:
    """Make the environment usable for `purpose`. Safe to repeat; an interrupted one is finished or made anew."""
    if not works(VENV):
        check_venv_module()
        say("making the virtual environment (.venv)")
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)], "the virtual environment could not be made")
    wanted = fingerprint(purpose)
    if wanted not in installed():
        install(purpose)
        remember(purpose)


def check_venv_module() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = ".".join(str(part) for part in sys.version_info[:2])
            raise Obstacle(
                f"the package python3-venv is missing: apt-get install python{version}-venv (or python3-venv)"
            )


def works(venv: Path) -> bool:
    """Whether its Python starts, is new enough, and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return (
            subprocess.run([str(venv / "bin" / "python"), "-c", probe], capture_output=True, check=False).returncode
            == 0
        )
    except OSError:
        return False


def install(purpose: str) -> None:
    name = REQUIREMENTS[purpose][-1]
    say(f"installing {name} (once; later starts skip this)")
    began = time.monotonic()
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*command, "--no-input", "-r", str(ROOT / name)], f"{name} could not be installed")
    say(f"installed in {time.monotonic() - began:.0f} s")


def run(command: list[str], failure: str) -> None:
    """Run quietly; raises Obstacle with the last line the program wrote."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Obstacle(f"{failure}: {said[-1] if said else f'exit code {done.returncode}'}")


def fingerprint(purpose: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in REQUIREMENTS[purpose]:
        digest.update((ROOT / name).read_bytes())
    return f"{purpose} {digest.hexdigest()}"


def installed() -> list[str]:
    stamp = VENV / "installed.txt"
    return stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []


def remember(purpose: str) -> None:
    done = ["run", "dev"] if purpose == "dev" else ["run"]
    (VENV / "installed.txt").write_text("\n".join(fingerprint(name) for name in done) + "\n", encoding="utf-8")


def say(text: str) -> None:
    print(f"console: {text}", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Obstacle as obstacle:
        say(str(obstacle))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
