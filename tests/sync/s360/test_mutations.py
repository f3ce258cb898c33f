"""Broken payloads by the thousand: the parser and the readers answer or refuse, they never fail otherwise."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine.canonical import canonical_view
from sync.s360.contacts import ContactReader
from sync.s360.envelope import Stream, records_of, shape_problem
from sync.s360.export_rows import ExportContactReader, ExportOrderReader
from sync.s360.identities import guarded_places, identity_reader
from sync.s360.orders import OrderReader
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings
from sync.s360.strict import DoorRefusal, parse_body, problem_of
from tests.sync.s360.samples import CONTACT, EXPORT_ROW, ORDER, raw, wrapped

SETTINGS = S360Settings()
READERS: dict[Stream, Any] = {
    Stream.CONTACTS: ContactReader(SETTINGS),
    Stream.ORDERS: OrderReader(SETTINGS),
    Stream.EXPORT_CONTACTS: ExportContactReader(SETTINGS),
    Stream.EXPORT_ORDERS: ExportOrderReader(SETTINGS),
}
SEEDS = [
    raw([CONTACT, CONTACT]),
    raw([wrapped(ORDER)]),
    raw([EXPORT_ROW]),
    raw(CONTACT),
    b"\xef\xbb\xbf" + raw([ORDER]),
]
SPLINTERS = [
    b"\x00", b"\xff", b"\xed\xa0\x80", rb"\u0000", rb"\ud800", b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b"null",
    b"NaN", b"1e999", b"9" * 30, b"-", b"true", b"[" * 40, b'{"contactNumber":1,"contactNumber":2}', b" ", b"\n",
]  # fmt: skip
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def go_through(body: bytes, stream: Stream) -> None:
    """What the door and the intake do with a body; anything but an answer or a refusal fails the test."""
    try:
        parsed = parse_body(body)
        records = records_of(parsed.value, stream)
    except DoorRefusal:
        return
    places, identity = guarded_places(stream, SETTINGS, {}), identity_reader(stream, SETTINGS, {})
    for record in records:
        problem = shape_problem(record) or (problem_of(record, places) if parsed.is_suspicious else None)
        try:
            external_id = identity(record)
            payload = READERS[stream].read(record)
        except RecordRejected as rejected:
            rejected.value.encode()
            continue
        if problem is None:
            external_id.encode()
            assert "\x00" not in json.dumps(payload.view, allow_nan=False)
            assert payload.view == canonical_view(payload.view)


@st.composite
def mutated_bodies(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["insert", "cut", "flip", "repeat"])):
            case "insert":
                body[at:at] = draw(st.sampled_from(SPLINTERS))
            case "cut":
                del body[at : at + draw(st.integers(1, 30))]
            case "flip" if at < len(body):
                body[at] = draw(st.integers(0, 255))
            case "repeat":
                body[at:at] = body[at : at + draw(st.integers(1, 60))]
    return bytes(body)


@settings(max_examples=1000, deadline=None)
@given(mutated_bodies(), st.sampled_from(list(Stream)))
def test_mutated_body_is_answered_or_refused(body: bytes, stream: Stream) -> None:
    go_through(body, stream)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(list(Stream)))
def test_random_bytes_are_answered_or_refused(body: bytes, stream: Stream) -> None:
    go_through(body, stream)


@settings(max_examples=500, deadline=None)
@given(
    st.data(),
    st.sampled_from([(Stream.CONTACTS, CONTACT), (Stream.ORDERS, ORDER), (Stream.EXPORT_CONTACTS, EXPORT_ROW)]),
)
def test_any_value_in_any_place_is_read_or_rejected(data: st.DataObject, case: tuple[Stream, dict[str, Any]]) -> None:
    stream, sample = case
    record = json.loads(json.dumps(sample))
    parent: Any = record
    while True:
        key = data.draw(st.sampled_from(list(parent) if isinstance(parent, dict) else list(range(len(parent)))))
        if not isinstance(parent[key], dict | list) or not parent[key] or data.draw(st.booleans()):
            break
        parent = parent[key]
    parent[key] = data.draw(ANY_JSON)
    go_through(json.dumps([record]).encode(), stream)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stream", list(Stream))
def test_unbroken_seed_is_never_refused_as_a_body(seed: bytes, stream: Stream) -> None:
    assert isinstance(records_of(parse_body(seed).value, stream), list)
