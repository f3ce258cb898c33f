import orjson
import pytest

from crm.connectors.base import ConnectorUnavailable, Entity, Ref
from crm.connectors.hubspot.values import read_time
from tests.crm.connectors.dialects import HUBSPOT, Opener
from tests.sync.http.raw_server import RawServer, http


def test_a_long_list_is_read_in_calls_of_the_batch_size(crm, connect):
    connector = connect(HUBSPOT, batch_size=20)
    for start in range(0, 50, 20):
        connector.upsert(Entity.CONTACT, [HUBSPOT.record(n) for n in range(start, min(start + 20, 50))])
    crm.ledger.forget()
    refs = [Ref(key=f"{n:08d}") for n in range(50)]
    found = connector.fetch(Entity.CONTACT, refs)
    assert [found[ref].key for ref in refs] == [ref.key for ref in refs]
    assert [call.records for call in crm.ledger.calls] == [20, 20, 10]


def test_an_error_other_than_not_found_is_never_taken_for_an_absent_record():
    errors = [{"category": "INTERNAL_ERROR", "message": "try later"}]
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": errors}
    with RawServer(http("207 Multi-Status", orjson.dumps(body))) as server:
        connect = Opener(server.url)
        with pytest.raises(ConnectorUnavailable) as raised:
            connect(HUBSPOT).fetch(Entity.CONTACT, [Ref(remote_id="1")])
        connect.close()
    assert (raised.value.failure.kind, raised.value.failure.code) == ("transient", "INTERNAL_ERROR")


def test_without_a_mapping_the_suggested_properties_are_read(crm, connect):
    connector = connect(HUBSPOT, mapped_fields={})
    (written,) = connector.upsert(Entity.CONTACT, [HUBSPOT.record(1, city="Bern")])
    ref = Ref(remote_id=written.remote_id)
    record = connector.fetch(Entity.CONTACT, [ref])[ref]
    assert (record.fields["city"], record.fields["lastname"]) == ("Bern", "Lovelace")
    assert record.changed_at == read_time(record.version)


def test_describe_lists_the_accounts_properties(crm, connect):
    fields = {field.name: field for field in connect(HUBSPOT).describe(Entity.CONTACT)}
    assert (fields["s360_contact_number"].unique, fields["s360_contact_number"].writable) == (True, True)
    assert not fields["lastmodifieddate"].writable
    assert fields["consent_sms"].options == ("yes", "no")


@pytest.mark.parametrize(
    ("settings", "line", "words"),
    [
        ({"contact_key": "lastname"}, "contact: key lastname", "is not unique"),
        ({"contact_key": "no_such"}, "contact: key no_such", "has no property no_such"),
        ({"api_version": "2031-01"}, "reachable", "no longer offers API version 2031-01"),
        ({"order_object": "p_sales"}, "order: permission", "Unable to infer object type"),
        ({"mapped_fields": {"contact": ["createdate"]}}, "contact: createdate", "read only"),
        ({"mapped_fields": {"order": ["total"]}}, "order: total", "has no field total"),
    ],
)
def test_check_finds_wrong_settings_with_reads_only(crm, connect, settings, line, words):
    report = connect(HUBSPOT, **settings).check()
    (item,) = [item for item in report.items if item.name == line]
    assert item.state == "fail"
    assert words in item.message
    assert report.state == "fail"
    assert {call.method for call in crm.ledger.calls} == {"GET"}


def test_check_warns_when_the_days_calls_run_out(crm, connect):
    crm.configure(calls_per_day=6)
    connector = connect(HUBSPOT)
    connector.check()
    (line,) = [item for item in connector.check().items if item.name == "daily budget"]
    assert (line.state, line.message) == ("warn", "1 calls left today of 6")


def test_history_is_asked_for_in_smaller_batches_and_only_where_we_know_our_own_id(crm, connect):
    connector = connect(HUBSPOT)
    connector.upsert(Entity.CONTACT, [HUBSPOT.record(n) for n in range(60)])
    crm.ledger.forget()
    page = connector.changes(None, 100)
    assert {change.own for change in page.changes} == {True}
    assert [call.records for call in crm.ledger.calls_to("batch/read")] == [50, 10]
    crm.ledger.forget()
    page = connect(HUBSPOT, app_id="").changes(None, 100)
    assert {change.own for change in page.changes} == {None}
    assert crm.ledger.calls_to("batch/read") == []


def test_a_search_refused_by_the_limit_pauses_the_connection(crm, connect):
    crm.fail_next("hubspot", "throttled", path="search")
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(HUBSPOT).changes(None, 100)
    assert (raised.value.failure.kind, raised.value.failure.retry_after) == ("throttled", 10.0)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1795287199000", "2026-11-21T18:53:19+00:00"),
        ("2026-11-21T10:00:00.123Z", "2026-11-21T10:00:00.123000+00:00"),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 30, None),
    ],
)
def test_times_are_read_in_both_spellings(text, iso):
    moment = read_time(text)
    assert (moment.isoformat() if moment else None) == iso
