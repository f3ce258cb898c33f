"""A million contacts that look applied and pushed: one goes the whole way for real, the others are copies of it."""

from django.db import connection as database
from django.db import transaction

from crm.practice import PracticeCrm
from crm.services.push.run import push_due
from tests.benchmarks.apply import apply_all, deliver
from tests.benchmarks.hub import CRM_TOKEN, FIRST_STORED, OWNER, Hub, empty_tables, point_at
from tests.benchmarks.payloads import bodies, number

SAMPLE = number(FIRST_STORED)
PER_DELIVERY = 50
# Foreign keys and triggers rest: the rows are consistent by construction.
WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
CONTACTS = """
INSERT INTO sync_contact (institution_id, contact_number, s360_view, crm_view, agreed, raw, raw_digest, lifecycle,
    is_in_crm, frozen_reason, last_record_id, s360_seen_at, crm_seen_at, created_at, display_name, email,
    reversal_count)
SELECT c.institution_id, x.number, replace(c.s360_view::text, c.contact_number, x.number)::jsonb,
       replace(c.crm_view::text, c.contact_number, x.number)::jsonb,
       replace(c.agreed::text, c.contact_number, x.number)::jsonb,
       replace(c.raw::text, c.contact_number, x.number)::jsonb, x.n, c.lifecycle, c.is_in_crm, '', c.last_record_id,
       c.s360_seen_at, c.crm_seen_at, c.created_at, c.display_name, replace(c.email, c.contact_number, x.number), 0
  FROM sync_contact c, (SELECT n, (%(first)s + n)::text AS number FROM generate_series(1, %(more)s) AS n) x
 WHERE c.contact_number = %(sample)s
"""
BINDINGS = """
INSERT INTO crm_binding (connection_id, entity, contact_id, remote_id, remote_version, created_at)
SELECT b.connection_id, b.entity, c.id, (9000000000 + c.id)::text, '', b.created_at
  FROM crm_binding b, sync_contact c WHERE c.id <> b.contact_id
"""
ENTRIES = """
INSERT INTO sync_outboxentry (institution_id, entity, contact_id, target, lane, state, due_at, waits_for, owner,
    attempt_count, intent, attempt_id, outcome, message, created_at, settled_at)
SELECT e.institution_id, e.entity, c.id, e.target, e.lane, e.state, e.due_at, '', '', 1,
       replace(e.intent::text, %(sample)s, c.contact_number)::jsonb, e.attempt_id, e.outcome, '', e.created_at,
       e.settled_at
  FROM sync_outboxentry e, sync_contact c WHERE c.id <> e.contact_id
"""
EVENTS = """
INSERT INTO sync_recordevent (institution_id, contact_id, at, kind, target, actor, detail)
SELECT v.institution_id, c.id, v.at, v.kind, v.target, '', v.detail
  FROM sync_recordevent v, sync_contact c WHERE c.id <> v.contact_id
"""
DELIVERIES = """
INSERT INTO sync_delivery (endpoint_id, institution_id, stream, received_at, state, body, body_size, digest,
    record_count, rejected_count, refusal, warning, owner, crash_count, run_id, settled_at)
SELECT d.endpoint_id, d.institution_id, d.stream, d.received_at, d.state, '[]', d.body_size * 50,
       sha256(n::text::bytea), 50, 0, '', '', '', 0, d.run_id, d.settled_at
  FROM sync_delivery d, generate_series(1, %(deliveries)s) AS n
"""
RECORDS = """
INSERT INTO sync_deliveryrecord (delivery_id, ordinal, external_id, state, outcome, problem_field, problem_value,
    problem, settled_at, warning, is_confirmed, crash_count)
SELECT d.id, n, '', r.state, r.outcome, '', '', '', r.settled_at, '', false, 0
  FROM sync_deliveryrecord r, sync_delivery d, generate_series(0, 49) AS n WHERE d.id <> r.delivery_id
"""


def fill(hub: Hub, contacts: int) -> None:
    """Empty the tables and store so many contacts with their bindings, entries, stories and deliveries."""
    empty_tables()
    one_for_real(hub)
    values = {
        "first": FIRST_STORED,
        "more": contacts - 1,
        "sample": SAMPLE,
        "deliveries": contacts // PER_DELIVERY,
    }
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(WITHOUT_TRIGGERS)
        for statement in (CONTACTS, BINDINGS, ENTRIES, EVENTS, DELIVERIES, RECORDS):
            cursor.execute(statement, values)
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    hub.stored = contacts


def one_for_real(hub: Hub) -> None:
    with PracticeCrm(token=CRM_TOKEN) as crm:
        point_at(hub.port, crm.url)
        deliver(hub, bodies([FIRST_STORED]))
        apply_all()
        while push_due(hub.connection.pk, OWNER):
            pass
