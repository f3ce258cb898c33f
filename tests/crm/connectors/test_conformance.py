"""What every connector must hold to, counted in the practice CRM's own ledger. A new one adds itself to DIALECTS."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from crm.connectors.base import ConnectorUnavailable, Entity, Link, OutboundRecord, Ref
from crm.connectors.registry import connector_choices
from crm.practice import PracticeCrm
from tests.crm.connectors.dialects import DIALECTS, HUBSPOT, OTHER_TOKEN, SINGLE, TOKEN, Dialect, Opener, keys_of


def test_every_connector_is_in_the_suite():
    assert {code for code, _ in connector_choices()} == {dialect.code for dialect in DIALECTS}


def test_fifty_creates_and_updates_give_fifty_results_with_their_keys_and_ids(crm, connect, dialect: Dialect):
    connector = connect(dialect)
    before = connector.upsert(Entity.CONTACT, [dialect.record(n) for n in range(25)])
    results = connector.upsert(Entity.CONTACT, [dialect.record(n, **{dialect.last_name: "King"}) for n in range(50)])
    assert [result.key for result in results] == [f"{n:08d}" for n in range(50)]
    assert [result.status for result in results] == ["updated"] * 25 + ["created"] * 25
    assert [result.remote_id for result in results[:25]] == [result.remote_id for result in before]
    assert {r.key: r.remote_id for r in results} == {c["s360_contact_number"]: c["id"] for c in crm.contacts()}
    assert {contact["lastname"] for contact in crm.contacts()} == {"King"}


def test_leading_zeros_of_a_key_are_kept(crm, connect, dialect: Dialect):
    connect(dialect).upsert(Entity.CONTACT, [dialect.record(7)])
    assert keys_of(crm) == {"00000007"}


def test_the_same_call_again_creates_nothing(crm, connect, dialect: Dialect):
    connector = connect(dialect)
    records = [dialect.record(n) for n in range(50)]
    first = connector.upsert(Entity.CONTACT, records)
    second = connector.upsert(Entity.CONTACT, records)
    assert [r.remote_id for r in second] == [r.remote_id for r in first]
    assert {r.status for r in second} == {"updated"}
    assert len(crm.contacts()) == 50
    assert crm.ledger.double_creates() == {}


def test_one_invalid_record_among_fifty_fails_alone(crm, connect, dialect: Dialect):
    records = [dialect.record(n) for n in range(50)]
    records[20] = dialect.record(20, email="no address at all")
    results = connect(dialect).upsert(Entity.CONTACT, records)
    failed = [result for result in results if result.status == "failed"]
    assert [result.key for result in failed] == ["00000020"]
    failure = failed[0].failure
    assert (failure.kind, failure.scope, failure.field, failure.outcome_unknown) == (
        "permanent",
        "record",
        "email",
        False,
    )
    assert len(crm.contacts()) == 49
    assert "00000020" not in keys_of(crm)


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each is not SINGLE], ids=lambda each: each.id)
def test_a_batch_refused_as_a_whole_says_so_and_writes_nothing(crm, connect, dialect: Dialect):
    crm.configure(face_mode="all_or_nothing")
    records = [dialect.record(0), dialect.record(1, email="no address at all"), dialect.record(2)]
    connector = connect(dialect)
    results = connector.upsert(Entity.CONTACT, records)
    assert [(r.failure.kind, r.failure.scope) for r in results] == [("permanent", "batch")] * 3
    assert crm.contacts() == []
    alone = connector.upsert(Entity.CONTACT, records[1:2])
    assert (alone[0].failure.kind, alone[0].failure.scope) == ("permanent", "record")


@pytest.mark.parametrize("unique_key", ["409", "500"])
def test_two_workers_writing_one_new_key_at_once_make_one_record(crm, connect, dialect: Dialect, unique_key):
    crm.configure(unique_key=unique_key)
    ready = threading.Barrier(4)
    connectors = [connect(dialect) for _ in range(4)]

    def write(connector):
        ready.wait()
        return connector.upsert(Entity.CONTACT, [dialect.record(1)])[0]

    for round_ in range(5):
        with ThreadPoolExecutor(4) as workers:
            results = list(workers.map(write, connectors))
        assert {r.failure for r in results} == {None}, round_
        assert len({r.remote_id for r in results}) == 1
        assert len(crm.contacts()) == 1
        assert crm.ledger.creates_for("00000001") == 1
        crm.reset()


@pytest.mark.parametrize("fault", ["apply_then_hang", "reset_after_apply", "reset_mid_answer", "garbage", "not_http"])
def test_an_answer_lost_after_the_write_is_unknown_and_the_next_attempt_creates_nothing(
    crm: PracticeCrm, connect, dialect: Dialect, fault
):
    connector = connect(dialect, read_seconds=0.3)
    crm.fail_next(dialect.face, fault, path="POST ")
    record = dialect.record(1)
    try:
        (result,) = connector.upsert(Entity.CONTACT, [record])
        failure = result.failure
    except ConnectorUnavailable as error:
        failure = error.failure
    # One record a call: the look-up after the failed create has already found it.
    assert failure is None if dialect is SINGLE else failure.outcome_unknown
    assert connector.upsert(Entity.CONTACT, [record])[0].failure is None
    assert crm.ledger.creates_for("00000001") == 1


def test_what_was_never_applied_is_unknown_too_and_a_read_tells(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect, read_seconds=0.3)
    crm.fail_next(dialect.face, "hang", path="POST ")
    try:
        (result,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
        failure = result.failure
    except ConnectorUnavailable as error:
        failure = error.failure
    assert (failure.kind, failure.outcome_unknown) == ("transient", True)
    ref = Ref(key="00000001")
    assert connector.fetch(Entity.CONTACT, [ref]) == {ref: None}


@pytest.mark.parametrize(
    ("fault", "params", "kind", "retry_after"),
    [
        ("throttled", {"retry_after": 7}, "throttled", 7.0),
        ("throttled", {"retry_after": "in a while"}, "throttled", 60.0),
        ("throttled", {"retry_after": 864_000}, "throttled", 900.0),
        ("server_error", {"status": 503}, "transient", None),
        ("server_error", {"status": 524}, "transient", None),
        ("reset_before_apply", {}, "transient", None),
        ("unauthorized", {}, "misconfigured", None),
        ("forbidden", {}, "misconfigured", None),
    ],
)
def test_failures_of_the_whole_call_have_their_kind(
    crm: PracticeCrm, connect, dialect: Dialect, fault, params, kind, retry_after
):
    crm.fail_next(dialect.face, fault, **params)
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(dialect).upsert(Entity.CONTACT, [dialect.record(1)])
    assert (raised.value.failure.kind, raised.value.failure.retry_after) == (kind, retry_after)
    assert crm.contacts() == []
    assert len(crm.ledger.calls) == 1  # nothing was repeated behind our back


def test_a_throttled_call_without_a_time_still_pauses_the_connection(crm: PracticeCrm, connect, dialect: Dialect):
    crm.fail_next(dialect.face, "throttled")
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(dialect).upsert(Entity.CONTACT, [dialect.record(1)])
    failure = raised.value.failure
    assert (failure.kind, failure.scope) == ("throttled", "connection")
    assert failure.retry_after == (10.0 if dialect is HUBSPOT else None)


def test_a_refused_credential_stops_the_connection_and_a_new_one_resumes(crm: PracticeCrm, connect, dialect: Dialect):
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(dialect, token=OTHER_TOKEN).upsert(Entity.CONTACT, [dialect.record(1)])
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "connection")
    assert not raised.value.failure.outcome_unknown
    assert connect(dialect).upsert(Entity.CONTACT, [dialect.record(1)])[0].status == "created"
    assert crm.ledger.creates_for("00000001") == 1


def test_no_server_at_all_is_known_not_to_have_been_applied(connect, dialect: Dialect, unused_tcp_port_url):
    opener = Opener(unused_tcp_port_url)
    with pytest.raises(ConnectorUnavailable) as raised:
        opener(dialect).upsert(Entity.CONTACT, [dialect.record(1)])
    failure = raised.value.failure
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "connect_failed", False)


def test_an_unknown_mapped_field_is_reported_before_any_write(crm: PracticeCrm, connect, dialect: Dialect):
    connect(dialect).upsert(Entity.CONTACT, [dialect.record(1)])
    crm.ledger.forget()
    mapped = {"contact": ["email", "frist_name"], "order": []}
    report = connect(dialect, mapped_fields=mapped).check()
    wrong = [item for item in report.items if item.name == "contact: frist_name"]
    assert [item.state for item in wrong] == ["fail" if dialect is HUBSPOT else "warn"]
    assert report.state == wrong[0].state
    assert len(crm.ledger.effects) == 0


def test_a_healthy_connection_passes_its_check(crm: PracticeCrm, connect, dialect: Dialect):
    connect(dialect).upsert(Entity.CONTACT, [dialect.record(1)])
    states = {item.name: item.state for item in connect(dialect).check().items}
    assert states["reachable"] == "pass"
    assert states["contact: mapped fields"] == "pass"
    assert "fail" not in states.values()


def test_check_reports_a_refused_credential_instead_of_raising(connect, dialect: Dialect):
    report = connect(dialect, token=OTHER_TOKEN).check()
    assert [(item.name, item.state) for item in report.items] == [("reachable", "fail")]


def test_our_own_write_is_known_as_ours_and_a_persons_edit_is_not_hidden_by_it(ticking_crm: PracticeCrm, dialect):
    connect = Opener(ticking_crm.url)
    connector = connect(dialect, own_author="9876543", overlap_seconds=0)
    first, second = connector.upsert(Entity.CONTACT, [dialect.record(1), dialect.record(2)])
    cursor = connector.cursor_at(datetime.fromtimestamp(ticking_crm.core.clock(), UTC))
    ticking_crm.people.edit(str(second.remote_id), {"lastname": "King"})
    connector.upsert(Entity.CONTACT, [dialect.record(1, email="new1@example.org")])
    connector.upsert(Entity.CONTACT, [OutboundRecord("00000002", None, {"email": "new2@example.org"}, trace_id="x")])
    found = {change.remote_id: change for change in all_changes(connector, cursor)}
    connect.close()
    assert set(found) == {first.remote_id, second.remote_id}
    assert found[second.remote_id].fields[dialect.last_name] == "King"
    assert found[first.remote_id].own is True
    # HubSpot knows who wrote each value. An author of the whole record hides the person behind our later write, which
    # is why the author never decides.
    assert found[second.remote_id].own is (dialect is not HUBSPOT)


def test_a_persons_edit_names_its_author(ticking_crm: PracticeCrm, dialect: Dialect):
    connect = Opener(ticking_crm.url)
    connector = connect(dialect, own_author="9876543")
    (written,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
    ticking_crm.people.edit(str(written.remote_id), {"lastname": "King"})
    (change,) = all_changes(connector, None)
    connect.close()
    assert (change.key, change.op, change.entity) == ("00000001", "upsert", "contact")
    assert change.actor in ("Robin Field", "userId:45678")
    assert change.own is False


@pytest.mark.parametrize("paging", ["cursor", "offset", "page", "link"])
def test_five_hundred_records_with_one_timestamp_come_exactly_once(dialect: Dialect, paging):
    moment = time.time() - 100
    with PracticeCrm(token=TOKEN, clock=lambda: moment) as crm:
        connect = Opener(crm.url)
        writer = connect(dialect)
        for start in range(0, 500, 100):
            writer.upsert(Entity.CONTACT, [dialect.record(n) for n in range(start, start + 100)])
        settings = {} if dialect is HUBSPOT else {"paging": paging, "paging_parameter": paging}
        found = all_changes(connect(dialect, **settings), None, limit=60)
        connect.close()
    assert sorted(change.key for change in found) == [f"{n:08d}" for n in range(500)]
    assert len({change.changed_at for change in found}) == 1


@pytest.mark.parametrize("paging", ["cursor", "offset", "page", "link"])
def test_records_edited_between_two_pages_are_not_lost(crm: PracticeCrm, connect, dialect: Dialect, paging):
    settings = {} if dialect is HUBSPOT else {"paging": paging, "paging_parameter": paging}
    connector = connect(dialect, **settings)
    written = []
    for n in range(40):
        written += connector.upsert(Entity.CONTACT, [dialect.record(n)])
    page = connector.changes(None, 10)
    seen = [change.key for change in page.changes]
    for result in written[:5]:
        crm.people.edit(result.remote_id, {"lastname": "King"})
    seen += [change.key for change in all_changes(connector, page.next_cursor, limit=10)]
    assert set(seen) == {f"{n:08d}" for n in range(40)}


def test_changes_younger_than_the_settle_time_wait(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect, settle_seconds=3600)
    connector.upsert(Entity.CONTACT, [dialect.record(1)])
    page = connector.changes(None, 100)
    assert (page.changes, page.more) == ((), False)
    later = connect(dialect, settle_seconds=0)
    assert [change.key for change in all_changes(later, page.next_cursor)] == ["00000001"]


def test_a_round_goes_back_by_the_overlap_and_no_further(ticking_crm: PracticeCrm, dialect: Dialect):
    connect = Opener(ticking_crm.url)  # its clock is a quarter of an hour behind ours
    connector = connect(dialect, overlap_seconds=3600)
    connector.upsert(Entity.CONTACT, [dialect.record(1)])
    page = connector.changes(None, 100)
    again = connector.changes(page.next_cursor, 100).changes
    strict = connect(dialect, overlap_seconds=60)
    page = strict.changes(None, 100)
    later = strict.changes(page.next_cursor, 100).changes
    connect.close()
    assert [change.key for change in again] == ["00000001"]
    assert later == ()


def test_fetch_answers_every_reference_with_its_record_or_none(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect)
    one, two = connector.upsert(Entity.CONTACT, [dialect.record(1), dialect.record(11)])
    refs = [Ref(key="00000001"), Ref(remote_id=two.remote_id), Ref(key="0000001"), Ref(remote_id="999999")]
    found = connector.fetch(Entity.CONTACT, refs)
    assert [found[ref] and found[ref].key for ref in refs] == ["00000001", "00000011", None, None]
    assert found[refs[0]].remote_id == one.remote_id
    assert found[refs[1]].fields["email"] == "ada11@example.org"


def test_a_failed_read_is_never_taken_for_an_absent_record(crm: PracticeCrm, connect, dialect: Dialect):
    crm.fail_next(dialect.face, "server_error")
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(dialect).fetch(Entity.CONTACT, [Ref(key="00000001")])
    assert (raised.value.failure.kind, raised.value.failure.outcome_unknown) == ("transient", False)


def test_an_order_is_written_and_linked_to_its_contact_and_again_changes_nothing(crm, connect, dialect: Dialect):
    connector = connect(dialect)
    (contact,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
    order = OutboundRecord(
        "10000912204",
        None,
        {dialect.order_note: "2 x Gala"},
        links=(Link(Entity.CONTACT, contact.key, contact.remote_id),),
        trace_id="a",
    )
    (first,) = connector.upsert(Entity.ORDER, [order])
    (second,) = connector.upsert(Entity.ORDER, [order])
    assert (first.status, second.status, second.remote_id) == ("created", "updated", first.remote_id)
    assert crm.ledger.links() == {"10000912204": "00000001"}
    assert [effect.kind for effect in crm.ledger.effects_on("10000912204", "orders")].count("link") == 1


def test_an_order_whose_contact_has_no_id_yet_waits_for_it(crm, connect, dialect: Dialect):
    order = OutboundRecord("10000912204", None, {dialect.order_note: "x"}, links=(Link(Entity.CONTACT, "1"),))
    (result,) = connect(dialect).upsert(Entity.ORDER, [order])
    failure = result.failure
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "contact_not_in_crm", False)


def test_none_clears_and_an_absent_field_is_left_alone(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect)
    connector.upsert(Entity.CONTACT, [dialect.record(1)])
    connector.upsert(Entity.CONTACT, [OutboundRecord("00000001", None, {dialect.last_name: None}, trace_id="x")])
    (contact,) = crm.contacts()
    assert (contact.get("lastname"), contact["firstname"]) == (None, "Ada1")


def test_a_known_record_without_fields_is_unchanged_without_a_call(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect)
    (written,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
    crm.ledger.forget()
    (result,) = connector.upsert(Entity.CONTACT, [OutboundRecord("00000001", written.remote_id, {})])
    assert (result.status, result.remote_id) == ("unchanged", written.remote_id)
    assert len(crm.ledger.calls) == 0


@pytest.mark.parametrize("dialect", [HUBSPOT, SINGLE], ids=lambda each: each.id)
def test_where_asked_for_a_write_that_would_change_nothing_is_not_made(crm: PracticeCrm, connect, dialect: Dialect):
    connector = connect(dialect, skip_unchanged=True)
    (first,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
    (second,) = connector.upsert(Entity.CONTACT, [dialect.record(1)])
    (third,) = connector.upsert(Entity.CONTACT, [dialect.record(1, email="new@example.org")])
    assert [first.status, second.status, third.status] == ["created", "unchanged", "updated"]
    assert second.remote_id == first.remote_id
    assert crm.ledger.writes_for("00000001") == (1, 1, 0)


def test_secrets_never_reach_logs_results_or_exceptions(crm: PracticeCrm, connect, dialect: Dialect, caplog):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    connector = connect(dialect)
    said.append(repr(connector) + repr(vars(connector)["_settings"]))
    crm.refuse("lastname", "Lovelace", message=f"token {TOKEN} may not write this")
    said.append(repr(connector.upsert(Entity.CONTACT, [dialect.record(1)])))
    crm.fail_next(dialect.face, "bad_request", message=f"bad token {TOKEN}")
    said.append(repr(connector.upsert(Entity.CONTACT, [dialect.record(1)])))
    for fault in ("unauthorized", "forbidden", "server_error", "throttled", "reset_before_apply"):
        crm.fail_next(dialect.face, fault)
        with pytest.raises(ConnectorUnavailable) as raised:
            connector.upsert(Entity.CONTACT, [dialect.record(1)])
        said.append(repr(raised.value) + str(raised.value) + repr(raised.value.__context__))
    said.append(repr(connector.check()))
    said += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert len(said) > 15
    assert not [text for text in said if TOKEN in text]


def test_calls_are_logged_by_route_without_keys_or_bodies(crm: PracticeCrm, connect, dialect: Dialect, caplog):
    caplog.set_level(logging.INFO, "sync.http.client")
    connector = connect(dialect)
    connector.upsert(Entity.CONTACT, [dialect.record(70707070)])
    connector.fetch(Entity.CONTACT, [Ref(key="70707070")])
    lines = [str(vars(record)) for record in caplog.records]
    assert len(lines) >= 2
    assert not [line for line in lines if "70707070" in line or "ada7" in line]
    assert {record.outcome for record in caplog.records} == {"200"}


def test_a_batch_of_a_hundred_costs_little_processor_time(crm: PracticeCrm, connect, dialect: Dialect):
    if dialect is SINGLE:
        return  # a hundred calls are a hundred calls
    connector = connect(dialect)
    records = [dialect.record(n) for n in range(100)]
    connector.upsert(Entity.CONTACT, records)
    costs = []
    for _ in range(10):
        started = time.thread_time()
        connector.upsert(Entity.CONTACT, records)
        costs.append(time.thread_time() - started)
    assert min(costs) <= 0.005


def all_changes(connector, cursor, limit=100):
    found = []
    for _ in range(200):
        page = connector.changes(cursor, limit)
        found += page.changes
        cursor = page.next_cursor
        if not page.more:
            return found
    raise AssertionError("the feed never ends")
