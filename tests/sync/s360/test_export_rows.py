from typing import Any

import pytest

from sync.engine.lifecycle import Lifecycle
from sync.s360.envelope import Stream
from sync.s360.export_rows import ColumnMapError, ExportContactReader, ExportOrderReader, columns_of, identity_column
from sync.s360.orders import OrderLine
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings
from tests.sync.s360.samples import EXPORT_ROW

CONTACTS = ExportContactReader(S360Settings())
ORDERS = ExportOrderReader(S360Settings())
ORDER_ROW: dict[str, Any] = {
    "orderId": "10000912204",
    "contactReference": "0048213",
    "orderState": "CLOSED",
    "orderType": "SALE",
    "saleAmount": "91000",
    "currencyCode": "eur",
    "creationDateTime": "2023-01-28 17:00:00.0",
}


def test_documented_row_gives_the_contact_payload_the_webhook_would_give() -> None:
    payload = CONTACTS.read(EXPORT_ROW)
    assert payload.number == "0048213"
    assert payload.view == {
        "role": "PUBLIC",
        "contact_type": "INDIVIDUAL",
        "first_name": "Noor",
        "last_name": "Vandenberg",
        "mobile_phone": "+32470112233",
        "email": "noor.vandenberg@example.org",
        "country": "BE",
    }
    assert payload.complete_prefixes == ()


def test_dot_in_a_column_is_part_of_its_name() -> None:
    reader = ExportContactReader(S360Settings(), {"socialConnections.providerUserReference": "function"})
    assert reader.read(EXPORT_ROW).view["function"] == "88421770"


def test_site_maps_its_own_columns_to_fields_consents_and_criteria() -> None:
    reader = ExportContactReader(
        S360Settings(),
        {"No": "contact_number", "Mail": "email", "opt.in": "consent.MAIL", "fan": "criterion.FAN", "town": "town"},
    )
    payload = reader.read({"No": "0048213", "Mail": "A@example.org", "opt.in": "TRUE", "fan": "B;A,B", "town": ""})
    assert payload.number == "0048213"
    assert payload.view == {"email": "a@example.org", "consent.MAIL": "yes", "criterion.FAN": ["A", "B"], "town": None}


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        (True, "yes"),
        ("true", "yes"),
        ("YES", "yes"),
        ("1", "yes"),
        (False, "no"),
        ("FALSE", "no"),
        ("0", "no"),
        ("", None),
        (None, None),
    ],
)
def test_answer_in_a_cell_keeps_its_three_values(cell: Any, answer: str | None) -> None:
    reader = ExportContactReader(S360Settings(), {"opt": "consent.MAIL"})
    assert reader.read({"contactNumber": "1", "opt": cell}).view == {"consent.MAIL": answer}


