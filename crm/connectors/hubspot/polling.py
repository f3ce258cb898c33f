"""What changed in HubSpot since a cursor: search by time, keyset over (time, id), value history as evidence of who.

Search sorts by one property only, so one timestamp's records come in no promised order. A page that ends inside a
timestamp therefore gives up that timestamp's records, and they are then read by id. No offset is ever used: offsets
drift while records change, and HubSpot refuses them beyond 10,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crm.connectors.base import Change, ChangePage, ConnectorUnavailable, Entity
from crm.connectors.hubspot.answers import json_object, read_batch, whole_failure
from crm.connectors.hubspot.reading import in_parts, property_names, remote_record
from crm.connectors.hubspot.settings import HubSpotSettings
from crm.connectors.hubspot.values import read_time, to_millis
from crm.connectors.session import ApiSession
from crm.connectors.settings import settings_failure
from crm.connectors.untrusted import as_id, as_object, as_objects

MAX_PAGE = 200  # HubSpot's largest search page


class Cursor(msgspec.Struct, frozen=True):
    """Everything before `ts` (milliseconds) has been read, and at `ts` every id up to `id` (none when empty)."""

    ts: int
    id: str = ""

    def text(self) -> str:
        return f"{self.ts}:{self.id}"

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """A stored cursor; the beginning of time for None."""
        ts, _, record_id = (text or "0:").partition(":")
        return cls(int(ts), record_id)


@dataclass(frozen=True, slots=True)
class _Found:
    """One search hit with its place in the order."""

    ts: int
    id: int
    item: Mapping[str, Any]


class Poller:
    """Reads changed contacts for one connection."""

    def __init__(
        self,
        session: ApiSession,
        settings: HubSpotSettings,
        secrets: Sequence[str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._settings = settings
        self._secrets = secrets
        self._now = now

    def changes(self, cursor: str | None, limit: int) -> ChangePage:
        """See CrmConnector.changes."""
        at = Cursor.parse(cursor)
        until = to_millis(self._now() - timedelta(seconds=self._settings.settle_seconds))
        size = max(1, min(limit, MAX_PAGE))
        if at.id:
            return self._rest_of_timestamp(at, until, size)
        found = self._search([_filter(self._settings.modified_property, "GTE", at.ts), self._until(until)], size)
        if len(found) < size:
            return self._page(at, found, self._round_done(at, until), more=False)
        last = max(hit.ts for hit in found)
        if whole := [hit for hit in found if hit.ts < last]:
            return self._page(at, whole, Cursor(last), more=True)
        return self._rest_of_timestamp(Cursor(last, "0"), until, size)

    def _rest_of_timestamp(self, at: Cursor, until: int, size: int) -> ChangePage:
        filters = [_filter(self._settings.modified_property, "EQ", at.ts), _filter("hs_object_id", "GT", at.id)]
        found = sorted(self._search(filters, size, sort="hs_object_id"), key=lambda hit: hit.id)
        if len(found) < size:
            return self._page(at, found, Cursor(at.ts + 1), more=at.ts + 1 <= until)
        return self._page(at, found, Cursor(at.ts, str(found[-1].id)), more=True)

    def _round_done(self, at: Cursor, until: int) -> Cursor:
        # Go back a little: a record may enter the search index later than its timestamp says. Never before `at`, which
        # an earlier round has read to the end.
        return Cursor(max(at.ts, until - round(self._settings.overlap_seconds * 1000)))

    def _until(self, until: int) -> dict[str, str]:
        return _filter(self._settings.modified_property, "LTE", until)

    def _search(self, filters: list[dict[str, str]], size: int, sort: str = "") -> list[_Found]:
        modified = self._settings.modified_property
        names = [*property_names(self._settings, Entity.CONTACT), modified, "hs_object_id"]
        payload = {
            "filterGroups": [{"filters": filters}],
            "sorts": [sort or modified],
            "limit": size,
            "after": "0",
            "query": "",
            "properties": list(dict.fromkeys(names)),
        }
        answer = self._session.call(
            "POST", self._settings.objects_path(Entity.CONTACT, "search"), payload, writes=False
        )
        if not answer.ok:
            raise ConnectorUnavailable(whole_failure(answer, writes=False, secrets=self._secrets))
        return [self._place(item) for item in as_objects(json_object(answer, writes=False).get("results"))]

    def _place(self, item: Mapping[str, Any]) -> _Found:
        moment = read_time(as_object(item.get("properties")).get(self._settings.modified_property))
        record_id = as_id(item.get("id"))
        if moment is None or record_id is None or not record_id.isdecimal():
            # Leaving such a record out would be a gap nobody sees.
            text = f"a record HubSpot lists has no id or no readable {self._settings.modified_property}"
            raise ConnectorUnavailable(settings_failure(text, field="modified_property"))
        return _Found(to_millis(moment), int(record_id), item)

    def _page(self, since: Cursor, found: Sequence[_Found], next_cursor: Cursor, *, more: bool) -> ChangePage:
        history = self._history([str(hit.id) for hit in found]) if self._settings.app_id else {}
        changes = tuple(self._change(hit, history.get(str(hit.id), []), since.ts) for hit in found)
        return ChangePage(changes, next_cursor.text(), more)

    def _change(self, hit: _Found, history: Sequence[Mapping[str, Any]], since: int) -> Change:
        record = remote_record(hit.item, self._settings.contact_key)
        recent = [
            entry for entry in history if (when := read_time(entry.get("timestamp"))) and to_millis(when) >= since
        ]
        latest = max(history, key=lambda entry: str(entry.get("timestamp", "")), default={})
        return Change(
            entity=Entity.CONTACT,
            remote_id=record.remote_id,
            key=record.key,
            op="upsert",
            changed_at=datetime.fromtimestamp(hit.ts / 1000, UTC),
            fields=record.fields,
            actor=str(latest.get("sourceLabel") or latest.get("sourceId") or "") or None,
            own=all(self._is_ours(entry) for entry in recent) if recent else None,
        )

    def _is_ours(self, entry: Mapping[str, Any]) -> bool:
        return entry.get("sourceType") == "INTEGRATION" and str(entry.get("sourceId")) == self._settings.app_id

    def _history(self, ids: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
        """The newest entry of every mapped property, per record: who last wrote what is there now."""
        names = property_names(self._settings, Entity.CONTACT)
        newest: dict[str, list[Mapping[str, Any]]] = {}
        for part in in_parts(ids, self._settings.history_batch_size):
            payload = {
                "inputs": [{"id": record_id} for record_id in part],
                "properties": names,
                "propertiesWithHistory": names,
            }
            path = self._settings.objects_path(Entity.CONTACT, "batch/read")
            answer = self._session.call("POST", path, payload, writes=False)
            for item in read_batch(answer, writes=False, secrets=self._secrets).results:
                histories = as_object(item.get("propertiesWithHistory")).values()
                entries = [as_objects(history) for history in histories]
                newest[as_id(item.get("id")) or ""] = [each[0] for each in entries if each]
        return newest


def _filter(name: str, operator: str, value: int | str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}
