from typing import Any

import pytest

from sync.engine.canonical import canonical_view
from sync.s360.orders import OrderLine, OrderPayload, OrderReader
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings
from tests.sync.s360.samples import ORDER, line, order

READER = OrderReader(S360Settings())


def read(record: Any, **settings: Any) -> OrderPayload:
    return OrderReader(S360Settings.from_mapping(settings)).read(record)


def test_documented_example_is_read_field_by_field() -> None:
    payload = READER.read(ORDER)
    assert payload.order_id == 10000912204
    assert payload.contact_number == "0048213"
    assert payload.view == {
        "order_state": "CLOSED",
        "order_type": "SALE",
        "originator": "TICKETSHOP",
        "organization": "MVMAIN",
        "channel": "B2C",
        "created_at": "2024-03-18T18:41:07.330+00:00",
        "reference_date": "2024-03-17T23:00:00.000+00:00",
        "amount": "91.00",
        "currency": "EUR",
        "is_revenue": True,
        "contact_number": "0048213",
        "quantity": "2",
        "products": "2 x Winter gala",
    }
    assert payload.view == canonical_view(payload.view)
    assert payload.lines == (
        OrderLine(
            operation_id=10229300112201,
            kind="SINGLE_ENTRY",
            product="Winter gala",
            product_code="WGALA24",
            performance="Winter gala, evening",
            tariff="Full price",
            quantity=2,
            unit_price="45.50",
            total_amount="91.00",
        ),
    )
    assert payload.replaces_lines
    assert payload.movements == tuple(ORDER["movementDatas"])
    assert payload.warnings == ()


def test_divisor_is_a_setting() -> None:
    payload = read(ORDER, json_amount_divisor=100)
    assert payload.view["amount"] == "910.00"
    assert payload.lines[0].unit_price == "455.00"


@pytest.mark.parametrize(
    ("state", "is_revenue", "is_warned"),
    [
        ("CLOSED", True, False),
        ("ABANDONNED", False, False),
        ("ABANDONED", False, False),
        ("CANCELED", False, False),
        ("CANCELLED", False, False),
        ("HOVERING", False, True),
        ("closed", False, True),
        (None, False, False),
    ],
)
def test_only_revenue_states_count_and_unknown_ones_are_kept_with_a_warning(
    state: str | None, *, is_revenue: bool, is_warned: bool
) -> None:
    payload = READER.read(order(orderState=state))
    assert payload.view["order_state"] == state
    assert payload.view["is_revenue"] is is_revenue
    assert bool(payload.warnings) is is_warned


def test_order_without_state_says_nothing_about_revenue() -> None:
    record = order()
    del record["orderState"]
    assert "is_revenue" not in READER.read(record).view


def test_state_that_is_called_abandoned_is_never_revenue() -> None:
    payload = read(order(orderState="X"), order_revenue_states=["X"], order_abandoned_states=["X"])
    assert payload.view["is_revenue"] is False


@pytest.mark.parametrize("kind", ["REFUND_CLIENT", "REFUND_ORGANIZATION", "EXCHANGE_CLIENT", "EXCHANGE_ORGANIZATION"])
def test_refund_and_exchange_are_orders_of_their_own_with_their_own_sign(kind: str) -> None:
    payload = READER.read(order(orderId=10000912999, orderType=kind, saleAmount=-45500))
    assert payload.order_id == 10000912999
    assert payload.view["amount"] == "-45.50"
    assert payload.view["is_revenue"] is True
    assert payload.warnings == ()


def test_unknown_type_is_kept_with_a_warning() -> None:
    payload = READER.read(order(orderType="BARTER"))
    assert payload.view["order_type"] == "BARTER"
    assert payload.warnings[0].field == "orderType"


@pytest.mark.parametrize("purchaser", [None, ""])
def test_anonymous_sale_has_no_contact(purchaser: str | None) -> None:
    payload = READER.read(order(contactReference=purchaser))
    assert payload.contact_number is None
    assert payload.view["contact_number"] is None


def test_purchaser_that_was_not_sent_is_absent_from_the_view() -> None:
    record = order()
    del record["contactReference"]
    payload = READER.read(record)
    assert payload.contact_number is None
    assert "contact_number" not in payload.view


def test_payload_without_operations_says_nothing_about_lines() -> None:
    record = order()
    del record["operationDatas"]
    payload = READER.read(record)
    assert not payload.replaces_lines
    assert payload.lines == ()
    assert not {"quantity", "products"} & set(payload.view)


def test_operations_sent_empty_replace_all_lines() -> None:
    payload = READER.read(order(operationDatas=[]))
    assert payload.replaces_lines
    assert payload.lines == ()
    assert payload.view["quantity"] == "0"
    assert payload.view["products"] is None


