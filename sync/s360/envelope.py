"""Which records does a parsed body carry? Every root shape seen or assumed is accepted ("Order webhook", S-360).

Documented is an array of objects, for orders each wrapping ``orderDetailsData``. Older versions sent one bare object
when the batch size was 1, so a bare object is a batch of one. Add a shape here and nowhere else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sync.s360.problems import RecordProblem, shown_value
from sync.s360.strict import DoorRefusal, RepeatedNames, clip_field

ORDER: Final = "orderDetailsData"
ORDER_LIST: Final = "orderDetailsDatas"
CONTACT_NUMBER: Final = "contactNumber"
ORDER_ID: Final = "orderId"


class Stream(StrEnum):
    """The four things an endpoint can receive. The data-export webhook sends flat rows of a site's own query."""

    CONTACTS = "contacts"
    ORDERS = "orders"
    EXPORT_CONTACTS = "export-contacts"
    EXPORT_ORDERS = "export-orders"


class OrderRoot(StrEnum):
    """``order_payload_root``: auto accepts every shape, the others insist on one."""

    AUTO = "auto"
    WRAPPED = "wrapped"
    BARE = "bare"
    LIST = "list"


def records_of(parsed: Any, stream: Stream, *, order_root: OrderRoot = OrderRoot.AUTO) -> list[Any]:
    """The records in sending order; an element that is no object stays in place, to be rejected by itself.

    An empty array is a batch of none. Raises DoorRefusal (400) when the top level is neither an array nor an object.
    """
    if isinstance(parsed, dict):
        records: list[Any] = [parsed]
    elif isinstance(parsed, list):
        records = parsed
    else:
        raise DoorRefusal(400, "body_wrong_shape", f"the body is {json_type(parsed)}; send an array of objects")
    if stream is Stream.ORDERS:
        return [order for record in records for order in orders_in(record, order_root)]
    return records


def orders_in(record: Any, root: OrderRoot) -> list[Any]:
    """Unwrap one element. A shape the setting does not allow is handed on as it is and will be rejected."""
    if not isinstance(record, dict):
        return [record]
    if isinstance(record, RepeatedNames) and {ORDER, ORDER_LIST} & set(record.repeated):
        return [AmbiguousRoot(record)]
    if ORDER in record and root in (OrderRoot.AUTO, OrderRoot.WRAPPED):
        return [record[ORDER]]
    listed = record.get(ORDER_LIST)
    if isinstance(listed, list) and root in (OrderRoot.AUTO, OrderRoot.LIST):
        return [unwrapped(order) for order in listed]
    if root in (OrderRoot.WRAPPED, OrderRoot.LIST):
        return [UnexpectedRoot(record)]
    return [record]


def unwrapped(order: Any) -> Any:
    return order[ORDER] if isinstance(order, dict) and ORDER in order else order


class AmbiguousRoot(dict[str, Any]):
    """A wrapper in which the order comes more than once: which of them is meant cannot be known."""


class UnexpectedRoot(dict[str, Any]):
    """An order in a shape that ``order_payload_root`` does not allow at this institution."""


def json_type(value: Any) -> str:
    """What JSON calls a Python value, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return "text" if isinstance(value, str) else "a number"


def shape_problem(record: Any) -> RecordProblem | None:
    """Why an element of the array is no record at all, or None."""
    if isinstance(record, UnexpectedRoot):
        reason = "the order is not in the shape order_payload_root asks for; set it to auto to accept every shape"
        return RecordProblem(ORDER, shown_value(ORDER, record), reason)
    if isinstance(record, AmbiguousRoot):
        return RecordProblem(ORDER, shown_value(ORDER, record), "the name comes twice")
    if isinstance(record, dict):
        return None
    reason = f"a record must be an object, this is {json_type(record)}"
    return RecordProblem(clip_field("record"), shown_value("record", record), reason)
