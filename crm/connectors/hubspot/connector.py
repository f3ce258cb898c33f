"""HubSpot in the terms of the contract."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from crm.connectors.adopting import Adoption
from crm.connectors.base import (
    Capabilities,
    ChangePage,
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
from crm.connectors.hubspot import presets, reading
from crm.connectors.hubspot.health import Inspector
from crm.connectors.hubspot.polling import Cursor, Poller
from crm.connectors.hubspot.settings import TOKEN, hubspot_settings, settings_schema
from crm.connectors.hubspot.values import to_millis
from crm.connectors.hubspot.writing import Writer
from crm.connectors.session import ApiSession, FixedCredentials
from crm.connectors.settings import required_secret
from sync.http.client import HttpClient


class HubSpotConnector:
    """See CrmConnector. Every call is one batch call; an order batch makes one more for its links."""

    code: ClassVar[str] = "hubspot"
    label: ClassVar[str] = "HubSpot"

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str], http: HttpClient) -> None:
        self._settings = hubspot_settings(settings)
        token = required_secret(secrets, TOKEN)
        self._secrets = tuple(secrets.values())
        credentials = FixedCredentials({"Authorization": f"Bearer {token}"})
        self._session = ApiSession(http, self._settings.base_url, credentials)
        self._writer = Writer(self._session, self._settings, self._secrets)
        self._poller = Poller(self._session, self._settings, self._secrets)
        self._inspector = Inspector(self._session, self._settings, self._secrets, time.time)

    @classmethod
    def settings_schema(cls) -> list[SettingField]:
        return settings_schema()

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        read = hubspot_settings(settings)
        return Capabilities(
            max_batch={Entity.CONTACT: read.batch_size, Entity.ORDER: read.batch_size},
            upsert="native",
            # 207 answers are taken record by record; a batch refused as a whole is halved, which this asks for.
            atomicity="all_or_nothing",
            change_feed="poll",
            cursor_resolution=timedelta(milliseconds=1),
            settle_lag=timedelta(seconds=read.settle_seconds),
            sees_deletes=False,
            origin="per_value" if read.app_id else "none",
            webhooks=False,
            export=False,
            links="separate_call",
            unique_fields={Entity.CONTACT: ("email",)},
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
        return reading.fetch(self._session, self._settings, self._secrets, entity, refs)

    def adopt(self, entity: Entity, remote_id: str, key: str) -> RecordResult:
        return Adoption(
            entity, remote_id, key, self.fetch, lambda: self._writer.write_key(entity, remote_id, key)
        ).run()

    def changes(self, cursor: str | None, limit: int) -> ChangePage:
        return self._poller.changes(cursor, limit)

    def cursor_at(self, moment: datetime) -> str:
        return Cursor(to_millis(moment)).text()

    def close(self) -> None:
        """Nothing of its own to close."""
