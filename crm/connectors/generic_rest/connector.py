"""Any JSON-over-HTTP CRM in the terms of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from crm.connectors.adopting import Adoption
from crm.connectors.base import (
    Capabilities,
    ChangePage,
    ConnectorUnavailable,
    Entity,
    FieldPreset,
    HealthReport,
    OutboundRecord,
    RecordResult,
    Ref,
    RemoteField,
    RemoteRecord,
    SettingField,
)
from crm.connectors.generic_rest import presets, schema
from crm.connectors.generic_rest.auth import make_credentials, shown_secrets
from crm.connectors.generic_rest.batching import BatchWriter
from crm.connectors.generic_rest.calls import Caller
from crm.connectors.generic_rest.health import Inspector
from crm.connectors.generic_rest.polling import Place, Poller
from crm.connectors.generic_rest.reading import Reader
from crm.connectors.generic_rest.settings import generic_settings
from crm.connectors.generic_rest.writing import SingleWriter, write_key
from crm.connectors.session import ApiSession
from crm.connectors.settings import settings_failure
from sync.http.client import HttpClient


class GenericRestConnector:
    """See CrmConnector."""

    code: ClassVar[str] = "generic_rest"
    label: ClassVar[str] = "Generic REST"

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str], http: HttpClient) -> None:
        self._settings = generic_settings(settings)
        session = ApiSession(http, self._settings.base_url, make_credentials(self._settings, secrets, http))
        self._caller = caller = Caller(session, self._settings, shown_secrets(secrets, self._settings))
        self._reader = Reader(caller)
        self._writer = BatchWriter(caller) if self._settings.batch_path else SingleWriter(caller, self._reader)
        self._poller = Poller(caller)
        self._inspector = Inspector(caller)

    @classmethod
    def settings_schema(cls) -> list[SettingField]:
        return schema.settings_schema()

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        read = generic_settings(settings)
        has_batch = bool(read.batch_path)
        return Capabilities(
            max_batch={Entity.CONTACT: read.batch_size, Entity.ORDER: read.batch_size},
            upsert="native" if has_batch else "lookup_then_write",
            # A batch endpoint may refuse the whole for one record; the settings cannot tell, the answer does.
            atomicity="all_or_nothing" if has_batch else "single",
            change_feed="poll" if read.changes_path else "none",
            cursor_resolution=timedelta(seconds=1) if read.changes_format == "epoch" else timedelta(milliseconds=1),
            settle_lag=timedelta(seconds=read.settle_seconds),
            sees_deletes=False,
            origin="per_record" if read.own_author else "none",
            webhooks=False,
            export=False,
            links="lookup_field",
        )

    @classmethod
    def default_mapping(cls, entity: Entity) -> list[FieldPreset]:
        return presets.default_mapping(entity)

    def check(self) -> HealthReport:
        return self._inspector.check()

    def describe(self, entity: Entity) -> list[RemoteField]:
        return self._inspector.describe(entity)

    def upsert(self, entity: Entity, records: Sequence[OutboundRecord]) -> list[RecordResult]:
        return self._writer.upsert(entity, records)

    def fetch(self, entity: Entity, refs: Sequence[Ref]) -> dict[Ref, RemoteRecord | None]:
        return self._reader.fetch(entity, refs)

    def adopt(self, entity: Entity, remote_id: str, key: str) -> RecordResult:
        return Adoption(
            entity, remote_id, key, self.fetch, lambda: write_key(self._caller, entity, remote_id, key)
        ).run()

    def changes(self, cursor: str | None, limit: int) -> ChangePage:
        if not self._settings.changes_path:
            text = "this CRM has no changed-since filter (changes_path is empty)"
            raise ConnectorUnavailable(settings_failure(text, field="changes_path"))
        return self._poller.changes(cursor, limit)

    def cursor_at(self, moment: datetime) -> str:
        return Place(since=round(moment.timestamp() * 1000)).text()

    def close(self) -> None:
        """Nothing of its own to close."""
