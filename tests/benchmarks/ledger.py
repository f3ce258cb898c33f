"""Claim and settle: how many outbox entries a second pass through the ledger's own verbs, with nobody to call."""

from statistics import median

from django.db import connection as database
from django.db import transaction

from crm.services.push.targets import load_targets
from sync.models import Entity, EntryState, Target
from sync.services.ledger.settle import settle_entries
from sync.services.ledger.take import Sender, claim_entries, lock_due
from sync.services.ledger.verdict import Action, Verdict
from sync.services.sql import fast_cursor, tuple_row
from tests.benchmarks.apply import timed
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.hub import OWNER, Hub
from tests.benchmarks.size import Size

BATCH = 500
NEW_CONTACTS = """
INSERT INTO sync_contact (institution_id, contact_number, s360_view, crm_view, agreed, raw, raw_digest, lifecycle,
    is_in_crm, frozen_reason, last_record_id, s360_seen_at, created_at, display_name, email, reversal_count)
SELECT %s, '8' || lpad(n::text, 9, '0'), %s::jsonb, '{}', '{}', '{}', 0, 'active', false, '', 0, now(), now(), '', '', 0
  FROM generate_series(1, %s) AS n
RETURNING id
"""
VIEW = '{"last_name": "Vandenberg", "email": "noor@example.org", "town": "Gent", "language": "nl"}'
NEW_ENTRIES = """
INSERT INTO sync_outboxentry (institution_id, entity, contact_id, target, lane, state, due_at, waits_for, owner,
    attempt_count, outcome, message, created_at)
SELECT %s, 'contact', unnest(%s::bigint[]), 'crm', 0, 'waiting', now(), '', '', 0, '', '', now()
"""


def measure(figures: Figures, hub: Hub, size: Size) -> None:
    """Entries that turn out to need no call: locked and claimed in one transaction, settled in another."""
    rates = []
    with database.cursor() as cursor:
        cursor.execute(NEW_CONTACTS, (hub.institution.pk, VIEW, size.ledger_entries))
        contacts = [row[0] for row in cursor.fetchall()]
    for _ in range(size.rounds):
        with database.cursor() as cursor:
            cursor.execute(NEW_ENTRIES, (hub.institution.pk, contacts))
        rates.append(size.ledger_entries / timed(lambda: settle_all(hub)))
    figures.add("A.ledger.claimed_and_settled_per_s", median(rates), "entries/s", goal=Goal(value=10_000))


def settle_all(hub: Hub) -> None:
    sender = Sender(OWNER, Target.CRM, Entity.CONTACT, hub.connection.pk)
    targets = load_targets(hub.connection, Entity.CONTACT)
    while True:
        with transaction.atomic(), fast_cursor() as cursor:
            due = lock_due(
                cursor, target=Target.CRM, entity=Entity.CONTACT, institution_ids=[hub.institution.pk], limit=BATCH
            )
            if not due:
                return
            cursor.row_factory = tuple_row
            claim_entries(cursor, sender, [entry.entry_id for entry in due])
        verdicts = [Verdict(e.entry_id, e.institution_id, e.record_id, Action.NOTHING_TO_DO) for e in due]
        with transaction.atomic(), fast_cursor() as cursor:
            settle_entries(
                cursor, sender, verdicts, targets.policies, attempt_id=None, from_states=(EntryState.CLAIMED,)
            )
