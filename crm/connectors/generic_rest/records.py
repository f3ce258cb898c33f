"""Bodies by the settings: our fields into the CRM's shape, and its records back into ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from crm.connectors.base import Entity, OutboundRecord, RemoteRecord, Scalar
from crm.connectors.generic_rest.dotted import at_path, put_at_path, text_at
from crm.connectors.generic_rest.settings import GenericSettings


def record_body(settings: GenericSettings, record: OutboundRecord) -> dict[str, Any]:
    """A record as the CRM takes it. Remote names may be dotted: `custom_fields.tier` makes a nested member."""
    values: dict[str, Any] = {}
    for name, value in record.fields.items():
        put_at_path(values, name, value)
    put_at_path(values, settings.record_key, record.key)
    linked = [link.remote_id for link in record.links if link.remote_id]
    if linked and settings.link_attribute:
        put_at_path(values, settings.link_attribute, linked[0])
    return values


def wrapped(settings: GenericSettings, values: dict[str, Any]) -> dict[str, Any]:
    """The values under the body member, where the CRM wants one."""
    if not settings.body_member:
        return values
    body: dict[str, Any] = {}
    put_at_path(body, settings.body_member, values)
    return body


def idempotency_key(settings: GenericSettings, entity: Entity, body: Mapping[str, Any]) -> str:
    """The same for the same content, so that a repeated create is the same create to a CRM that honours it."""
    content = orjson.dumps([settings.base_url, entity.value, body], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def remote_record(settings: GenericSettings, entity: Entity, item: Mapping[str, Any]) -> RemoteRecord | None:
    """A record of an answer, None when it has no id. Mapped names are read where they sit; with none, all flat ones."""
    remote_id = text_at(item, settings.record_id)
    if remote_id is None:
        return None
    holder = at_path(item, settings.record_fields)
    version = text_at(item, settings.record_version)
    return RemoteRecord(
        remote_id=remote_id,
        key=text_at(item, settings.record_key),
        fields=_fields(holder, settings.mapped(entity)),
        version=version,
        changed_at=read_time(version),
    )


def _fields(holder: Any, mapped: Sequence[str]) -> dict[str, Scalar]:
    if not isinstance(holder, dict):
        return {}
    if mapped:
        found = {name: at_path(holder, name) for name in mapped}
        return {name: _scalar(value) for name, value in found.items()}
    return {name: _scalar(value) for name, value in holder.items() if not isinstance(value, dict)}


def _scalar(value: Any) -> Scalar:
    """Lists as text joined by semicolons, the way several CRMs keep multiple choices."""
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def read_time(value: str | None) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970, as UTC; a time without a zone is UTC."""
    if not value:
        return None
    try:
        if value.isdigit():
            number = int(value)
            return datetime.fromtimestamp(number / 1000 if number > _LARGEST_SECONDS else number, UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_LARGEST_SECONDS = 100_000_000_000  # the year 5138 in seconds, 1973 in milliseconds
