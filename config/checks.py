"""What `manage.py check` says about the settings: each message names the setting and the way out.

Identifiers: console.E001 wrong type, E002 SECRET_KEY, E003/E004 DATABASE_URL missing/unusable, E005/E006 REDIS_URL
missing/unusable, E007/E008 FIELD_ENCRYPTION_KEYS missing/unusable, E009 LOG_LEVEL.
"""

import logging
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error

KEY_COMMAND = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'  # shown to operators
)


def check_environment(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    return [Error(problem.message, hint=problem.way_out, id=problem.code) for problem in settings.SETTINGS_PROBLEMS]


def check_encryption_keys(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    way_out = f"Set FIELD_ENCRYPTION_KEYS to one or more keys separated by commas, each made by: {KEY_COMMAND}"
    if not settings.FIELD_ENCRYPTION_KEYS:
        return [Error("FIELD_ENCRYPTION_KEYS is not set.", hint=way_out, id="console.E007")]
    return [
        Error(f"FIELD_ENCRYPTION_KEYS: key number {place} cannot be used.", hint=way_out, id="console.E008")
        for place, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1)
        if not _is_key(key)
    ]


def check_log_level(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    if settings.LOG_LEVEL in logging.getLevelNamesMapping():
        return []
    hint = "Set LOG_LEVEL to DEBUG, INFO, WARNING or ERROR."
    return [Error(f"LOG_LEVEL is {settings.LOG_LEVEL}, which is no level.", hint=hint, id="console.E009")]


def _is_key(key: str) -> bool:
    try:
        Fernet(key.encode())
    except ValueError:
        return False
    return True
