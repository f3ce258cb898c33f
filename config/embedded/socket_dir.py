"""A directory for a Unix socket whose path the kernel accepts."""

import hashlib
import os
import tempfile
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

LONGEST_SOCKET_PATH = 107  # bytes, sockaddr_un without its final zero
LONGEST_NAME = len("/.s.PGSQL.5432.lock")


def short_socket_dir(wanted: Path) -> Path:
    """`wanted`, or a private directory under the temporary directory when the path would be too long."""
    if len(os.fsencode(wanted)) + LONGEST_NAME > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        wanted = Path(tempfile.gettempdir()) / f"s360-console-{os.geteuid()}-{digest}"
    wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    if wanted.is_symlink() or wanted.stat().st_mode & 0o077:
        raise EmbeddedServerError(f"{wanted} is open to others: remove it and start again")
    return wanted
