"""Servers for one test or benchmark run: started in a temporary directory, gone with the process."""

import os
import secrets
import shutil
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.postgres import PostgresServer
from config.embedded.valkey import ValkeyServer


@contextmanager
def throw_away_services(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """The environment variables of fresh servers; those already set by the caller are left out and used as they are.

    `durable=True` keeps fsync on: benchmarks measure what production pays. Raises EmbeddedServerError.
    """
    base = Path(tempfile.mkdtemp(prefix="s360-console-"))
    servers: dict[str, PostgresServer | ValkeyServer] = {}
    try:
        if not os.environ.get("DATABASE_URL"):
            servers["DATABASE_URL"] = PostgresServer(base / "postgres", durable=durable)
        if not os.environ.get("REDIS_URL"):
            servers["REDIS_URL"] = ValkeyServer(base / "valkey", durable=durable)
        # Each child carries a death signal bound to the thread that made it, hence no pool of threads here.
        for server in servers.values():
            server.start()
        yield {**{name: server.url for name, server in servers.items()}, **throw_away_keys()}
    finally:
        for server in servers.values():
            server.stop()
            shutil.rmtree(server.base, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def throw_away_keys() -> dict[str, str]:
    """Keys that live as long as the run. Made without `cryptography`, which the launchers do not have yet."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
