"""The keys of this installation and the addresses of its servers, in files only the owner can read.

`var/keys.env` is made once and kept: without it stored credentials cannot be decrypted. `var/local.env` lets
`manage.py` in a second terminal meet the running servers; it is removed when they stop.
"""

import os
from pathlib import Path

from config.embedded.throw_away import throw_away_keys
from config.supervisor.paths import KEYS, LOCAL_ENVIRONMENT

EMBEDDED = ("DATABASE_URL", "REDIS_URL")


def ensure_keys() -> dict[str, str]:
    """The kept keys, made on the first start. Variables of the environment win over them."""
    kept = _read(KEYS) if KEYS.exists() else {}
    missing = {name: value for name, value in throw_away_keys().items() if name not in kept}
    if missing:
        kept |= missing
        _write(KEYS, kept)
    return {name: value for name, value in kept.items() if not os.environ.get(name)}


def publish(environment: dict[str, str]) -> None:
    """Only when the database is ours: addresses of other people's servers stay where they were given."""
    if not os.environ.get("DATABASE_URL"):
        _write(LOCAL_ENVIRONMENT, environment)


def withdraw() -> None:
    LOCAL_ENVIRONMENT.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip(): value.strip() for name, separator, value in lines if separator}


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
