"""(b) Records a second that one worker process applies: contact, timeline, outbox entry and counters in one
transaction, beside a reference that only stores, and beside COPY of the same rows."""

import time
from collections.abc import Callable, Sequence
from statistics import median

import orjson

from sync.services.endpoint_directory import find_endpoint
from sync.services.intake.apply import apply_due
from sync.services.receive import receive_delivery
from sync.services.sql import fast_cursor
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.hub import OWNER, Hub
from tests.benchmarks.payloads import bodies, contact, number
from tests.benchmarks.reference.models import ReferenceContact
from tests.benchmarks.reference.views import ContactSerializer, store
from tests.benchmarks.size import Size

GOAL = Goal(value=3_000, ratio=8)
COPIED = "institution_id, contact_number, s360_view, crm_view, agreed, raw, raw_digest, lifecycle, is_in_crm, frozen_reason, last_record_id, s360_seen_at, created_at, display_name, email, reversal_count"  # noqa: E501


def measure(figures: Figures, hub: Hub, size: Size) -> None:
    """Fresh, changed and unchanged records, several rounds of each; the median round counts. Changed and unchanged ones
    are those just stored, or, on a full database, spread over all of it."""
    found: dict[str, list[float]] = {}
    for round_ in range(size.rounds):
        fresh = range(round_ * size.apply_records, (round_ + 1) * size.apply_records)
        known = hub.stored_indexes(size.apply_records, round_) or fresh
        found.setdefault("reference", []).append(reference_rate(fresh[: size.reference_records]))
        for kind, indexes, last_name in (("fresh", fresh, "A"), ("changed", known, "B"), ("unchanged", known, "B")):
            found.setdefault(kind, []).append(apply_rate(hub, indexes, last_name))
        found.setdefault("copy", []).append(copy_rate())
    reference = median(found["reference"])
    for kind in ("fresh", "changed", "unchanged"):
        figures.add(f"A.apply.{kind}_per_s", median(found[kind]), "records/s", reference=reference, goal=GOAL)
    figures.add("A.apply.beside_copy_per_s", median(found["fresh"]), "records/s", reference=median(found["copy"]))


def apply_rate(hub: Hub, indexes: Sequence[int], last_name: str) -> float:
    """Store the deliveries, then time how long one process needs to apply them."""
    deliver(hub, bodies(indexes, last_name))
    return len(indexes) / timed(apply_all)


def deliver(hub: Hub, arrays: Sequence[bytes]) -> None:
    institution, stream, public_id, secret = hub.contacts_path.strip("/").split("/")[1:5]
    card = find_endpoint(institution_code=institution, stream=stream, public_id=public_id, secret=secret)
    assert card is not None
    for body in arrays:
        receive_delivery(card, body)


def apply_all() -> None:
    while apply_due(OWNER):
        pass


def reference_rate(indexes: Sequence[int]) -> float:
    """The same records, each stored by one `update_or_create`, already serialized."""
    serializer = ContactSerializer(data=[contact(number(index)) for index in indexes], many=True)
    serializer.is_valid(raise_exception=True)
    records = serializer.validated_data

    def store_all() -> None:
        for record in records:
            store(record)

    seconds = timed(store_all)
    ReferenceContact.objects.all().delete()
    return len(indexes) / seconds


def copy_rate() -> float:
    """Every contact there is, as plain rows into a table with the same columns and indexes: the floor."""
    with fast_cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute("CREATE TABLE bench_copy (LIKE sync_contact INCLUDING ALL)")
        rows = cursor.execute(f"SELECT {COPIED} FROM sync_contact ORDER BY id DESC LIMIT 5000").fetchall()  # noqa: S608
        plain = [[orjson.dumps(v).decode() if isinstance(v, dict) else v for v in row] for row in rows]

        def copy_all() -> None:
            with cursor.copy(f"COPY bench_copy ({COPIED}) FROM STDIN") as copy:
                for row in plain:
                    copy.write_row(row)

        seconds = timed(copy_all)
        cursor.execute("DROP TABLE bench_copy")
    return len(rows) / seconds


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
