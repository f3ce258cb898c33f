"""Reads `[institutions.<CODE>.webhooks]`: one table a URL."""

from __future__ import annotations

from typing import Any

from crm.services.configure import readers
from crm.services.configure.configuration import Listing, WebhookConfig
from crm.services.configure.read_fields import canonical_fields
from crm.services.configure.secret_refs import SecretSource
from crm.services.configure.table import Table
from sync.models import EndpointAuthMode, Stream
from sync.s360.envelope import Stream as WireStream
from sync.s360.export_rows import ColumnMapError, columns_of

_NAME_LIMIT = 100
_EXPORTS = (Stream.EXPORT_CONTACTS, Stream.EXPORT_ORDERS)
_KEYS = {
    "auth_mode": readers.choice(EndpointAuthMode.values),
    "auth_name": readers.text(100),
    "allowed_networks": readers.networks,
    "expected_batch_size": readers.whole(1, 50),  # S-360 sends at most 50 records a POST
    "column_map": readers.text_map,
    "confirm_fields": canonical_fields,
    "is_enabled": readers.truth,
}


def read_webhooks(table: Table | None, secrets: SecretSource) -> Listing[WebhookConfig]:
    if table is None:
        return Listing()
    is_complete = table.is_complete()
    return Listing(tuple(_webhook(name, each, secrets) for name, each in table.tables()), is_complete)


def _webhook(name: str, table: Table, secrets: SecretSource) -> WebhookConfig:
    if len(name) > _NAME_LIMIT:
        table.note("", f"a webhook's name has at most {_NAME_LIMIT} characters")
    stream = table.read("stream", readers.choice(Stream.values), name if name in Stream.values else "")
    if name not in Stream.values:
        table.require("stream", f"what this URL receives, one of {', '.join(Stream.values)}")
    values = table.read_given(_KEYS)
    secret = table.read("auth_secret", secrets.read, None)
    _check(table, stream, values)
    table.finish()
    return WebhookConfig(name, stream, values, secret)


def _check(table: Table, stream: str, values: dict[str, Any]) -> None:
    mode = values.get("auth_mode", EndpointAuthMode.NONE)
    if mode == EndpointAuthMode.NONE:
        for key in ("auth_name", "auth_secret"):
            if key in table:
                table.note(key, 'only used with auth_mode = "basic", "header" or "bearer"')
    if mode in (EndpointAuthMode.BASIC, EndpointAuthMode.HEADER):
        table.require("auth_name", "the user name (basic) or the name of the header (header)")
    if "column_map" in values and stream:
        _check_column_map(table, stream, values["column_map"])


def _check_column_map(table: Table, stream: str, column_map: dict[str, str]) -> None:
    if stream not in _EXPORTS:
        table.note("column_map", f"only for {' and '.join(_EXPORTS)}: the other streams carry S-360's own names")
        return
    try:
        columns_of(WireStream(stream), column_map)
    except ColumnMapError as error:
        table.note("column_map", str(error))
