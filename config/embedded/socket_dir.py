"""A directory for a Unix socket whose path the kernel accepts."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

LONGEST_SOCKET_PATH = 107  # bytes, sockaddr_un without its final zero
LONGEST_NAME = len("/.s.PGSQL.5432.lock")


SHORT_PLACES = ("/tmp", "/var/tmp")  # noqa: S108 - where the system's own temporary directory is too deep as well


def short_socket_dir(wanted: Path) -> Path:
    """`wanted`, or a private directory in a temporary place when the path would be too long for a socket."""
    if _fits(wanted):
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _private(wanted, wanted.stat().st_uid)  # inside our own data: whoever runs the server may own it
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    name = f"s360-console-{os.geteuid()}-{digest}"
    places = [Path(place) / name for place in (tempfile.gettempdir(), *SHORT_PLACES)]
    short = next(place for place in places if _fits(place))
    short.mkdir(exist_ok=True, mode=0o700)
    return _private(short, os.geteuid())  # anybody could have made it before us


def _private(directory: Path, owner: int) -> Path:
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077 or status.st_uid != owner:
        raise EmbeddedServerError(f"{directory} is open to others: remove it and start again")
    return directory


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory)) + LONGEST_NAME <= LONGEST_SOCKET_PATH
