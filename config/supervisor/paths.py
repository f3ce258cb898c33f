"""Where a running console keeps its things: everything under `var/`, nothing elsewhere."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"
LOGS = VAR / "log"
KEYS = VAR / "keys.env"
LOCAL_ENVIRONMENT = VAR / "local.env"
LOCK = VAR / "supervisor.lock"
