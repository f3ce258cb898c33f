"""Where a running console keeps its things: everything under `var/` (CONSOLE_VAR names another directory)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("CONSOLE_VAR") or ROOT / "var").absolute()
LOGS = VAR / "log"
KEYS = VAR / "keys.env"
LOCAL_ENVIRONMENT = VAR / "local.env"
LOCK = VAR / "supervisor.lock"
