"""Contact records to `Contact` rows: locked in order of number, decided in Python, written set-based."""

from collections.abc import Iterable
from typing import Any

from sync.engine.lifecycle import Lifecycle as EngineLifecycle
from sync.engine.plan import PlanInput, owes_crm
from sync.models import Entity, EventKind, Lifecycle, RecordOutcome
from sync.s360.contacts import ContactPayload
from sync.services.intake.batch import Batch, BatchRaceError
from sync.services.intake.forget import forget_person
from sync.services.intake.held import Held, changes_between, merged_view, without_person
from sync.services.intake.merges import link_merged_contacts
from sync.services.intake.read import Work
from sync.services.owe import Owed
from sync.services.sql import columns, dumps, run

# Always in order of number: every writer of contacts locks this way, or two batches would wait for each other.
LOCK = """
SELECT id, contact_number, s360_view, crm_view, agreed, lifecycle, frozen_at IS NOT NULL, is_in_crm, last_record_id,
    raw_digest
  FROM sync_contact WHERE institution_id = %b AND contact_number = ANY(%b::text[])
 ORDER BY institution_id, contact_number FOR UPDATE
"""
INSERT = """
INSERT INTO sync_contact (institution_id, contact_number, s360_view, crm_view, agreed, raw, raw_digest, lifecycle,
    is_in_crm,
                          frozen_reason, last_record_id, s360_seen_at, created_at, display_name, email, reversal_count)
SELECT %b, number, view::jsonb, '{}', '{}', raw::jsonb, digest, lifecycle, false, '', last_record_id, clock_timestamp(),
       clock_timestamp(), display_name, email, 0
  FROM unnest(%b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::text[])
       AS x(number, view, raw, digest, lifecycle, last_record_id, display_name, email)
 ORDER BY number
ON CONFLICT DO NOTHING RETURNING id, contact_number
"""
UPDATE = """
UPDATE sync_contact c
   SET s360_view = x.view::jsonb, raw = x.raw::jsonb, raw_digest = x.digest, lifecycle = x.lifecycle,
       last_record_id = x.last_record_id, s360_seen_at = clock_timestamp(), display_name = x.display_name, email =
           x.email
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::text[])
       AS x(id, view, raw, digest, lifecycle, last_record_id, display_name, email)
 WHERE c.id = x.id
"""
MARK = """
UPDATE sync_contact c SET last_record_id = x.last_record_id
  FROM unnest(%b::bigint[], %b::bigint[]) AS x(id, last_record_id) WHERE c.id = x.id
"""
LINK_ORDERS = """
UPDATE sync_order o SET contact_id = c.id
  FROM unnest(%b::bigint[], %b::text[]) AS c(id, number)
 WHERE o.institution_id = %b AND o.contact_id IS NULL AND o.contact_number = c.number
"""


def apply_contacts(batch: Batch) -> None:
    """Decide and write every contact of the batch. Raises BatchRaceError when a new number appeared meanwhile."""
    held = lock_contacts(batch)
    for work in batch.works:
        fold_contact(batch, held, work)
    write_contacts(batch, [h for h in held.values() if h.is_touched])
    link_merged_contacts(batch, held.values())
    forget_person(batch.cursor, [h.id for h in held.values() if h.moved and h.lifecycle == Lifecycle.ANONYMISED])
    owe_contacts(batch, [h for h in held.values() if h.moved])


def lock_contacts(batch: Batch) -> dict[str, Held]:
    numbers = {work.payload.number if work.payload else work.external_id for work in batch.works} - {""}
    rows = run(batch.cursor, LOCK, (batch.institution_id, list(numbers))).fetchall()
    return {
        number: Held(number, id_, view, crm_view, agreed, lifecycle, frozen, in_crm, last, digest)
        for id_, number, view, crm_view, agreed, lifecycle, frozen, in_crm, last, digest in rows
    }


def fold_contact(batch: Batch, held_by_number: dict[str, Held], work: Work[ContactPayload]) -> None:
    """Decide one record against the contact as the records before it left it."""
    payload = work.payload
    if payload is None:
        batch.reject(held_by_number.get(work.external_id), work, work.why_unread)
        return
    held = held_by_number.get(payload.number)
    if held is None:
        held = held_by_number[payload.number] = Held(payload.number)
    if held.lifecycle == Lifecycle.ERASED:
        batch.hold(held, work, "erased_contact_returns", "This contact was erased here; S-360 sends it again.")
    elif work.record_id < held.last_record_id and not work.is_confirmed:
        work.outcome = RecordOutcome.STALE
        batch.tell(held, work, EventKind.STALE, {"reason": "A newer delivery was applied first."})
    else:
        _take(batch, held, work, payload)


