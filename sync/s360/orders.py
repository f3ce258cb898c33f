"""One order record of S-360 to canonical fields ("Order webhook": the structure of ``getOrderDetails``).

A refund or an exchange is an order of its own and is read like any other. States and types are an open set: kept as
sent, and only the states a setting names count as revenue. Movements and tickets stay raw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sync.engine.canonical import Value, canonical_view
from sync.s360.amounts import amount_text
from sync.s360.contacts import NumberReader
from sync.s360.envelope import ORDER_ID, json_type, shape_problem
from sync.s360.problems import RecordRejected, RecordWarning, shown_value
from sync.s360.settings import S360Settings
from sync.s360.strict import INT64_MAX
from sync.s360.times import utc_text

PURCHASER: Final = "contactReference"
OPERATIONS: Final = "operationDatas"
MOVEMENTS: Final = "movementDatas"
INT32_MAX: Final = 2**31 - 1
ORDER_TYPES: Final = frozenset(
    {
        "SALE",
        "REFUND_CLIENT",
        "REFUND_ORGANIZATION",
        "EXCHANGE_CLIENT",
        "EXCHANGE_ORGANIZATION",
        "RESERVATION",
        "RENEWAL",
        "OPTION",
        "RESERVATION_FREEING",
        "OPTION_FREEING",
        "ST_TRANSFER",
    }
)
_TEXTS: Final = (
    ("order_state", "orderState"),
    ("order_type", "orderType"),
    ("originator", "orderOriginator"),
    ("organization", "organizationCode"),
    ("channel", "salesChannelCode"),
)
_TIMES: Final = (("created_at", "creationDateTime"), ("reference_date", "referenceDate"))
PRODUCTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One operation of an order. Amounts are decimal text in the order's currency; None = not sent or empty."""

    operation_id: int
    kind: str = ""
    product: str = ""
    product_code: str = ""
    performance: str = ""
    tariff: str = ""
    quantity: int | None = None
    unit_price: str | None = None
    total_amount: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPayload:
    """An order as S-360 says it is.

    ``contact_number`` is None for an anonymous sale. ``lines`` replace the stored ones only when ``replaces_lines``:
    a payload without operations, or one row of an export, says nothing about the other lines.
    """

    order_id: int
    contact_number: str | None
    view: dict[str, Value]
    lines: tuple[OrderLine, ...] = ()
    replaces_lines: bool = False
    movements: tuple[Any, ...] = ()
    warnings: tuple[RecordWarning, ...] = ()


class OrderReader:
    """Reads order records of one institution; keep the reader, it is cheap to use and not to build."""

    def __init__(self, settings: S360Settings) -> None:
        self._divisor = settings.json_amount_divisor
        self._zone = ZoneInfo(settings.organization_timezone)
        self._purchaser = NumberReader(settings, member=PURCHASER)
        self.revenue = RevenueReader(settings)

    def read(self, record: Any) -> OrderPayload:
        """Raises RecordRejected naming field and value. Pure."""
        order_id = read_order_id(record)
        contact_number = self._contact_number(record)
        view = self._read_fields(record)
        if PURCHASER in record:
            view["contact_number"] = contact_number
        operations = _objects(record, OPERATIONS)
        lines = tuple(self._read_line(operation, at) for at, operation in enumerate(operations or ()))
        refuse_repeated_lines(lines)
        if operations is not None:
            view |= summary_of(lines)
        movements = tuple(_objects(record, MOVEMENTS) or ())
        view = canonical_view(view)
        warnings = tuple(self.revenue.unlisted_values(view))
        return OrderPayload(order_id, contact_number, view, lines, operations is not None, movements, warnings)

    def _contact_number(self, record: dict[str, Any]) -> str | None:
        sent = record.get(PURCHASER)
        return None if sent is None or sent == "" else self._purchaser.read(record)

    def _read_fields(self, record: dict[str, Any]) -> dict[str, Value]:
        view: dict[str, Value] = {}
        for field, name in _TEXTS:
            if name in record:
                view[field] = read_text(record[name], name)
        for field, name in _TIMES:
            if name in record:
                view[field] = self._time(record[name], name)
        if "saleAmount" in record:
            view["amount"] = self._amount(record["saleAmount"], "saleAmount")
        if record.get("catalogCurrency") is not None:
            view["currency"] = read_currency(record["catalogCurrency"])
        if "order_state" in view:
            view["is_revenue"] = self.revenue.counts(view["order_state"])
        return view

    def _time(self, sent: Any, name: str) -> str | None:
        return read_time(sent, name, self._zone)

    def _amount(self, sent: Any, field: str) -> str | None:
        return None if sent is None else amount_text(sent, field=field, divisor=self._divisor)

    def _read_line(self, operation: dict[str, Any], at: int) -> OrderLine:
        place = f"{OPERATIONS}[{at}]"

        def text(name: str) -> str:
            return read_text(operation.get(name), f"{place}.{name}") or ""

        def amount(name: str) -> str | None:
            return self._amount(operation.get(name), f"{place}.{name}")

        return OrderLine(
            operation_id=read_id(operation.get("operationId"), f"{place}.operationId"),
            kind=text("kind"),
            product=text("product"),
            product_code=text("productCode"),
            performance=text("performance"),
            tariff=text("audienceSubCategory"),
            quantity=read_quantity(operation.get("quantity"), f"{place}.quantity"),
            unit_price=amount("unitPrice"),
            total_amount=amount("totalAmount"),
        )