def test_summary_names_five_products_and_counts_the_rest() -> None:
    operations = [{"operationId": n, "quantity": n, "product": f"Evening {n}"} for n in range(1, 8)]
    view = READER.read(order(operationDatas=operations)).view
    assert view["quantity"] == "28"
    assert view["products"] == ("1 x Evening 1, 2 x Evening 2, 3 x Evening 3, 4 x Evening 4, 5 x Evening 5 and 2 more")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(1, 1), (2**63 - 1, 2**63 - 1), ("10000912204", 10000912204), ("0012", 12)],
)
def test_order_id_is_a_64_bit_number_or_its_digits(sent: Any, expected: int) -> None:
    assert READER.read(order(orderId=sent)).order_id == expected


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no order id", {k: v for k, v in ORDER.items() if k != "orderId"}, "orderId"),
    ("null order id", order(orderId=None), "orderId"),
    ("zero order id", order(orderId=0), "orderId"),
    ("negative order id", order(orderId=-1), "orderId"),
    ("order id beyond 64 bits", order(orderId=2**63), "orderId"),
    ("order id beyond 64 bits as text", order(orderId=str(2**63)), "orderId"),
    ("order id of 40 digits", order(orderId="9" * 40), "orderId"),
    ("fractional order id", order(orderId=1.5), "orderId"),
    ("floating order id", order(orderId=1e4), "orderId"),
    ("true as order id", order(orderId=True), "orderId"),
    ("words as order id", order(orderId="A1"), "orderId"),
    ("superscript order id", order(orderId="²"), "orderId"),
    ("list as order id", order(orderId=[1]), "orderId"),
    ("number as purchaser", order(contactReference=48213), "contactReference"),
    ("words as purchaser", order(contactReference="Noor"), "contactReference"),
    ("number as state", order(orderState=1), "orderState"),
    ("list as type", order(orderType=["SALE"]), "orderType"),
    ("number as channel", order(salesChannelCode=5), "salesChannelCode"),
    ("text as amount", order(saleAmount="91000"), "saleAmount"),
    ("fraction as amount", order(saleAmount=91000.5), "saleAmount"),
    ("true as amount", order(saleAmount=True), "saleAmount"),
    ("amount beyond storage", order(saleAmount=10**15), "saleAmount"),
    ("text as currency", order(catalogCurrency="EUR"), "catalogCurrency"),
    ("number as currency code", order(catalogCurrency={"currencyCode": 978}), "catalogCurrency.currencyCode"),
    ("long currency code", order(catalogCurrency={"currencyCode": "EURO"}), "catalogCurrency.currencyCode"),
    ("sign as currency code", order(catalogCurrency={"currencyCode": "€€€"}), "catalogCurrency.currencyCode"),
    ("number as creation", order(creationDateTime=1710787267330), "creationDateTime"),
    ("words as creation", order(creationDateTime="yesterday"), "creationDateTime"),
    ("impossible accounting day", order(referenceDate="2024-02-30T00:00:00Z"), "referenceDate"),
    ("object as operations", order(operationDatas={}), "operationDatas"),
    ("number in operations", order(operationDatas=[5]), "operationDatas"),
    ("null in operations", order(operationDatas=[None]), "operationDatas"),
    ("operation without id", order(operationDatas=[{"quantity": 1}]), "operationDatas[0].operationId"),
    ("text as operation id", line(operationId="x"), "operationDatas[0].operationId"),
    ("text as quantity", line(quantity="2"), "operationDatas[0].quantity"),
    ("fraction as quantity", line(quantity=1.5), "operationDatas[0].quantity"),
    ("quantity beyond 32 bits", line(quantity=2**31), "operationDatas[0].quantity"),
    ("number as product", line(product=5), "operationDatas[0].product"),
    ("text as price", line(unitPrice="45.50"), "operationDatas[0].unitPrice"),
    ("list as total", line(totalAmount=[1]), "operationDatas[0].totalAmount"),
    (
        "two operations with one id",
        order(operationDatas=[{"operationId": 1}, {"operationId": 1}]),
        "operationDatas.operationId",
    ),
    ("text as movements", order(movementDatas="x"), "movementDatas"),
    ("number in movements", order(movementDatas=[1]), "movementDatas"),
]


@pytest.mark.parametrize(("record", "field"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_type_in_a_mapped_field_rejects_the_order_and_names_the_field(record: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        READER.read(record)
    assert caught.value.field == field


@pytest.mark.parametrize("record", [None, 5, "x", [], True])
def test_record_that_is_no_object_is_rejected(record: Any) -> None:
    with pytest.raises(RecordRejected, match="must be an object"):
        READER.read(record)


def test_movements_and_tickets_are_kept_as_they_came() -> None:
    movements = [{"movementId": 1, "seat": {"row": "A"}, "ticketData": {"barcode": "0" * 28, "ticketState": "VALID"}}]
    assert READER.read(order(movementDatas=movements)).movements == tuple(movements)


def test_time_without_offset_is_local_to_the_organization() -> None:
    payload = read(order(creationDateTime="2024-07-01 12:00:00"), organization_timezone="Europe/Zurich")
    assert payload.view["created_at"] == "2024-07-01T10:00:00.000+00:00"
