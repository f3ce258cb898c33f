"""The wire form of an array, read from the present state at the moment it is sent."""

from collections.abc import Iterable, Sequence

import orjson

from sync.practice.contact_payload import ALL_DETAILS, export_row, with_details
from sync.practice.interface import Interface
from sync.practice.order_payload import with_granularity
from sync.practice.world import UnknownRecordError, World


def read_records(world: World, interface: Interface, keys: Iterable[str]) -> dict[str, bytes]:
    """Each record's JSON as it is now; a record deleted since it was queued is left out."""
    records = {}
    for key in keys:
        try:
            records[key] = _record(world, interface, key)
        except UnknownRecordError:
            continue
    return records


def write_array(interface: Interface, records: Sequence[bytes]) -> bytes:
    """The body of one POST."""
    if interface.bare_when_single and len(records) == 1:
        return records[0]
    array = b"[" + b",".join(records) + b"]"
    if interface.stream == "orders" and interface.order_root == "list":
        return b'{"orderDetailsDatas":' + array + b"}"
    return array


def _record(world: World, interface: Interface, key: str) -> bytes:
    if interface.stream == "orders":
        order = with_granularity(world.order(int(key)), interface.granularity)
        return orjson.dumps({"orderDetailsData": order} if interface.order_root == "wrapped" else order)
    if interface.stream == "exports":
        return orjson.dumps(export_row(world.contact(key)))
    if set(interface.details) == set(ALL_DETAILS):
        return world.contact_json(key)  # untouched bytes: this is what lets one thread send thousands a second
    return orjson.dumps(with_details(world.contact(key), interface.details))