class RevenueReader:
    """Does an order in this state count as revenue? Unknown and abandoned states do not."""

    def __init__(self, settings: S360Settings) -> None:
        self._abandoned = frozenset(settings.order_abandoned_states)
        self._revenue = frozenset(settings.order_revenue_states) - self._abandoned

    def counts(self, state: Value) -> bool:
        return state in self._revenue

    def unlisted_values(self, view: Mapping[str, Value]) -> list[RecordWarning]:
        """States and types outside the lists: kept, not revenue, and worth an operator's look."""
        found = []
        state, order_type = view.get("order_state"), view.get("order_type")
        if state is not None and state not in self._revenue and state not in self._abandoned:
            note = "a state no setting names: kept, not counted as revenue"
            found.append(RecordWarning("orderState", shown_value("orderState", state), note))
        if order_type is not None and order_type not in ORDER_TYPES:
            note = "not a documented value, kept"
            found.append(RecordWarning("orderType", shown_value("orderType", order_type), note))
        return found


def read_order_id(record: Any) -> int:
    """The identity of an order record. Raises RecordRejected."""
    problem = None if type(record) is dict else shape_problem(record)
    if problem is not None:
        raise RecordRejected(problem.field, record, problem.reason)
    if ORDER_ID not in record:
        raise RecordRejected(ORDER_ID, None, "the record does not carry it")
    return read_id(record[ORDER_ID], ORDER_ID)


def read_id(sent: Any, field: str) -> int:
    """A positive 64-bit identifier, sent as a number or as digits. Raises RecordRejected."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= len(str(INT64_MAX)):
        sent = int(sent)
    if isinstance(sent, bool) or not isinstance(sent, int):
        raise RecordRejected(field, sent, f"expected a whole number, got {json_type(sent)}")
    if not 0 < sent <= INT64_MAX:
        raise RecordRejected(field, sent, "expected a positive 64-bit number")
    return sent


def read_quantity(sent: Any, field: str) -> int | None:
    if sent is None:
        return None
    if isinstance(sent, bool) or not isinstance(sent, int):
        raise RecordRejected(field, sent, f"expected a whole number, got {json_type(sent)}")
    if abs(sent) > INT32_MAX:
        raise RecordRejected(field, sent, "a quantity too large to store")
    return sent


def read_text(sent: Any, field: str) -> str | None:
    """Text as it came, None for null and blank. Raises RecordRejected for any other type."""
    if sent is None:
        return None
    if not isinstance(sent, str):
        raise RecordRejected(field, sent, f"expected text, got {json_type(sent)}")
    return sent.strip() or None


def read_time(sent: Any, field: str, zone: ZoneInfo) -> str | None:
    text = read_text(sent, field)
    if text is None:
        return None
    try:
        return utc_text(text, zone)
    except ValueError as error:
        raise RecordRejected(field, sent, str(error)) from None


def read_currency(sent: Any) -> str | None:
    if not isinstance(sent, dict):
        raise RecordRejected("catalogCurrency", sent, f"expected an object, got {json_type(sent)}")
    return read_currency_code(sent.get("currencyCode"), "catalogCurrency.currencyCode")


def read_currency_code(sent: Any, field: str) -> str | None:
    code = read_text(sent, field)
    if code is not None and not (len(code) == 3 and code.isascii() and code.isalpha()):  # noqa: PLR2004 - ISO 4217
        raise RecordRejected(field, sent, "expected an ISO 4217 code such as EUR")
    return code.upper() if code else None


def refuse_repeated_lines(lines: tuple[OrderLine, ...]) -> None:
    """Two operations with one id cannot both be the line. Raises RecordRejected."""
    seen: set[int] = set()
    for line in lines:
        if line.operation_id in seen:
            raise RecordRejected(f"{OPERATIONS}.operationId", line.operation_id, "two operations carry this id")
        seen.add(line.operation_id)


def summary_of(lines: tuple[OrderLine, ...]) -> dict[str, Value]:
    """``quantity`` and ``products`` of the view: what a person in the CRM reads at a glance."""
    counted = [f"{line.quantity or 0} x {line.product or line.product_code or line.kind}" for line in lines]
    shown = ", ".join(counted[:PRODUCTS_SHOWN])
    more = f" and {len(counted) - PRODUCTS_SHOWN} more" if len(counted) > PRODUCTS_SHOWN else ""
    quantity = str(sum(Decimal(line.quantity or 0) for line in lines))
    return {"quantity": quantity, "products": f"{shown}{more}"}


def _objects(record: dict[str, Any], name: str) -> list[dict[str, Any]] | None:
    sent = record.get(name)
    if sent is None:
        return None
    if not isinstance(sent, list):
        raise RecordRejected(name, sent, f"expected a list, got {json_type(sent)}")
    for element in sent:
        if not isinstance(element, dict):
            raise RecordRejected(name, element, f"expected a list of objects, found {json_type(element)}")
    return sent
