"""Whatever S-360 or somebody in its name sends: what was stored can be read back, all of it (B11)."""

import random

from django.db import connection

from sync.models import Contact, DeliveryRecord, Order, RecordEvent
from tests.flows.world import contact_record, order_record
from tests.sync.s360.samples import raw
from tests.sync.s360.test_strict import ACCEPTED, REFUSED, SPOILED

SEED = 20_260_729
COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type = 'jsonb' AND table_name ~ '^(sync|crm)_' ORDER BY 1, 2
"""
STRANGE = ["\u200f\u202e", "\U0001f3ad" * 40, "'; DROP TABLE sync_contact; --", "{{ 7 * 7 }}", "\t\r\n", "a" * 5_000]


def read_every_leaf() -> dict[str, int]:
    """Every value of every JSON column as text, by PostgreSQL itself; how many there are in each."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT count(leaf #>> '{{}}'), coalesce(sum(length(leaf #>> '{{}}')), 0)"  # noqa: S608 - names of the catalogue
                f' FROM "{table}", jsonb_path_query("{column}", \'strict $.**\') AS leaf'
            )
            found[f"{table}.{column}"] = int(cursor.fetchone()[0])
    return found


def test_every_stored_value_can_be_read_as_text_whatever_was_sent(world):
    chance = random.Random(SEED)
    for _, body, *_ in [*ACCEPTED, *REFUSED]:
        world.post(world.paths["contacts"], body)
        world.post(world.paths["orders"], body)
    for _, spoiled, *_ in SPOILED:
        body = b"[" + raw(contact_record("0000001")) + b"," + spoiled + b"]"
        assert world.post(world.paths["contacts"], body).status_code == 200
    for n, value in enumerate(STRANGE):
        person = contact_record(
            f"{n + 100:07d}", **{chance.choice(("individualFirstname", "email", "language")): value}
        )
        person[value] = {value: [value]}
        world.deliver(person)
        world.deliver(order_record(500 + n, contact=None, salesChannelCode=value), stream="orders")
    world.work()

    leaves = read_every_leaf()
    assert leaves["sync_contact.raw"] > 0
    assert leaves["sync_contact.s360_view"] > 0
    assert leaves["sync_order.raw"] > 0
    assert leaves["sync_recordevent.detail"] > 0
    for model in (Contact, Order, RecordEvent, DeliveryRecord):
        assert len(list(model.objects.all())) == model.objects.count()
    assert not DeliveryRecord.objects.filter(outcome="failed").exists()