def test_anonymised_row_is_recognised() -> None:
    row = EXPORT_ROW | {"individualFirstname": "XXXXXXXX", "individualLastname": "XXXXXXXX"}
    assert CONTACTS.read(row).lifecycle is Lifecycle.ANONYMISED


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({}, "contactNumber"),
        ({"contactNumber": 48213}, "contactNumber"),
        ({"contactNumber": "1", "email": 5}, "email"),
        ({"contactNumber": "1", "email": {}}, "email"),
        ({"contactNumber": "1", "email": []}, "email"),
        ({"contactNumber": "1", "birthDate": "19.5.86"}, "birthDate"),
    ],
)
def test_wrong_cell_rejects_the_row_and_names_the_column(row: dict[str, Any], column: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        CONTACTS.read(row)
    assert caught.value.field == column


@pytest.mark.parametrize("cell", ["perhaps", 2, 0.5, [], {}])
def test_answer_that_is_none_rejects_the_row(cell: Any) -> None:
    reader = ExportContactReader(S360Settings(), {"opt": "consent.MAIL"})
    with pytest.raises(RecordRejected) as caught:
        reader.read({"contactNumber": "1", "opt": cell})
    assert caught.value.field == "opt"


def test_order_row_gives_the_order_payload() -> None:
    payload = ExportOrderReader(S360Settings.from_mapping({"organization_timezone": "Europe/Brussels"})).read(ORDER_ROW)
    assert payload.order_id == 10000912204
    assert payload.contact_number == "0048213"
    assert payload.view == {
        "contact_number": "0048213",
        "order_state": "CLOSED",
        "order_type": "SALE",
        "amount": "91.00",
        "currency": "EUR",
        "created_at": "2023-01-28T16:00:00.000+00:00",
        "is_revenue": True,
    }
    assert payload.lines == ()
    assert not payload.replaces_lines


def test_row_about_a_line_carries_that_line_and_replaces_no_other() -> None:
    row = ORDER_ROW | {
        "operationId": "55",
        "product": "Winter gala",
        "quantity": "2",
        "unitPrice": "45500",
        "totalAmount": 91000,
    }
    payload = ORDERS.read(row)
    assert payload.lines == (
        OrderLine(55, product="Winter gala", quantity=2, unit_price="45.50", total_amount="91.00"),
    )
    assert not payload.replaces_lines


def test_divisor_of_exports_is_a_setting_of_its_own() -> None:
    cents = ExportOrderReader(S360Settings.from_mapping({"export_amount_divisor": 100}))
    assert cents.read(ORDER_ROW).view["amount"] == "910.00"
    plain = ExportOrderReader(S360Settings.from_mapping({"export_amount_divisor": 1}))
    assert plain.read(ORDER_ROW | {"saleAmount": "91.5"}).view["amount"] == "91.50"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({}, "orderId"),
        (ORDER_ROW | {"orderId": "x"}, "orderId"),
        (ORDER_ROW | {"saleAmount": "91.00"}, "saleAmount"),
        (ORDER_ROW | {"currencyCode": "EURO"}, "currencyCode"),
        (ORDER_ROW | {"creationDateTime": "28.01.2023"}, "creationDateTime"),
        (ORDER_ROW | {"contactReference": 48213}, "contactReference"),
        (ORDER_ROW | {"operationId": "x"}, "operationId"),
        (ORDER_ROW | {"operationId": 1, "quantity": "two"}, "quantity"),
        (ORDER_ROW | {"orderState": {}}, "orderState"),
    ],
)
def test_wrong_cell_rejects_the_order_row_and_names_the_column(row: dict[str, Any], column: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        ORDERS.read(row)
    assert caught.value.field == column


@pytest.mark.parametrize("row", [None, [], "x", 5])
def test_row_that_is_no_object_is_rejected(row: Any) -> None:
    for reader in (CONTACTS, ORDERS):
        with pytest.raises(RecordRejected, match="must be an object"):
            reader.read(row)


def test_site_map_takes_a_field_away_from_its_default_column() -> None:
    columns = columns_of(Stream.EXPORT_CONTACTS, {"Mail": "email"})
    assert columns["Mail"] == "email"
    assert "email" not in columns
    assert identity_column(Stream.EXPORT_CONTACTS, {}) == "contactNumber"
    assert identity_column(Stream.EXPORT_ORDERS, {"Order no.": "order_id"}) == "Order no."


@pytest.mark.parametrize(
    ("stream", "column_map", "named"),
    [
        (Stream.EXPORT_CONTACTS, {"a": "shoe_size"}, "'a' -> 'shoe_size'"),
        (Stream.EXPORT_CONTACTS, {"a": "consent."}, "'a' -> 'consent.'"),
        (Stream.EXPORT_CONTACTS, {"a": "email", "b": "email"}, "'email' twice"),
        (Stream.EXPORT_CONTACTS, {"a": "line.kind"}, "'a' -> 'line.kind'"),
        (Stream.EXPORT_ORDERS, {"a": "consent.MAIL"}, "'a' -> 'consent.MAIL'"),
        (Stream.EXPORT_ORDERS, {"a": "email"}, "'a' -> 'email'"),
    ],
)
def test_column_map_that_cannot_be_used_names_every_bad_entry(
    stream: Stream, column_map: dict[str, str], named: str
) -> None:
    with pytest.raises(ColumnMapError, match="map each column to one of") as caught:
        columns_of(stream, column_map)
    assert named in str(caught.value)
