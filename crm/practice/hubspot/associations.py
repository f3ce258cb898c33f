"""Orders to contacts: batch/associate/default (repeat-safe) and batch/read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import RefusedError, error_answer, invalid, not_found
from crm.practice.hubspot.upsert import batch_answer
from crm.practice.ledger import Call
from crm.practice.wire import Answer

if TYPE_CHECKING:
    from crm.practice.core import Core

LIMIT = 1000
ORDER_TO_CONTACT = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 507}


def answer(core: Core, entity: str, rest: str, body: Any, call: Call) -> Answer:
    """Only order to contact, the one link the bridge makes."""
    if entity not in ("orders", "order", "0-123"):
        raise invalid(f"No default association from {entity}")
    target, _, action = rest.partition("/")
    if target not in ("contacts", "contact", "0-1"):
        raise invalid(f"No default association to {target}")
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not 0 < len(inputs) <= LIMIT:
        raise invalid(f"inputs must be a list of 1 to {LIMIT} objects")
    call.records = len(inputs)
    if action == "batch/associate/default":
        return _associate(core, inputs)
    if action == "batch/read":
        return _read(core, inputs)
    raise not_found()


def _associate(core: Core, inputs: list[Any]) -> Answer:
    started = core.store.now()
    pairs = [_pair(each) for each in inputs]
    unknown = [pair for pair in pairs if not _known(core, pair)]
    if unknown and core.settings.face_mode == "all_or_nothing":
        raise RefusedError(error_answer(400, _unknown_message(unknown[0]), "VALIDATION_ERROR"))
    done = [pair for pair in pairs if pair not in unknown]
    for pair in done:
        _link(core, *pair)
    return batch_answer(core, started, [_shown(each) for each in done], [_error(each) for each in unknown])


def _pair(item: Any) -> tuple[str, str]:
    try:
        return str(item["from"]["id"]), str(item["to"]["id"])
    except (KeyError, TypeError) as error:
        raise invalid("Each input needs from.id and to.id") from error


def _known(core: Core, pair: tuple[str, str]) -> bool:
    return core.store.orders.get(pair[0]) is not None and core.store.contacts.get(pair[1]) is not None


def _link(core: Core, order_id: str, contact_id: str) -> None:
    orders = core.store.orders
    order = orders.get(order_id)
    if order is not None and order.contact_id != int(contact_id):
        order.contact_id = int(contact_id)
        orders.note(order)
        core.ledger.linked(orders, order, orders.key_of(order))


def _shown(pair: tuple[str, str]) -> dict[str, Any]:
    return {"from": {"id": pair[0]}, "to": {"id": pair[1]}, "associationSpec": ORDER_TO_CONTACT}


def _unknown_message(pair: tuple[str, str]) -> str:
    return f"One of the objects does not exist: {pair[0]}, {pair[1]}"


def _error(pair: tuple[str, str]) -> dict[str, Any]:
    context = {"fromObjectId": [pair[0]], "toObjectId": [pair[1]]}
    message = _unknown_message(pair)
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context, "links": {}}


def _read(core: Core, inputs: list[Any]) -> Answer:
    results = []
    for item in inputs:
        order = core.store.orders.get(str(item.get("id", ""))) if isinstance(item, dict) else None
        if order is not None and order.contact_id:
            to = {"toObjectId": order.contact_id, "associationTypes": [ORDER_TO_CONTACT]}
            results.append({"from": {"id": str(order.id)}, "to": [to]})
    return batch_answer(core, core.store.now(), results, [])
