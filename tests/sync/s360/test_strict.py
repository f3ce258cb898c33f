"""Bodies as bytes: what is refused as a whole, what spoils one record, and what must pass."""

import json
import sys
import time
import tracemalloc
from typing import Any

import pytest

from sync.s360.strict import MAX_DEPTH, DoorRefusal, RepeatedNames, parse_body, problem_of
from tests.sync.s360.samples import CONTACT, ORDER, contact, raw, wrapped

CONTACT_PLACES = frozenset({"contactNumber", "individualContact", "individualContact.email", "addresses.town"})


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


REFUSED: list[tuple[str, bytes, int, str]] = [
    ("empty", b"", 400, "body_empty"),
    ("blank", b" \n\t\r ", 400, "body_empty"),
    ("bom alone", b"\xef\xbb\xbf", 400, "body_empty"),
    ("html error page", b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", 400, "body_not_json"),
    ("xml", b'<?xml version="1.0"?><a/>', 400, "body_not_json"),
    ("xml entity", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', 400, "body_not_json"),
    ("billion laughs", b'<!DOCTYPE l [<!ENTITY a "&b;&b;"><!ENTITY b "ha">]><l>&a;</l>', 400, "body_not_json"),
    ("plain words", b"hello", 400, "body_not_json"),
    ("form", b"a=1&b=2", 400, "body_not_json"),
    ("csv", b"contactNumber;email\n0048213;a@example.org\n", 400, "body_not_json"),
    ("gzip bytes", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", 400, "body_has_nul"),
    ("cut in an array", raw([CONTACT])[:-1], 400, "body_not_json"),
    ("cut in a string", raw([CONTACT])[:30], 400, "body_not_json"),
    ("cut in a number", b'[{"a": 1', 400, "body_not_json"),
    ("two documents", b"[] []", 400, "body_not_json"),
    ("json lines", b'{"a":1}\n{"a":2}', 400, "body_not_json"),
    ("trailing comma in array", b"[1,]", 400, "body_not_json"),
    ("trailing comma in object", b'[{"a":1,}]', 400, "body_not_json"),
    ("leading comma", b"[,1]", 400, "body_not_json"),
    ("missing colon", b'[{"a" 1}]', 400, "body_not_json"),
    ("missing value", b'[{"a":}]', 400, "body_not_json"),
    ("bare name", b"[{a:1}]", 400, "body_not_json"),
    ("number as name", b"[{1:1}]", 400, "body_not_json"),
    ("single quotes", b"[{'a':1}]", 400, "body_not_json"),
    ("comment", b"[/* x */]", 400, "body_not_json"),
    ("line comment", b"[] // x", 400, "body_not_json"),
    ("python literals", b"[True, None]", 400, "body_not_json"),
    ("undefined", b"[undefined]", 400, "body_not_json"),
    ("upper-case literal", b"[TRUE]", 400, "body_not_json"),
    ("NaN", b'[{"a": NaN}]', 400, "body_not_json"),
    ("Infinity", b'[{"a": Infinity}]', 400, "body_not_json"),
    ("-Infinity", b'[{"a": -Infinity}]', 400, "body_not_json"),
    ("leading zero", b"[0048213]", 400, "body_not_json"),
    ("plus sign", b"[+1]", 400, "body_not_json"),
    ("hexadecimal", b"[0x10]", 400, "body_not_json"),
    ("no digit before point", b"[.5]", 400, "body_not_json"),
    ("no digit after point", b"[5.]", 400, "body_not_json"),
    ("no digit in exponent", b"[5e]", 400, "body_not_json"),
    ("lone minus", b"[-]", 400, "body_not_json"),
    ("arabic digits", "[\u0661\u0662]".encode(), 400, "body_not_json"),
    ("full-width digits", "[\uff11]".encode(), 400, "body_not_json"),
    ("bad escape", rb'["\x41"]', 400, "body_not_json"),
    ("short unicode escape", rb'["\u12"]', 400, "body_not_json"),
    ("non-hex unicode escape", rb'["\u12g4"]', 400, "body_not_json"),
    ("escape at the end", b'["\\', 400, "body_not_json"),
    ("raw newline in a string", b'["a\nb"]', 400, "body_not_json"),
    ("raw tab in a string", b'["a\tb"]', 400, "body_not_json"),
    ("raw control character in a string", b'["a\x01b"]', 400, "body_not_json"),
    ("raw NUL in a string", b'["a\x00b"]', 400, "body_has_nul"),
    ("raw NUL outside", b"[]\x00", 400, "body_has_nul"),
    ("form feed as space", b"[\x0c]", 400, "body_not_json"),
    ("no-break space outside", "[\u00a0]".encode(), 400, "body_not_json"),
    ("bom twice", b"\xef\xbb\xbf\xef\xbb\xbf[]", 400, "body_not_json"),
    ("UTF-16 LE with mark", "[]".encode("utf-16"), 400, "body_not_utf8"),
    ("UTF-16 BE with mark", b"\xfe\xff" + "[]".encode("utf-16-be"), 400, "body_not_utf8"),
    ("UTF-32 LE with mark", "[]".encode("utf-32"), 400, "body_not_utf8"),
    ("UTF-32 BE with mark", b"\x00\x00\xfe\xff" + "[]".encode("utf-32-be"), 400, "body_not_utf8"),
    ("UTF-16 LE without mark", "[]".encode("utf-16-le"), 400, "body_has_nul"),
    ("UTF-16 BE without mark", "[]".encode("utf-16-be"), 400, "body_has_nul"),
    ("UTF-32 without mark", "[]".encode("utf-32-le"), 400, "body_has_nul"),
    ("UTF-7", b"+AFsAXQ-", 400, "body_not_json"),
    ("Latin-1", '["é"]'.encode("latin-1"), 400, "body_not_utf8"),
    ("Windows-1252 euro", b'["\x80"]', 400, "body_not_utf8"),
    ("overlong slash", b'["\xc0\xaf"]', 400, "body_not_utf8"),
    ("overlong NUL", b'["\xc0\x80"]', 400, "body_not_utf8"),
    ("encoded surrogate", b'["\xed\xa0\x80"]', 400, "body_not_utf8"),
    ("CESU-8 pair", b'["\xed\xa0\xbd\xed\xb8\x80"]', 400, "body_not_utf8"),
    ("beyond Unicode", b'["\xf4\x90\x80\x80"]', 400, "body_not_utf8"),
    ("five-byte sequence", b'["\xf8\x88\x80\x80\x80"]', 400, "body_not_utf8"),
    ("cut character", b'["\xe2\x82"]', 400, "body_not_utf8"),
    ("stray continuation", b'["\x80\x80"]', 400, "body_not_utf8"),
    ("0xff", b"\xff", 400, "body_not_utf8"),
    ("one level too deep, arrays", nested(MAX_DEPTH + 1), 400, "body_too_deep"),
    ("one level too deep, objects", b'{"a":' * 33 + b"1" + b"}" * 33, 400, "body_too_deep"),
    ("one level too deep, mixed", b'[{"a":' * 17 + b"1" + b"}]" * 17, 400, "body_too_deep"),
    ("deep beside shallow", b"[[]," + nested(40) + b",{}]", 400, "body_too_deep"),
    ("deep behind a bracket in a string", b'["]]]]",' + nested(40) + b"]", 400, "body_too_deep"),
    ("deep behind an escaped quote", b'["\\"]",' + nested(40) + b"]", 400, "body_too_deep"),
    ("deep behind a backslash", b'["\\\\",' + nested(40) + b"]", 400, "body_too_deep"),
    ("1,000 lists", nested(1000), 400, "body_too_deep"),
    ("100,000 lists", nested(100_000), 400, "body_too_deep"),
    ("1,000 opened and never closed", b"[" * 1000, 400, "body_too_deep"),
    ("100,000 opened and never closed", b"[" * 100_000, 400, "body_too_deep"),
    ("objects opened and never closed", b'{"a":' * 50_000, 400, "body_too_deep"),
    ("closing first", b"][", 400, "body_not_json"),
    ("crossed brackets", b"[{]}", 400, "body_not_json"),
    ("only closing", b"]" * 1000, 400, "body_not_json"),
]


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_body_that_is_no_json_array_of_ours_is_refused_with_a_reason(body: bytes, status: int, code: str) -> None:
    with pytest.raises(DoorRefusal) as caught:
        parse_body(body)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.reason


ACCEPTED: list[tuple[str, bytes, Any]] = [
    ("empty array", b"[]", []),
    ("spaces around", b" \r\n\t[ ] \n", []),
    ("byte order mark", b"\xef\xbb\xbf[]", []),
    ("bare object", b'{"a": 1}', {"a": 1}),
    ("documented contact", raw([CONTACT]), [CONTACT]),
    ("documented order", raw([wrapped(ORDER)]), [wrapped(ORDER)]),
    ("accents", '["Zoë Ærø Łódź"]'.encode(), ["Zoë Ærø Łódź"]),
    ("escaped accents", rb'["Zo\u00eb"]', ["Zoë"]),
    ("emoji", '["🎭"]'.encode(), ["🎭"]),
    ("escaped emoji", rb'["\ud83c\udfad"]', ["🎭"]),
    ("escaped slash", rb'["a\/b"]', ["a/b"]),
    ("all short escapes", rb'["\"\\\/\b\f\n\r\t"]', ['"\\/\b\f\n\r\t']),
    ("brackets in strings", b'["]}{[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]', ["]}{[", "[" * 36]),
    ("escaped quotes and brackets", rb'["\"]", "\\", "[{"]', ['"]', "\\", "[{"]),
    ("deepest allowed arrays", nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH))),
    ("deepest allowed objects", b'{"a":' * 32 + b"1" + b"}" * 32, json.loads(b'{"a":' * 32 + b"1" + b"}" * 32)),
    ("largest 64-bit integer", b"[9223372036854775807]", [2**63 - 1]),
    ("smallest 64-bit integer", b"[-9223372036854775808]", [-(2**63)]),
    ("barcode as text", b'["012345678901234567890123"]', ["012345678901234567890123"]),
    ("fractions and exponents", b"[0.5, 1e3, -2.5E-3]", [0.5, 1000.0, -0.0025]),
    ("line separators in a string", '["\u2028\u2029"]'.encode(), ["\u2028\u2029"]),
    ("right-to-left mark", '["\u202eabc"]'.encode(), ["\u202eabc"]),
    ("combining characters", '["e\u0301"]'.encode(), ["e\u0301"]),
    ("byte order mark inside a string", b'["\xef\xbb\xbfa"]', ["\ufeffa"]),
    ("prototype names", b'{"__proto__": 1, "constructor": 2}', {"__proto__": 1, "constructor": 2}),
    ("empty name", b'{"": 1}', {"": 1}),
    ("same name in two objects", b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ("SQL in a value", b'["\'; DROP TABLE sync_contact; --"]', ["'; DROP TABLE sync_contact; --"]),
    ("markup in a value", b'["<script>alert(1)</script>"]', ["<script>alert(1)</script>"]),
    ("format signs in a value", b'["%s %(a)s {0}"]', ["%s %(a)s {0}"]),
]


@pytest.mark.parametrize(("body", "value"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_good_control_passes_untouched_and_without_a_problem(body: bytes, value: Any) -> None:
    parsed = parse_body(body)
    assert parsed.value == value
    assert problem_of(parsed.value, CONTACT_PLACES) is None


SPOILED: list[tuple[str, bytes, str, str]] = [
    ("NUL in a value", rb'{"individualContact": {"email": "a\u0000b"}}', "individualContact.email", "NUL"),
    ("NUL alone", rb'{"x": "\u0000"}', "x", "NUL"),
    ("NUL in a name", rb'{"a\u0000b": 1}', "a\\u0000b", "NUL"),
    ("NUL in a list", rb'{"values": ["ok", "\u0000"]}', "values[1]", "NUL"),
    ("NUL behind a backslash", rb'{"x": "\\\u0000"}', "x", "NUL"),
    ("high surrogate", rb'{"x": "\ud800"}', "x", "surrogate"),
    ("low surrogate", rb'{"x": "\udc00"}', "x", "surrogate"),
    ("upper-case escape", rb'{"x": "\uD83D"}', "x", "surrogate"),
    ("pair the wrong way round", rb'{"x": "\udfad\ud83c"}', "x", "surrogate"),
    ("high surrogate twice", rb'{"x": "\ud83c\ud83c"}', "x", "surrogate"),
    ("surrogate in a name", rb'{"\udead": 1}', "\\udead", "surrogate"),
    ("1e400", b'{"x": 1e400}', "x", "too large"),
    ("-1e400", b'{"x": -1e400}', "x", "too large"),
    ("1e400 in a list", b'{"x": [[1e400]]}', "x[0][0]", "too large"),
    ("2 to the 63", b'{"x": 9223372036854775808}', "x", "64 bits"),
    ("-2 to the 63 less one", b'{"x": -9223372036854775809}', "x", "64 bits"),
    ("25 digits", b'{"x": 1234567890123456789012345}', "x", "64 bits"),
    ("5,000 digits", b'{"x": ' + b"9" * 5000 + b"}", "x", "64 bits"),
    ("-100,000 digits", b'{"x": -' + b"9" * 100_000 + b"}", "x", "64 bits"),
    ("identity twice", b'{"contactNumber": "1", "contactNumber": "2"}', "contactNumber", "twice"),
    ("identity twice, same value", b'{"contactNumber": "1", "contactNumber": "1"}', "contactNumber", "twice"),
    ("block twice", b'{"individualContact": {}, "individualContact": {}}', "individualContact", "twice"),
    ("mapped field twice", b'{"individualContact": {"email": "a", "email": "b"}}', "individualContact.email", "twice"),
    ("mapped field twice in a list", b'{"addresses": [{}, {"town": 1, "town": 2}]}', "addresses[1].town", "twice"),
    ("name twice through an escape", rb'{"contactNumber": "1", "contact\u004eumber": "2"}', "contactNumber", "twice"),
]


@pytest.mark.parametrize(
    ("record", "field", "reason"), [case[1:] for case in SPOILED], ids=[case[0] for case in SPOILED]
)
def test_what_spoils_a_record_is_found_with_field_and_reason_and_its_neighbours_are_not(
    record: bytes, field: str, reason: str
) -> None:
    parsed = parse_body(b"[" + raw(CONTACT) + b"," + record + b"," + raw(CONTACT) + b"]")
    assert parsed.is_suspicious
    first, spoiled, last = (problem_of(each, CONTACT_PLACES) for each in parsed.value)
    assert first is None
    assert last is None
    assert spoiled is not None
    assert spoiled.field == field
    assert reason in spoiled.reason
    spoiled.value.encode()
    assert "\x00" not in spoiled.field + spoiled.value
    assert len(spoiled.value) <= 60


@pytest.mark.parametrize(
    "record",
    [
        b'{"guest": true, "guest": false}',
        b'{"createdFrom": {"email": 1, "email": 2}}',
        b'{"addresses": [{"line9": 1, "line9": 2}]}',
    ],
)
def test_repeated_name_nobody_reads_does_not_cost_the_record(record: bytes) -> None:
    parsed = parse_body(record)
    assert parsed.is_suspicious
    assert problem_of(parsed.value, CONTACT_PLACES) is None


def test_last_of_repeated_names_wins_and_all_of_them_are_told() -> None:
    value = parse_body(b'{"a": 1, "b": 2, "a": 3, "b": 4, "c": 5}').value
    assert isinstance(value, RepeatedNames)
    assert value == {"a": 3, "b": 4, "c": 5}
    assert value.repeated == ("a", "b")


def test_body_of_exactly_the_limit_passes_and_one_byte_more_is_413() -> None:
    body = b"[" + b" " * 998 + b"]"
    assert parse_body(body, max_bytes=1000).value == []
    with pytest.raises(DoorRefusal) as caught:
        parse_body(body + b" ", max_bytes=1000)
    assert caught.value.status == 413
    assert "1001 bytes" in caught.value.reason
    assert "1000" in caught.value.reason


def test_refusal_names_the_place_of_the_mistake() -> None:
    with pytest.raises(DoorRefusal, match="line 2, column 9"):
        parse_body(b'[\n  {"a": }\n]')


def test_twelve_megabytes_of_brackets_are_refused_without_growth_or_delay() -> None:
    body = b"[" * 12_000_000
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(DoorRefusal):
        parse_body(body, max_bytes=20_000_000)
    seconds = time.monotonic() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
    assert seconds < 5


def test_recursion_limit_of_the_process_does_not_matter() -> None:
    body = nested(MAX_DEPTH)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(2000)
    try:
        assert parse_body(body).value == json.loads(body)
    finally:
        sys.setrecursionlimit(limit)


def test_tickets_with_their_long_barcodes_are_not_walked() -> None:
    movements = [{"movementId": 10229300112411, "ticketData": {"barcode": "012345678901234567890123"}}]
    assert not parse_body(raw([wrapped(ORDER | {"movementDatas": movements})])).is_suspicious


def test_ordinary_batch_is_not_walked() -> None:
    assert not parse_body(raw([contact(contactNumber=f"{n:07d}") for n in range(50)])).is_suspicious
