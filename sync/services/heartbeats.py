"""Signs of life, on the database's clock."""

from sync.services.sql import fast_cursor, run

BEAT = """
INSERT INTO sync_heartbeat (name, at) VALUES (%s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at WHERE sync_heartbeat.at < clock_timestamp() - interval '1 second'
"""
FORGET = "DELETE FROM sync_heartbeat WHERE at < clock_timestamp() - interval '1 day'"


def beat(name: str) -> None:
    """Note that this part is alive. At most one write a second; safe to repeat."""
    with fast_cursor() as cursor:
        run(cursor, BEAT, (name,))


def forget_old_heartbeats() -> None:
    """Workers that ended long ago leave the list."""
    with fast_cursor() as cursor:
        run(cursor, FORGET)