def _take(batch: Batch, held: Held, work: Work[ContactPayload], payload: ContactPayload) -> None:
    view = merged_view(held.s360_view, payload.view, payload.complete_prefixes)
    if payload.lifecycle == EngineLifecycle.ANONYMISED:
        view = without_person(view, payload.view)
    changes = changes_between(held.s360_view, view)
    if not changes and not held.is_unheard_of and payload.lifecycle == held.lifecycle:
        _note_unchanged(batch, held, work)
        return
    doubt = _doubt(batch, held, work, payload, set(changes))
    if doubt is not None:
        batch.hold(held, work, *doubt, sorted(changes))
        return
    kind = _kind(held, payload)
    detail: dict[str, Any] = {"new": True} if held.is_unheard_of else {"changed": changes}
    if kind is EventKind.ANONYMISED:
        detail = {"fields": sorted(changes)}  # the story must not keep what was just anonymised
    held.take(
        record_id=work.record_id, raw=work.raw, payload=payload, view=view, changes=changes, lifecycle=payload.lifecycle
    )
    batch.tell(held, work, kind, detail)


def _note_unchanged(batch: Batch, held: Held, work: Work[ContactPayload]) -> None:
    work.outcome = RecordOutcome.UNCHANGED
    held.mark(work.record_id)
    held.keep_raw(work.raw)
    batch.tell(held, work, EventKind.UNCHANGED)


def _kind(held: Held, payload: ContactPayload) -> EventKind:
    was_anonymised = held.lifecycle == Lifecycle.ANONYMISED
    return (
        EventKind.ANONYMISED
        if payload.lifecycle == EngineLifecycle.ANONYMISED and not was_anonymised
        else EventKind.RECEIVED
    )


def _doubt(
    batch: Batch, held: Held, work: Work[ContactPayload], payload: ContactPayload, changed: set[str]
) -> tuple[str, str] | None:
    """Why this change may not be believed yet: (code of the cause, sentence for the operator), or None."""
    if work.is_confirmed or held.is_new:
        return None
    if work.is_old_replay:
        return "old_replay", "The same request came long ago, when S-360 had long stopped repeating it."
    watched = set(batch.endpoint.confirm_fields)
    if payload.lifecycle != held.lifecycle:
        changed = changed | {"lifecycle"}
    if changed & watched:
        return "needs_confirmation", "This endpoint asks for a confirming read before such a change is believed."
    return None


def write_contacts(batch: Batch, touched: list[Held]) -> None:
    new = [h for h in touched if h.is_new]
    written = [h for h in touched if h.must_be_written and not h.is_new]
    if new:
        _insert(batch, new)
    if written:
        run(batch.cursor, UPDATE, columns([(h.id, *_row(h)) for h in written], 8))
    marked = [(h.id, h.last_record_id) for h in touched if not h.must_be_written]
    if marked:
        run(batch.cursor, MARK, columns(marked, 2))


def _insert(batch: Batch, new: list[Held]) -> None:
    rows = columns([(h.key, *_row(h)) for h in new], 8)
    ids = {number: id_ for id_, number in run(batch.cursor, INSERT, (batch.institution_id, *rows)).fetchall()}
    if len(ids) < len(new):
        raise BatchRaceError
    for held in new:
        held.id = ids[held.key]
    # Orders that came before their contact find it now.
    run(batch.cursor, LINK_ORDERS, (list(ids.values()), list(ids), batch.institution_id))


def _row(held: Held) -> tuple[Any, ...]:
    view = held.s360_view
    return (
        dumps(view),
        held.raw or "{}",
        held.raw_digest,
        str(held.lifecycle),
        held.last_record_id,
        display_name(view),
        view.get("email") or "",
    )


def display_name(view: dict[str, Any]) -> str:
    """For lists: the structure's name, or first and last name."""
    person = " ".join(str(view[name]) for name in ("first_name", "last_name") if view.get(name))
    return str(view.get("structure_name") or person)


def owe_contacts(batch: Batch, moved: Iterable[Held]) -> None:
    for held in moved:
        if held.is_frozen or not _owes_crm(batch, held):
            continue
        batch.owed.append(Owed(batch.institution_id, Entity.CONTACT, held.id, changed=frozenset(held.moved)))


def _owes_crm(batch: Batch, held: Held) -> bool:
    """Is the CRM owed anything?"""
    return owes_crm(
        PlanInput(
            s360_view=held.s360_view,
            crm_view=held.crm_view,
            agreed=held.agreed,
            policies=batch.policies,
            lifecycle=EngineLifecycle(held.lifecycle),
        )
    )
