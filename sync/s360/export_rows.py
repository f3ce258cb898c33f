"""Flat rows of the data-export webhook to the same payloads the contact and order webhooks give.

The names are the columns of a site's own query, so they are mapped per endpoint; a dot in a name is part of the name.
Every value may be text. A column that a row does not carry is absent, exactly as a missing block would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from sync.engine.canonical import Value, canonical_view
from sync.s360.amounts import amount_of_text
from sync.s360.contacts import (
    ContactPayload,
    LifecycleReader,
    NumberReader,
    read_text_value,
    unlisted_values,
)
from sync.s360.envelope import Stream, json_type
from sync.s360.field_maps import CONTACT_FIELD_MAP, EXPORT_CONTACT_COLUMNS, EXPORT_ORDER_COLUMNS
from sync.s360.orders import (
    OrderLine,
    OrderPayload,
    RevenueReader,
    read_currency_code,
    read_id,
    read_quantity,
    read_text,
    read_time,
)
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings

CONTACT_IDENTITY: Final = "contact_number"
ORDER_IDENTITY: Final = "order_id"
_CONSENT, _CRITERION = "consent.", "criterion."
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_LINE: Final = "line."


class ColumnMapError(ValueError):
    """A column map cannot be used; the message lists every entry and what to write instead."""


def columns_of(stream: Stream, column_map: Mapping[str, str]) -> dict[str, str]:
    """Column -> canonical field: the site's map over the defaults. Raises ColumnMapError naming all bad entries."""
    is_contact = stream == Stream.EXPORT_CONTACTS
    defaults = EXPORT_CONTACT_COLUMNS if is_contact else EXPORT_ORDER_COLUMNS
    known = {*CONTACT_FIELD_MAP, CONTACT_IDENTITY} if is_contact else set(EXPORT_ORDER_COLUMNS.values())
    wrong = [
        f"{column!r} -> {field!r}"
        for column, field in column_map.items()
        if field not in known and not (is_contact and _is_dynamic(field))
    ]
    taken = list(column_map.values())
    wrong += [f"{field!r} twice" for field in dict.fromkeys(taken) if taken.count(field) > 1]
    if wrong:
        raise ColumnMapError(f"{'; '.join(wrong)}: map each column to one of {', '.join(sorted(known))}, each once")
    return {column: field for column, field in defaults.items() if field not in taken} | dict(column_map)


def identity_column(stream: Stream, column_map: Mapping[str, str]) -> str:
    """The column that says which record a row is about."""
    wanted = CONTACT_IDENTITY if stream == Stream.EXPORT_CONTACTS else ORDER_IDENTITY
    return next(column for column, field in columns_of(stream, column_map).items() if field == wanted)


def _is_dynamic(field: str) -> bool:
    return any(field.startswith(prefix) and len(field) > len(prefix) for prefix in (_CONSENT, _CRITERION))


class ExportContactReader:
    """Reads rows about contacts with one endpoint's column map."""

    def __init__(self, settings: S360Settings, column_map: Mapping[str, str] | None = None) -> None:
        columns = columns_of(Stream.EXPORT_CONTACTS, column_map or {})
        self.number = NumberReader(settings, member=identity_column(Stream.EXPORT_CONTACTS, column_map or {}))
        self._columns = {column: field for column, field in columns.items() if field != CONTACT_IDENTITY}
        self._shown = {field: column for column, field in columns.items()}
        self._lifecycles = LifecycleReader(settings)
        self._states = settings.contact_state_map

    def read(self, row: Any) -> ContactPayload:
        """Raises RecordRejected naming column and value. Pure."""
        number = self.number.read(row)
        view = {
            field: read_contact_cell(field, row[column], column)
            for column, field in self._columns.items()
            if column in row
        }
        view = canonical_view(view)
        warnings = tuple(unlisted_values(view, self._states, self._shown))
        return ContactPayload(number, view, self._lifecycles.of(view), warnings=warnings)


