"""The generic connector's settings as a form shows them, with what each is for. Defaults are `GenericSettings`'s."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from crm.connectors.base import SettingField, SettingKind
from crm.connectors.generic_rest.auth import CLIENT_SECRET, PASSWORD, TOKEN
from crm.connectors.generic_rest.settings import Auth, GenericSettings, Paging, ResetUnit, TimeFormat
from crm.connectors.settings import COMMON_FIELDS

PATH = "May hold {collection}, {key}, {remote_id}."
DOTTED = "Dotted path, for example data.items; empty means the body itself."
_CHOICES = {"auth": Auth, "changes_format": TimeFormat, "paging": Paging, "reset_unit": ResetUnit}
_KINDS: dict[type, SettingKind] = {bool: "boolean", int: "integer", float: "decimal", dict: "map"}

# group -> name -> label, help
_LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "general": {
        "contacts_path": ("Path of contacts", ""),
        "orders_path": ("Path of orders", ""),
        "batch_size": ("Records a call to us", "How many records one push may carry."),
    },
    "auth": {
        "auth": ("Credentials", "Bearer token, a named header, basic, or OAuth2 client credentials."),
        "auth_header": ("Header name", "For credentials in a named header."),
        "auth_user": ("User", "For basic."),
        "token_url": ("Token address", "For oauth2."),
        "client_id": ("Client id", "For oauth2."),
        "scope": ("Scope", "For oauth2, where the CRM wants one."),
    },
    "find": {
        "find_method": ("Method", ""),
        "find_path": ("Path of a look-up by key", f"{PATH} Hits are compared again, so a substring filter will do."),
        "find_list": ("Place of the list", DOTTED),
        "read_path": ("Path of one record", PATH),
        "read_record": ("Place of the record", DOTTED),
        "record_id": ("Place of the id in a record", DOTTED),
        "record_key": ("Place of the S-360 identifier in a record", "Dotted path; also where it is written."),
        "record_fields": ("Place of the fields in a record", DOTTED),
        "record_version": ("Place of the version or time in a record", DOTTED),
    },
    "write": {
        "create_method": ("Method of a create", ""),
        "create_path": ("Path of a create", PATH),
        "created_id": ("Place of the new id in the answer", DOTTED),
        "update_method": ("Method of an update", ""),
        "update_path": ("Path of an update", PATH),
        "body_member": ("Wrap the record under", "Empty: the record is the body."),
        "idempotency_header": ("Header of the idempotency key", "Empty: none is sent."),
        "link_attribute": ("Member of an order that holds the contact's id", ""),
    },
    "batch": {
        "batch_path": ("Path of the batch endpoint", f"{PATH} Empty: one record a call."),
        "batch_method": ("Method", ""),
        "batch_member": ("Member that holds the records", ""),
        "batch_results": ("Place of the results", DOTTED),
        "batch_key": ("Place of the S-360 identifier in a result", DOTTED),
        "batch_id": ("Place of the id in a result", DOTTED),
        "batch_ok": ("Place of true for a written record", DOTTED),
        "batch_created": ("Place of true for a new record", DOTTED),
    },
    "answers": {
        "success_statuses": ("Statuses of a success", "Separated by blanks."),
        "success_member": ("Member that tells success", "For CRMs that answer 200 to everything. Empty: none."),
        "success_value": ("Its value on success", "true and false are written in lower case."),
        "error_message": ("Place of an error's message", DOTTED),
        "error_code": ("Place of an error's code", DOTTED),
        "error_fields": ("Place of errors by field", DOTTED),
        "kinds": ("Kinds by status or code", 'For example {"403": "misconfigured", "LIMIT": "throttled"}.'),
    },
    "throttling": {
        "remaining_header": ("Header with calls left", ""),
        "reset_header": ("Header with the time of reset", ""),
        "reset_unit": ("Its unit", "epoch: seconds since 1970."),
    },
    "changes": {
        "changes_path": ("Path of the list", "Empty: the CRM has no changed-since filter and is not polled."),
        "changes_list": ("Place of the list", DOTTED),
        "changes_query": ("Fixed part of the query", "It must sort by time of change, oldest first."),
        "changes_since": ("Changed-since parameter", ""),
        "changes_format": ("Its format", ""),
        "changes_modified": ("Place of the time of change", DOTTED),
        "changes_author": ("Place of the author", DOTTED),
        "own_author": ("Our own name as author", "Empty: the CRM's author is not looked at."),
        "paging": ("Paging", "cursor and link keep their place; offset and page are moved on by time."),
        "paging_parameter": ("Paging parameter", ""),
        "paging_limit": ("Page size parameter", ""),
        "paging_next": ("Place of the next cursor", DOTTED),
        "page_size": ("Records a page", ""),
    },
}


def settings_schema() -> list[SettingField]:
    """For forms and for checking a configuration file."""
    secrets = [
        SettingField(TOKEN, "Token", "secret", help_text="For bearer and header.", group="auth"),
        SettingField(PASSWORD, "Password", "secret", help_text="For basic.", group="auth"),
        SettingField(CLIENT_SECRET, "Client secret", "secret", help_text="For oauth2.", group="auth"),
    ]
    defaults = {field.name: field for field in msgspec.structs.fields(GenericSettings)}
    described = [
        _field(group, name, label, help_text, defaults[name])
        for group, names in _LABELS.items()
        for name, (label, help_text) in names.items()
    ]
    base, *common = COMMON_FIELDS
    return [base, *secrets, *described, *common]


def _field(group: str, name: str, label: str, help_text: str, field: msgspec.structs.FieldInfo) -> SettingField:
    default: Any = field.default
    if default is msgspec.NODEFAULT:
        default = field.default_factory() if callable(field.default_factory) else ""
    choices = get_args(_CHOICES[name]) if name in _CHOICES else ()
    kind: SettingKind = "choice" if choices else "url" if name.endswith("_url") else _kind(default)
    return SettingField(name, label, kind, default, help_text=help_text, choices=choices, group=group)


def _kind(default: Any) -> SettingKind:
    return _KINDS.get(type(default), "text")
