from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.s360.amounts import MAX_PARTS, amount_of_text, amount_text
from sync.s360.problems import RecordRejected


@pytest.mark.parametrize(
    ("sent", "divisor", "expected"),
    [
        (91000, 1000, "91.00"),
        (91000, 100, "910.00"),
        (91000, 1, "91000.00"),
        (0, 1000, "0.00"),
        (5, 1000, "0.005"),
        (10, 1000, "0.01"),
        (-91000, 1000, "-91.00"),
        (-1, 1000, "-0.001"),
        (91000.0, 1000, "91.00"),
        (999_999_999_999_999, 1000, "999999999999.999"),
    ],
)
def test_parts_become_plain_decimal_text(sent: Any, divisor: int, expected: str) -> None:
    assert amount_text(sent, field="saleAmount", divisor=divisor) == expected


@pytest.mark.parametrize(
    "sent", [True, False, "91000", "", [], {}, 0.5, 91000.5, MAX_PARTS, -MAX_PARTS, 1e300, float("inf"), float("nan")]
)
def test_anything_but_a_whole_number_of_parts_is_rejected(sent: Any) -> None:
    with pytest.raises(RecordRejected) as caught:
        amount_text(sent, field="saleAmount", divisor=1000)
    assert caught.value.field == "saleAmount"


@given(st.integers(min_value=1 - MAX_PARTS, max_value=MAX_PARTS - 1), st.sampled_from([1, 10, 100, 1000]))
def test_no_amount_loses_a_part_on_the_way(parts: int, divisor: int) -> None:
    whole, _, fraction = amount_text(parts, field="x", divisor=divisor).partition(".")
    assert int(whole + fraction.ljust(3, "0")) == parts * (1000 // divisor)


@pytest.mark.parametrize(
    ("sent", "divisor", "expected"),
    [
        ("91000", 1000, "91.00"),
        (" 91000 ", 1000, "91.00"),
        ("-91000", 1000, "-91.00"),
        (91000, 1000, "91.00"),
        ("9100", 100, "91.00"),
        ("91", 1, "91.00"),
        ("91.5", 1, "91.50"),
        ("-0.5", 1, "-0.50"),
        ("-0.0", 1, "0.00"),
        ("00091.125", 1, "91.125"),
    ],
)
def test_export_cell_may_be_text(sent: Any, divisor: int, expected: str) -> None:
    assert amount_of_text(sent, field="amount", divisor=divisor) == expected


@pytest.mark.parametrize(
    ("sent", "divisor"),
    [
        ("91.00", 1000),
        ("91,00", 1),
        ("1e5", 1),
        ("", 1000),
        ("EUR 5", 1000),
        ("0x10", 1000),
        ("\u0661", 1000),
        ("1_000", 1000),
        ("91.0005", 1),
        (".5", 1),
        ("5.", 1),
        ("--5", 1000),
        ("9" * 30, 1000),
        ("9" * 16, 1),
    ],
)
def test_export_cell_in_another_notation_is_rejected(sent: Any, divisor: int) -> None:
    with pytest.raises(RecordRejected):
        amount_of_text(sent, field="amount", divisor=divisor)
