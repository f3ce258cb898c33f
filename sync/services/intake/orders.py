"""Order records to `Order` rows and their lines. An order may come before its contact: it is kept, and waits."""

from collections.abc import Iterable
from typing import Any

from sync.engine.plan import PlanInput, owes_crm
from sync.models import Entity, EventKind, RecordOutcome, WaitsFor
from sync.s360.orders import OrderPayload
from sync.services.intake.batch import Batch, BatchRaceError
from sync.services.intake.held import Held, changes_between, merged_view
from sync.services.intake.order_lines import write_lines
from sync.services.intake.read import Work
from sync.services.owe import Owed
from sync.services.sql import columns, dumps, run

LOCK = """
SELECT id, order_id, s360_view, crm_view, agreed, lifecycle, frozen_at IS NOT NULL, is_in_crm, last_record_id,
    raw_digest, contact_id
  FROM sync_order WHERE institution_id = %b AND order_id = ANY(%b::bigint[])
 ORDER BY institution_id, order_id FOR UPDATE
"""
ROW = """
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::text[],
      %b::text[],
              %b::text[], %b::text[], %b::bool[], %b::text[])
       AS x(key, view, raw, digest, last_record_id, contact_id, contact_number, order_state, order_type, amount,
           currency,
            is_revenue, placed_at)
"""
INSERT = f"""
INSERT INTO sync_order (institution_id, order_id, s360_view, crm_view, agreed, raw, raw_digest, lifecycle, is_in_crm,
                        frozen_reason, last_record_id, s360_seen_at, created_at, contact_id, contact_number,
                        order_state,
                        order_type, amount, currency, is_revenue, placed_at)
SELECT %b, key, view::jsonb, '{{}}', '{{}}', raw::jsonb, digest, 'active', false, '', last_record_id, clock_timestamp(),
       clock_timestamp(), contact_id, contact_number, order_state, order_type, amount::numeric, currency, is_revenue,
       placed_at::timestamptz
{ROW} ORDER BY key ON CONFLICT DO NOTHING RETURNING id, order_id
"""
UPDATE = f"""
UPDATE sync_order o
   SET s360_view = x.view::jsonb, raw = x.raw::jsonb, raw_digest = x.digest, last_record_id = x.last_record_id,
       s360_seen_at = clock_timestamp(), contact_id = x.contact_id, contact_number = x.contact_number,
       order_state = x.order_state, order_type = x.order_type, amount = x.amount::numeric, currency = x.currency,
       is_revenue = x.is_revenue, placed_at = x.placed_at::timestamptz
{ROW} WHERE o.id = x.key
"""  # noqa: S608 - our own constants
MARK = """
UPDATE sync_order o SET last_record_id = x.last_record_id
  FROM unnest(%b::bigint[], %b::bigint[]) AS x(id, last_record_id) WHERE o.id = x.id
"""
FIND_CONTACTS = """
SELECT contact_number, id, is_in_crm FROM sync_contact WHERE institution_id = %b AND contact_number = ANY(%b::text[])
 UNION ALL
SELECT a.contact_number, c.id, c.is_in_crm FROM sync_contactalias a JOIN sync_contact c ON c.id = a.contact_id
 WHERE a.institution_id = %b AND a.contact_number = ANY(%b::text[])
"""

Purchasers = dict[str, tuple[int, bool]]


def apply_orders(batch: Batch) -> None:
    """Decide and write every order of the batch. Raises BatchRaceError when a new order id appeared meanwhile."""
    held = lock_orders(batch)
    for work in batch.works:
        fold_order(batch, held, work)
    touched = [h for h in held.values() if h.is_touched]
    purchasers = find_purchasers(batch, touched)
    write_orders(batch, touched, purchasers)
    write_lines(batch.cursor, [h for h in touched if h.must_be_written])
    owe_orders(batch, [h for h in touched if h.moved], purchasers)


def lock_orders(batch: Batch) -> dict[int, Held]:
    ids = {work.payload.order_id for work in batch.works if work.payload}
    ids |= {int(work.external_id) for work in batch.works if not work.payload and work.external_id.isdecimal()}
    rows = run(batch.cursor, LOCK, (batch.institution_id, [i for i in ids if i < 2**63])).fetchall()
    return {order_id: Held(order_id, id_, *rest) for id_, order_id, *rest in rows}


