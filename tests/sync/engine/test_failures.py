from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.failures import (
    FAILURE_KINDS,
    FAILURE_SCOPES,
    classify_status,
    default_scope,
    parse_retry_after,
    retry_after_seconds,
)
from sync.models import FailureKind as FailureKindOfRows

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("transient", [0, 100, 408, 425, 500, 501, 502, 503, 504, 520, 526, 599]),
        ("throttled", [429, 509]),
        ("misconfigured", [301, 302, 307, 308, 401, 403, 407]),
        ("permanent", [200, 400, 404, 405, 409, 410, 413, 414, 415, 422, 418, 451]),
    ],
)
def test_status_has_its_kind(kind, statuses):
    assert {status: classify_status(status) for status in statuses} == dict.fromkeys(statuses, kind)


@given(st.integers())
def test_every_number_has_a_kind(status):
    assert classify_status(status) in FAILURE_KINDS


def test_credentials_and_limits_concern_the_whole_connection():
    assert {kind: default_scope(kind) for kind in FAILURE_KINDS} == {
        "transient": "record",
        "throttled": "connection",
        "permanent": "record",
        "misconfigured": "connection",
        "internal": "record",
    }
    assert FAILURE_SCOPES == ("record", "batch", "connection")


def test_rows_know_exactly_the_five_kinds():
    assert set(FailureKindOfRows.values) == set(FAILURE_KINDS)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7.5 ", 7.5),
        ("864000", 900.0),
        ("9" * 400, 900.0),
        ("-5", 60.0),
        ("soon", 60.0),
        ("1e3", 60.0),
        ("nan", 60.0),
        ("\u0663", 60.0),
        ("Sat, 01 Mar 2025 12:01:30 GMT", 90.0),
        ("Saturday, 01-Mar-25 12:01:30 GMT", 90.0),
        ("Sat Mar  1 12:01:30 2025", 90.0),
        ("Tue, 11 Mar 2025 12:00:00 GMT", 900.0),
        ("Sat, 01 Mar 2025 11:59:59 GMT", 60.0),
        ("Sat, 99 Mar 2025 12:00:00 GMT", 60.0),
    ],
)
def test_retry_after_is_read_and_capped(text, seconds):
    assert parse_retry_after(text, NOW) == seconds


def test_cap_can_be_set():
    assert parse_retry_after("120", NOW, cap=30) == 30


@given(st.text(max_size=60), st.floats(1, 10_000))
def test_no_retry_after_makes_us_wait_for_ever_or_raise(text, cap):
    seconds = parse_retry_after(text, NOW, cap)
    assert seconds is None or 0 <= seconds <= cap


def test_date_in_a_header_is_read_by_the_answers_own_clock():
    late = "Sat, 01 Mar 2025 12:01:30 GMT"
    assert retry_after_seconds({"retry-after": late, "date": "Sat, 01 Mar 2025 12:00:00 GMT"}) == 90
    assert retry_after_seconds({"retry-after": late}) == 60
    assert retry_after_seconds({"retry-after": "30"}) == 30
    assert retry_after_seconds({"date": late}) is None
