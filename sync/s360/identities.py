"""Whose record is this? The only thing the door itself reads in a record; the rest is understood later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sync.s360.contacts import NumberReader
from sync.s360.envelope import CONTACT_NUMBER, ORDER_ID, Stream, json_type
from sync.s360.export_rows import columns_of, identity_column
from sync.s360.orders import PURCHASER, read_id, read_order_id
from sync.s360.paths import compile_path
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings

_ORDER_PLACES: Final = frozenset(
    {
        ORDER_ID,
        PURCHASER,
        "orderState",
        "orderType",
        "orderOriginator",
        "organizationCode",
        "salesChannelCode",
        "creationDateTime",
        "referenceDate",
        "saleAmount",
        "catalogCurrency",
        "catalogCurrency.currencyCode",
        "operationDatas",
        *(
            f"operationDatas.{name}"
            for name in (
                "operationId",
                "kind",
                "product",
                "productCode",
                "performance",
                "audienceSubCategory",
                "quantity",
                "unitPrice",
                "totalAmount",
            )
        ),
    }
)


def identity_reader(stream: Stream, settings: S360Settings, column_map: Mapping[str, str]) -> Callable[[Any], str]:
    """A function from record to external id (text). It raises RecordRejected; building it raises ColumnMapError."""
    if stream == Stream.CONTACTS:
        return NumberReader(settings).read
    if stream == Stream.ORDERS:
        return lambda record: str(read_order_id(record))
    column = identity_column(stream, column_map)
    if stream == Stream.EXPORT_CONTACTS:
        return NumberReader(settings, member=column).read
    return lambda row: str(_row_order_id(row, column))


def _row_order_id(row: Any, column: str) -> int:
    if not isinstance(row, dict):
        raise RecordRejected("record", row, f"a record must be an object, this is {json_type(row)}")
    return read_id(row.get(column), column)


def guarded_places(stream: Stream, settings: S360Settings, column_map: Mapping[str, str]) -> frozenset[str]:
    """Where a name that comes twice spoils the record: identity and every mapped field."""
    if stream == Stream.CONTACTS:
        return _contact_places(settings)
    return _ORDER_PLACES if stream == Stream.ORDERS else frozenset(columns_of(stream, column_map))


def _contact_places(settings: S360Settings) -> frozenset[str]:
    consent = (settings.authorization_code_path, settings.authorization_value_path)
    criterion = (settings.criterion_code_path, settings.criterion_values_path)
    paths = [
        CONTACT_NUMBER,
        "endValidityDate",
        *settings.contact_field_map.values(),
        *(f"authorizations.{path}" for path in consent),
        *(f"contactCriteria.{path}" for path in criterion),
        *(path for path in (settings.merged_into_path, settings.contact_updated_at_path) if path),
    ]
    return frozenset(place for path in paths for place in compile_path(path).places)