def fold_order(batch: Batch, held_by_id: dict[int, Held], work: Work[OrderPayload]) -> None:
    """Decide one record against the order as the records before it left it."""
    payload = work.payload
    if payload is None:
        known = held_by_id.get(int(work.external_id)) if work.external_id.isdecimal() else None
        batch.reject(known, work, work.why_unread)
        return
    held = held_by_id.get(payload.order_id)
    if held is None:
        held = held_by_id[payload.order_id] = Held(payload.order_id)
    if work.record_id < held.last_record_id and not work.is_confirmed:
        work.outcome = RecordOutcome.STALE
        batch.tell(held, work, EventKind.STALE, {"reason": "A newer delivery was applied first."})
        return
    _take(batch, held, work, payload)


def _take(batch: Batch, held: Held, work: Work[OrderPayload], payload: OrderPayload) -> None:
    view = merged_view(held.s360_view, payload.view)
    changes = changes_between(held.s360_view, view)
    if not changes and not held.is_unheard_of:
        work.outcome = RecordOutcome.UNCHANGED
        held.mark(work.record_id)
        held.keep_raw(work.raw)
        if held.raw is not None:
            held.payload = payload  # something beyond the view moved: its lines are written again
        batch.tell(held, work, EventKind.UNCHANGED)
    elif work.is_old_replay and not held.is_new and not work.is_confirmed:
        reason = "The same request came long ago, when S-360 had long stopped repeating it."
        batch.hold(held, work, "old_replay", reason, sorted(changes))
    else:
        detail: dict[str, Any] = {"new": True} if held.is_unheard_of else {"changed": changes}
        held.take(
            record_id=work.record_id,
            raw=work.raw,
            payload=payload,
            view=view,
            changes=changes,
            lifecycle=held.lifecycle,
        )
        batch.tell(held, work, EventKind.RECEIVED, detail)


def find_purchasers(batch: Batch, touched: list[Held]) -> Purchasers:
    """Contact number -> (contact id, is it in the CRM) of the purchasers known here, aliases included."""
    numbers = list({number for h in touched if (number := h.s360_view.get("contact_number"))})
    if not numbers:
        return {}
    rows = run(batch.cursor, FIND_CONTACTS, (batch.institution_id, numbers, batch.institution_id, numbers)).fetchall()
    return {number: (contact_id, in_crm) for number, contact_id, in_crm in rows}


def write_orders(batch: Batch, touched: list[Held], purchasers: Purchasers) -> None:
    new = [h for h in touched if h.is_new]
    written = [h for h in touched if h.must_be_written and not h.is_new]
    if new:
        rows = columns([(h.key, *_row(h, purchasers)) for h in new], 13)
        ids = {key: id_ for id_, key in run(batch.cursor, INSERT, (batch.institution_id, *rows)).fetchall()}
        if len(ids) < len(new):
            raise BatchRaceError
        for held in new:
            held.id = ids[held.key]
    if written:
        run(batch.cursor, UPDATE, columns([(h.id, *_row(h, purchasers)) for h in written], 13))
    marked = [(h.id, h.last_record_id) for h in touched if not h.must_be_written]
    if marked:
        run(batch.cursor, MARK, columns(marked, 2))


def _row(held: Held, purchasers: Purchasers) -> tuple[Any, ...]:
    view = held.s360_view
    number = view.get("contact_number") or ""
    return (
        dumps(view),
        held.raw or "{}",
        held.raw_digest,
        held.last_record_id,
        purchasers.get(number, (None, False))[0],
        number,
        view.get("order_state") or "",
        view.get("order_type") or "",
        view.get("amount"),
        view.get("currency") or "",
        bool(view.get("is_revenue")),
        view.get("created_at"),
    )


def owe_orders(batch: Batch, moved: Iterable[Held], purchasers: Purchasers) -> None:
    """What the CRM is owed; an order whose contact is unknown or not in the CRM yet waits for it."""
    for held in moved:
        views = PlanInput(
            s360_view=held.s360_view,
            crm_view=held.crm_view,
            agreed=held.agreed,
            policies=batch.policies,
            frozen=held.is_frozen,
        )
        if not owes_crm(views):
            continue
        number = held.s360_view.get("contact_number") or ""
        waits = bool(number) and not purchasers.get(number, (0, False))[1]
        waits_for = WaitsFor.CONTACT if waits else WaitsFor.NOTHING
        changed = frozenset(held.moved)
        batch.owed.append(Owed(batch.institution_id, Entity.ORDER, held.id, waits_for=str(waits_for), changed=changed))
