"""Everything that differs from one JSON API to the next. The defaults speak the practice CRM's generic face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from crm.connectors.base import ConnectorUnavailable, Entity, FailureKind
from crm.connectors.settings import CommonSettings, read_settings, settings_failure

Auth = Literal["bearer", "header", "basic", "oauth2"]
TimeFormat = Literal["iso", "epoch", "epoch_ms"]
Paging = Literal["offset", "page", "cursor", "link"]
ResetUnit = Literal["seconds", "milliseconds", "epoch"]


class GenericSettings(CommonSettings, frozen=True, kw_only=True):
    """Paths may hold {collection} (contacts_path or orders_path), {remote_id} and {key}; values are percent-encoded."""

    contacts_path: str = "/api/contacts"
    orders_path: str = "/api/orders"
    batch_size: int = 100

    auth: Auth = "bearer"
    auth_header: str = "X-Api-Key"
    auth_user: str = ""
    token_url: str = ""
    client_id: str = ""
    scope: str = ""

    find_method: str = "GET"
    find_path: str = "{collection}?external_id={key}"
    find_list: str = "results"
    read_path: str = "{collection}/{remote_id}"
    read_record: str = ""
    record_id: str = "id"
    record_key: str = "external_id"
    record_fields: str = ""
    record_version: str = "modified_at"

    create_method: str = "POST"
    create_path: str = "{collection}"
    created_id: str = "id"
    update_method: str = "PATCH"
    update_path: str = "{collection}/{remote_id}"
    body_member: str = ""
    idempotency_header: str = ""
    link_attribute: str = "contact_id"

    batch_path: str = "{collection}/batch"
    batch_method: str = "POST"
    batch_member: str = "records"
    batch_results: str = "results"
    batch_key: str = "external_id"
    batch_id: str = "id"
    batch_ok: str = "ok"
    batch_created: str = "created"

    success_statuses: str = "200 201 202 204"
    success_member: str = "error"
    success_value: str = "false"

    error_message: str = "message"
    error_code: str = "code"
    error_fields: str = "errors"
    kinds: dict[str, FailureKind] = {}

    remaining_header: str = "X-RateLimit-Remaining"
    reset_header: str = "X-RateLimit-Reset"
    reset_unit: ResetUnit = "seconds"

    changes_path: str = "{collection}"
    changes_list: str = "results"
    changes_query: str = "sort=modified_at"
    changes_since: str = "updated_since"
    changes_format: TimeFormat = "iso"
    changes_modified: str = "modified_at"
    changes_author: str = "modified_by"
    own_author: str = ""
    paging: Paging = "cursor"
    paging_parameter: str = "cursor"
    paging_limit: str = "limit"
    paging_next: str = "next_cursor"
    page_size: int = 200

    def is_success(self, status: int) -> bool:
        """Whether the CRM means yes by this status, before its body is read."""
        return str(status) in self.success_statuses.split()

    def collection(self, entity: Entity) -> str:
        """The path of an entity's records."""
        return self.contacts_path if entity == Entity.CONTACT else self.orders_path


def generic_settings(settings: Mapping[str, Any]) -> GenericSettings:
    """The stored settings, checked. Raises ConnectorUnavailable naming the setting."""
    read = read_settings(GenericSettings, settings)
    for name, needed in (("find_path", "{key}"), ("update_path", "{remote_id}"), ("read_path", "{remote_id}")):
        if needed not in getattr(read, name):
            raise ConnectorUnavailable(settings_failure(f"{name} must hold {needed}", field=name))
    if read.auth == "oauth2" and not (read.token_url and read.client_id):
        raise ConnectorUnavailable(settings_failure("oauth2 needs token_url and client_id", field="token_url"))
    return read