class ExportOrderReader:
    """Reads rows about orders, or about their lines: then the same order comes once per line."""

    def __init__(self, settings: S360Settings, column_map: Mapping[str, str] | None = None) -> None:
        columns = columns_of(Stream.EXPORT_ORDERS, column_map or {})
        self._column_of = {field: column for column, field in columns.items()}
        self._settings = settings
        self._zone = ZoneInfo(settings.organization_timezone)
        self._purchaser = NumberReader(settings, member=self._column_of[CONTACT_IDENTITY])
        self._revenue = RevenueReader(settings)

    def read(self, row: Any) -> OrderPayload:
        """Raises RecordRejected naming column and value. Pure. The line of a row never replaces other lines."""
        if not isinstance(row, dict):
            raise RecordRejected("record", row, f"a record must be an object, this is {json_type(row)}")
        order_id = read_id(row.get(self._column_of[ORDER_IDENTITY]), self._column_of[ORDER_IDENTITY])
        sent = row.get(self._column_of[CONTACT_IDENTITY])
        contact_number = None if sent is None or sent == "" else self._purchaser.read(row)
        view = self._read_fields(row)
        if self._column_of[CONTACT_IDENTITY] in row:
            view["contact_number"] = contact_number
        view = canonical_view(view)
        warnings = tuple(self._revenue.unlisted_values(view))
        return OrderPayload(order_id, contact_number, view, self._read_lines(row), warnings=warnings)

    def _read_fields(self, row: dict[str, Any]) -> dict[str, Value]:
        view: dict[str, Value] = {}
        for field, column in self._column_of.items():
            if column in row and not field.startswith(_LINE) and field not in (ORDER_IDENTITY, CONTACT_IDENTITY):
                view[field] = self._read_cell(field, row[column], column)
        if "order_state" in view:
            view["is_revenue"] = self._revenue.counts(view["order_state"])
        return view

    def _read_cell(self, field: str, sent: Any, column: str) -> str | None:
        if field == "amount":
            return self._amount(sent, column)
        if field == "currency":
            return read_currency_code(sent, column)
        if field in ("created_at", "reference_date"):
            return read_time(sent, column, self._zone)
        return read_text(sent, column)

    def _amount(self, sent: Any, column: str) -> str | None:
        if sent is None or sent == "":
            return None
        return amount_of_text(sent, field=column, divisor=self._settings.export_amount_divisor)

    def _read_lines(self, row: dict[str, Any]) -> tuple[OrderLine, ...]:
        def cell(name: str) -> tuple[Any, str]:
            column = self._column_of.get(f"{_LINE}{name}", "")
            return row.get(column), column

        operation_id, column = cell("operation_id")
        if operation_id is None or operation_id == "":
            return ()
        quantity, quantity_column = cell("quantity")
        return (
            OrderLine(
                operation_id=read_id(operation_id, column),
                kind=read_text(*cell("kind")) or "",
                product=read_text(*cell("product")) or "",
                product_code=read_text(*cell("product_code")) or "",
                performance=read_text(*cell("performance")) or "",
                tariff=read_text(*cell("tariff")) or "",
                quantity=read_quantity(whole_number(quantity), quantity_column),
                unit_price=self._amount(*cell("unit_price")),
                total_amount=self._amount(*cell("total_amount")),
            ),
        )


def read_contact_cell(field: str, sent: Any, column: str) -> Value:
    """One cell in canonical form. Raises RecordRejected for objects, and for an answer that is neither yes nor no."""
    if isinstance(sent, dict) or (isinstance(sent, list) and not field.startswith(_CRITERION)):
        raise RecordRejected(column, sent, f"expected one value, got {json_type(sent)}")
    if field.startswith(_CONSENT):
        return read_answer(sent, column)
    if field.startswith(_CRITERION):
        return read_codes(sent, column)
    text = read_text(sent, column)
    return None if text is None else read_text_value(field, text, shown_field=column)


def read_answer(sent: Any, column: str) -> str | None:
    """ "yes", "no" or None (not answered) from true/false, TRUE/FALSE, yes/no, 1/0 or empty."""
    text = str(sent).strip().lower() if isinstance(sent, str | bool | int) else ""
    if sent is None or sent == "":
        return None
    if text in _YES or text in _NO:
        return "yes" if text in _YES else "no"
    raise RecordRejected(column, sent, "expected true, false or an empty cell")


def read_codes(sent: Any, column: str) -> list[str]:
    """Value codes from a list, or from text separated by commas or semicolons."""
    parts = sent if isinstance(sent, list) else (read_text(sent, column) or "").replace(";", ",").split(",")
    if not all(isinstance(part, str) for part in parts):
        raise RecordRejected(column, sent, "expected a list of text")
    return sorted({part.strip() for part in parts if part.strip()})


def whole_number(sent: Any) -> Any:
    """``"2"`` -> 2; anything else as it came, for the reader that says what is wrong."""
    if isinstance(sent, str):
        digits = sent.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 10:  # noqa: PLR2004 - a quantity has 32 bits
            return int(sent)
        return sent.strip() or None
    return sent
