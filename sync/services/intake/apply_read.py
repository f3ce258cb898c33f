"""What S-360 answered to a read, applied as its latest word: the same decisions as for a delivery, without one."""

from typing import Any

import psycopg

from sync.engine.policy import PolicySet
from sync.models import Entity, WebhookEndpoint
from sync.s360.contacts import ContactPayload, ContactReader
from sync.services.causes import CauseBook
from sync.services.events import write_events
from sync.services.institution_rules import InstitutionRules
from sync.services.intake.apply import events_of
from sync.services.intake.batch import Batch
from sync.services.intake.contacts import apply_contacts
from sync.services.intake.read import Work
from sync.services.nudge import nudge_after_commit
from sync.services.owe import owe


def apply_read_contact(
    cursor: psycopg.Cursor[Any],
    endpoint: WebhookEndpoint,
    rules: InstitutionRules,
    policies: PolicySet,
    answer: dict[str, Any],
    record_id: int,
) -> bool:
    """Apply in the caller's transaction; True when something changed. Safe to repeat.

    `answer`: the contact as getContactData gave it. `record_id`: the delivery record it answers. Raises RecordRejected,
    and BatchRaceError when the contact was created by somebody else at the same moment.
    """
    work: Work[ContactPayload] = Work(record_id, 0, None, is_confirmed=True, is_old_replay=False)
    work.payload, work.raw = ContactReader(rules.settings).read(answer), answer
    work.external_id = work.payload.number
    batch = Batch(cursor, endpoint, rules, policies, [work], CauseBook(cursor))
    apply_contacts(batch)
    events = events_of(batch, Entity.CONTACT)
    for event in events:
        event.detail = {**event.detail, "read": True}
    owe(cursor, batch.owed)
    write_events(cursor, events)
    if batch.owed:
        nudge_after_commit("push")
    return work.outcome == "applied"
