"""Why is work parked? The causes with parked work, the fullest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sync.models import Cause
from sync.services.figures.advice import advice_for, title_of
from sync.services.figures.counting import CAP, capped, rows
from sync.services.figures.shapes import CauseFigures, Count

LOOKED_AT: Final = 100  # causes with parked work; with more of them something is wrong with the grouping itself
SHOWN: Final = 8

# One index probe per cause instead of reading every parked row: PostgreSQL has no DISTINCT that skips.
_NEXT = "SELECT cause_id FROM {table} WHERE state = 'parked' AND {where} ORDER BY cause_id DESC LIMIT 1"
_WALK = """{name} (cause_id) AS (
     ({first})
      UNION ALL
     SELECT ({next}) FROM {name} WHERE {name}.cause_id IS NOT NULL)"""


def _walk(name: str, table: str) -> str:
    first = _NEXT.format(table=table, where="cause_id IS NOT NULL")
    return _WALK.format(name=name, first=first, next=_NEXT.format(table=table, where=f"cause_id < {name}.cause_id"))


_CAUSES_WITH_PARKED_WORK = (
    f"WITH RECURSIVE {_walk('entry', 'sync_outboxentry')}, {_walk('record', 'sync_deliveryrecord')}"
)
LOADED_CAUSES = f"""{_CAUSES_WITH_PARKED_WORK}
SELECT cause_id FROM (SELECT cause_id FROM entry LIMIT {LOOKED_AT}) e WHERE cause_id IS NOT NULL
 UNION
SELECT cause_id FROM (SELECT cause_id FROM record LIMIT {LOOKED_AT}) r WHERE cause_id IS NOT NULL
"""  # noqa: S608
_COUNT = "(SELECT count(*) FROM (SELECT 1 FROM {table} WHERE cause_id = c.id AND state = 'parked' LIMIT {limit}) x)"
COUNTS = "SELECT c.id, {entries}, {records} FROM unnest(%s::bigint[]) AS c (id)".format(  # noqa: S608
    entries=_COUNT.format(table="sync_outboxentry", limit=CAP + 1),
    records=_COUNT.format(table="sync_deliveryrecord", limit=CAP + 1),
)


@dataclass(frozen=True, slots=True)
class ParkedCounts:
    """How much is parked under one cause: outbox entries, and records of deliveries."""

    entries: Count = field(default_factory=Count)
    records: Count = field(default_factory=Count)

    @property
    def total(self) -> Count:
        return Count(self.entries.value + self.records.value, is_floor=self.entries.is_floor or self.records.is_floor)


def parked_counts(cause_ids: Iterable[int]) -> Mapping[int, ParkedCounts]:
    """The counts of these causes, in one bounded statement."""
    ids = list(cause_ids)
    if not ids:
        return {}
    return {row[0]: ParkedCounts(capped(row[1]), capped(row[2])) for row in rows(COUNTS, [ids])}


def cause_ids_with_parked_work() -> list[int]:
    """Causes something waits under; at most LOOKED_AT for entries and for records, the newest causes first."""
    return [row[0] for row in rows(LOADED_CAUSES)]


def cause_figures(limit: int = SHOWN) -> tuple[CauseFigures, ...]:
    """The causes with the most parked work."""
    counts = parked_counts(cause_ids_with_parked_work())
    fullest = sorted(counts, key=lambda cause_id: -counts[cause_id].total.value)[:limit]
    causes = {cause.pk: cause for cause in Cause.objects.filter(pk__in=fullest).select_related("institution")}
    return tuple(_figure(causes[i], counts[i]) for i in fullest if i in causes)


def _figure(cause: Cause, counts: ParkedCounts) -> CauseFigures:
    return CauseFigures(
        cause_id=cause.pk,
        institution=cause.institution.code,
        target=cause.target,
        kind=cause.kind,
        kind_label=cause.get_kind_display(),
        title=title_of(cause),
        message=cause.message,
        advice=advice_for(cause),
        entries=counts.entries,
        records=counts.records,
        first_seen_at=cause.first_seen_at,
        last_seen_at=cause.last_seen_at,
    )
