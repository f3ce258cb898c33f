"""What an anonymised contact leaves behind in our own rows: no personal value of before.

The CRM's copy follows by an ordinary push. The bodies of past deliveries hold other people's records too; they end with
their retention (docs/security.md).
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from sync.services.sql import run

# The story stays, the values in it go: which fields changed may be told, from what to what may not.
STORY = """
UPDATE sync_recordevent
   SET detail = (detail - 'changed')
                || jsonb_build_object('fields', (SELECT coalesce(jsonb_agg(k), '[]'::jsonb)
                                                   FROM jsonb_object_keys(detail -> 'changed') AS k))
 WHERE contact_id = ANY(%b::bigint[]) AND detail ? 'changed'
"""
INTENTS = """
UPDATE sync_outboxentry SET intent = NULL WHERE contact_id = ANY(%b::bigint[]) AND state = 'settled' AND intent IS NOT
    NULL
"""


def forget_person(cursor: psycopg.Cursor[Any], contact_ids: Sequence[int]) -> None:
    """Remove past personal values of these contacts from the story and the ledger. Safe to repeat."""
    if contact_ids:
        run(cursor, STORY, (list(contact_ids),))
        run(cursor, INTENTS, (list(contact_ids),))
