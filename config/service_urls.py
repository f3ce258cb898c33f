"""Reads DATABASE_URL and REDIS_URL, the only two addresses the console needs."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

POSTGRES_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+socket")


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for one PostgreSQL database.

    Both `postgresql://user:secret@host:5432/name?sslmode=require` and a socket directory,
    `postgresql://user@/name?host=/run/postgresql`, are understood; further query parameters go to libpq.
    Raises ValueError, without repeating the address (it holds a password).
    """
    parts = urlsplit(url)
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ValueError("it does not begin with postgresql://")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("it names no database after the host")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": options.pop("port", "") or str(parts.port or ""),
        "OPTIONS": options,
    }


def broker_url(url: str) -> str:
    """The same Redis or Valkey, as Celery's transport writes it. Raises ValueError."""
    _check_redis(url)
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


def redis_client_url(url: str) -> str:
    """The same Redis or Valkey, as redis-py's `from_url` writes it. Raises ValueError."""
    _check_redis(url)
    parts = urlsplit(url)
    if parts.scheme != "redis+socket":
        return url
    database = dict(parse_qsl(parts.query)).get("virtual_host", "0")
    return f"unix://{parts.path}?db={database}"


def _check_redis(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in REDIS_SCHEMES:
        raise ValueError("it does not begin with redis://, rediss://, unix:// or redis+socket://")
    if parts.scheme in ("unix", "redis+socket") and not parts.path:
        raise ValueError("it names no socket file")
    if parts.scheme in ("redis", "rediss") and not parts.hostname:
        raise ValueError("it names no host")
