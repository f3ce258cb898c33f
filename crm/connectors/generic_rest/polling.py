"""What changed since a cursor, over a plain list endpoint with a changed-since filter, oldest first.

Where the API keeps its own place in a list (a cursor, a next link) that is used within a round. Where it only knows
offsets or pages, offsets would drift while records change; so the time itself is moved forward with every page, the
records already seen at that very time are remembered, and an offset is used only inside one crowded timestamp.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import msgspec

from crm.connectors.base import Change, ChangePage, ConnectorUnavailable, Entity, RemoteRecord
from crm.connectors.generic_rest.calls import Caller, Said
from crm.connectors.generic_rest.dotted import objects_at, text_at
from crm.connectors.generic_rest.records import read_time, remote_record
from crm.connectors.settings import settings_failure

_NEXT_LINK = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class Place(msgspec.Struct, frozen=True):
    """Milliseconds read up to; the ids seen at exactly that time; the API's own position inside the round."""

    since: int = 0
    seen: tuple[str, ...] = ()
    offset: int = 0
    position: str = ""

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str | None) -> Place:
        return msgspec.json.decode(text, type=cls) if text else cls()


class Hit(msgspec.Struct, frozen=True):
    """One changed record with its time in milliseconds."""

    at: int
    record: RemoteRecord
    author: str | None


class Poller:
    """Reads changed contacts for one connection."""

    def __init__(self, caller: Caller, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._caller = caller
        self._settings = caller.settings
        self._now = now

    def changes(self, cursor: str | None, limit: int) -> ChangePage:
        """See CrmConnector.changes."""
        place = Place.parse(cursor)
        size = max(1, min(limit, self._settings.page_size))
        until = _millis(self._now() - timedelta(seconds=self._settings.settle_seconds))
        said = self._ask(place, size)
        hits = self._hits(said)
        settled = [hit for hit in hits if hit.at <= until]
        following = self._following(place, said, hits, size) if len(settled) == len(hits) else None
        fresh = [hit for hit in settled if hit.at >= place.since and hit.record.remote_id not in self._seen(place, hit)]
        changes = tuple(self._change(hit) for hit in fresh)
        if following is None:
            return ChangePage(changes, self._round_done(place, fresh, until).text(), more=False)
        return ChangePage(changes, following.text(), more=True)

    # -- asking

    def _ask(self, place: Place, size: int) -> Said:
        said = self._caller.call("GET", self._path(place, size), writes=False, route=self._settings.changes_path)
        if said.failure is not None:
            raise ConnectorUnavailable(said.failure)
        return said

    def _path(self, place: Place, size: int) -> str:
        settings = self._settings
        if settings.paging == "link" and place.position:
            return place.position
        path = self._caller.path(settings.changes_path, Entity.CONTACT)
        parts = [settings.changes_query] if settings.changes_query else []
        parts += [f"{settings.changes_since}={quote(self._since(place.since), safe='')}"]
        parts += [f"{settings.paging_limit}={size}"] if settings.paging_limit else []
        if at := self._position(place, size):
            parts.append(f"{settings.paging_parameter}={quote(at, safe='')}")
        return path + ("&" if "?" in path else "?") + "&".join(parts)

    def _position(self, place: Place, size: int) -> str:
        if self._settings.paging == "cursor":
            return place.position
        if self._settings.paging == "page":
            return str(place.offset // size + 1)
        return str(place.offset) if self._settings.paging == "offset" else ""

    def _since(self, millis: int) -> str:
        # One unit earlier: some APIs mean "after", some "from". What comes twice is left out by time and id.
        if self._settings.changes_format == "epoch":
            return str(max(0, millis // 1000 - 1))
        if self._settings.changes_format == "epoch_ms":
            return str(max(0, millis - 1))
        moment = datetime.fromtimestamp(max(0, millis - 1) / 1000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # -- reading

    def _hits(self, said: Said) -> list[Hit]:
        hits = []
        for item in objects_at(said.body, self._settings.changes_list):
            record = remote_record(self._settings, Entity.CONTACT, item)
            moment = read_time(text_at(item, self._settings.changes_modified))
            if record is None or moment is None:
                # Leaving such a record out would be a gap nobody sees.
                text = "a record the CRM lists has no id at record_id or no readable time at changes_modified"
                raise ConnectorUnavailable(settings_failure(text, field="changes_modified"))
            hits.append(Hit(_millis(moment), record, text_at(item, self._settings.changes_author)))
        return hits

    @staticmethod
    def _seen(place: Place, hit: Hit) -> Sequence[str]:
        return place.seen if hit.at == place.since else ()

    def _change(self, hit: Hit) -> Change:
        own = None if not self._settings.own_author or not hit.author else hit.author == self._settings.own_author
        return Change(
            entity=Entity.CONTACT,
            remote_id=hit.record.remote_id,
            key=hit.record.key,
            op="upsert",
            changed_at=datetime.fromtimestamp(hit.at / 1000, UTC),
            fields=hit.record.fields,
            actor=hit.author,
            own=own,
        )

    # -- going on

    def _following(self, place: Place, said: Said, hits: Sequence[Hit], size: int) -> Place | None:
        """Where the next page is; None when this was the last one."""
        if self._settings.paging == "cursor":
            position = text_at(said.body, self._settings.paging_next)
            return msgspec.structs.replace(place, position=position) if position else None
        if self._settings.paging == "link":
            position = self._next_link(said.headers)
            return msgspec.structs.replace(place, position=position) if position else None
        if len(hits) < size:
            return None
        last = max(hit.at for hit in hits)
        if last > place.since:
            return Place(last, _ids_at(hits, last))
        # Still inside one timestamp. Step a quarter back: records leaving it meanwhile pull the others forward.
        step = size if self._settings.paging == "page" else max(1, size - size // 4)
        return Place(place.since, (*place.seen, *_new(_ids_at(hits, last), place.seen)), place.offset + step)

    def _next_link(self, headers: Mapping[str, str]) -> str:
        found = _NEXT_LINK.search(headers.get("link", ""))
        if not found:
            return ""
        # Only path and query: an answer does not get to choose the host that sees our credentials.
        parts, base = urlsplit(found[1]), urlsplit(self._settings.base_url).path.rstrip("/")
        return parts.path.removeprefix(base) + (f"?{parts.query}" if parts.query else "")

    def _round_done(self, place: Place, fresh: Sequence[Hit], until: int) -> Place:
        # Go back a little: a record may become visible later than its time says.
        back = until - round(self._settings.overlap_seconds * 1000)
        if back > place.since:
            return Place(back, _ids_at(fresh, back))
        return Place(place.since, (*place.seen, *_new(_ids_at(fresh, place.since), place.seen)))


def _ids_at(hits: Sequence[Hit], at: int) -> tuple[str, ...]:
    return tuple(hit.record.remote_id for hit in hits if hit.at == at)


def _new(ids: Sequence[str], seen: Sequence[str]) -> list[str]:
    return [each for each in ids if each not in seen]


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
