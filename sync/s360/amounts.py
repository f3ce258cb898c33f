"""Whole numbers of a fraction of the currency to plain decimal text, without a float on the way ("Formats", money).

Webhook JSON carries thousandths: ``91000`` is ``91.00``. The divisor is a setting because files carry hundredths.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sync.s360.problems import RecordRejected

MAX_DIGITS: Final = 15  # before the point; the order tables hold three more behind it
MAX_PARTS: Final = 10**MAX_DIGITS
MAX_DECIMALS: Final = 3
DECIMALS_SHOWN: Final = 2


def amount_text(value: Any, *, field: str, divisor: int) -> str:
    """``91000`` and divisor 1000 -> ``"91.00"``. Raises RecordRejected for anything but a whole number of parts."""
    number = _decimal(value, field) / divisor
    written = f"{number:f}"
    whole, _, fraction = written.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(DECIMALS_SHOWN, '0')}"


def _decimal(value: Any, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordRejected(field, value, "expected a whole number")
    if not abs(value) < MAX_PARTS:
        raise RecordRejected(field, value, "an amount too large to store")
    if value != int(value):  # 91000.0 is exact, 91000.5 is not a number of parts
        raise RecordRejected(field, value, "expected a whole number of the currency's parts; check json_amount_divisor")
    return Decimal(int(value))


def amount_of_text(value: Any, *, field: str, divisor: int) -> str:
    """The same for a data-export row, where every value may be text. With divisor 1 the text may carry decimals."""
    if not isinstance(value, str):
        return amount_text(value, field=field, divisor=divisor)
    text = value.strip()
    digits = text.removeprefix("-").removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS:
        return amount_text(int(text), field=field, divisor=divisor)
    whole, point, fraction = digits.partition(".")
    is_decimal = point and (whole + fraction).isascii() and whole.isdigit() and fraction.isdigit()
    if divisor == 1 and is_decimal and len(whole) <= MAX_DIGITS and len(fraction) <= MAX_DECIMALS:
        sign = "-" if text.startswith("-") and digits.strip("0.") else ""
        return f"{sign}{int(whole)}.{fraction.rstrip('0').ljust(DECIMALS_SHOWN, '0')}"
    raise RecordRejected(field, value, "expected a whole number; set export_amount_divisor to 1 for decimal amounts")
