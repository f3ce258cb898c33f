"""A contact S-360 says was merged: its number becomes an alias of the head, so that old orders still link.

Whether S-360 ever says so is a setting of the institution (assumption A22 in docs/s360-protocol.md).
"""

from collections.abc import Iterable

from sync.services.intake.batch import Batch
from sync.services.intake.held import Held
from sync.services.sql import run

HEAD = "SELECT id FROM sync_contact WHERE institution_id = %s AND contact_number = %s"
SET_HEAD = "UPDATE sync_contact SET merged_into_id = %s WHERE id = %s"
ALIAS = """
INSERT INTO sync_contactalias (institution_id, contact_number, contact_id, created_at) VALUES (%s, %s, %s,
    clock_timestamp())
ON CONFLICT (institution_id, contact_number) DO UPDATE SET contact_id = EXCLUDED.contact_id
"""


def link_merged_contacts(batch: Batch, held: Iterable[Held]) -> None:
    """Point every merged contact of the batch at its head, where the head is known here."""
    for contact in held:
        head_number = getattr(contact.payload, "merged_into", None)
        if not head_number or head_number == contact.key:
            continue
        row = run(batch.cursor, HEAD, (batch.institution_id, head_number)).fetchone()
        if row is not None:
            run(batch.cursor, SET_HEAD, (row[0], contact.id))
            run(batch.cursor, ALIAS, (batch.institution_id, contact.key, row[0]))
