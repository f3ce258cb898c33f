"""Taking over a record the CRM already had: what every connector must hold to, counted in the practice CRM's ledger."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.connectors.base import ConnectorUnavailable, Entity
from tests.crm.connectors.dialects import Dialect

KEY = "00000017"


@pytest.fixture
def known(crm):
    """Somebody the CRM knew before S-360 did."""
    return str(crm.people.create({"firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org"}).id)


def number_on(crm, remote_id):
    return crm.contact(remote_id).get("s360_contact_number") or None


def test_a_record_without_a_number_gets_it_and_nothing_else_changes(crm, connect, dialect: Dialect, known):
    before = crm.contact(known)
    result = connect(dialect).adopt(Entity.CONTACT, known, KEY)

    assert (result.status, result.remote_id, result.key, result.failure) == ("updated", known, KEY, None)
    assert crm.contact(known) | {"s360_contact_number": None} == before | {"s360_contact_number": None}
    assert number_on(crm, known) == KEY
    assert len(crm.contacts()) == 1


def test_adopting_again_writes_nothing(crm, connect, dialect: Dialect, known):
    connector = connect(dialect)
    connector.adopt(Entity.CONTACT, known, KEY)
    again = connector.adopt(Entity.CONTACT, known, KEY)

    assert (again.status, again.remote_id) == ("unchanged", known)
    assert crm.ledger.writes_for(KEY) == (0, 1, 0)


def test_a_record_that_carries_another_number_is_refused_and_the_number_is_named(crm, connect, dialect: Dialect, known):
    crm.people.edit(known, {"s360_contact_number": "00000099"})
    failure = connect(dialect).adopt(Entity.CONTACT, known, KEY).failure

    assert (failure.kind, failure.scope, failure.code) == ("permanent", "record", "carries_another_key")
    assert "00000099" in failure.message
    assert number_on(crm, known) == "00000099"


def test_a_number_another_record_carries_is_refused_and_the_record_is_named(crm, connect, dialect: Dialect, known):
    other = str(crm.people.create({"lastname": "King", "s360_contact_number": KEY}).id)
    failure = connect(dialect).adopt(Entity.CONTACT, known, KEY).failure

    assert (failure.code, failure.conflicting_remote_id) == ("key_in_use", other)
    assert number_on(crm, known) is None


def test_a_record_that_does_not_exist_is_refused(crm, connect, dialect: Dialect):
    failure = connect(dialect).adopt(Entity.CONTACT, "987654", KEY).failure

    assert (failure.kind, failure.code) == ("permanent", "no_such_record")
    assert crm.contacts() == []


def test_two_workers_adopting_one_record_for_the_same_contact_write_one_number(crm, connect, dialect: Dialect, known):
    results = at_once(connect, dialect, [(known, KEY)] * 4)

    assert {result.failure for result in results} == {None}
    assert number_on(crm, known) == KEY


def test_two_workers_adopting_one_record_for_two_contacts_leave_one_number(crm, connect, dialect: Dialect, known):
    keys = ["00000001", "00000002"]
    results = at_once(connect, dialect, [(known, key) for key in keys])

    kept = number_on(crm, known)
    assert kept in keys
    assert next(result for result in results if result.key == kept).failure is None
    for result in results:
        assert result.failure is None or result.failure.code == "carries_another_key"


@pytest.mark.parametrize("fault", ["apply_then_hang", "reset_after_apply", "garbage"])
def test_a_lost_answer_is_read_again_and_the_number_is_written_once(crm, connect, dialect: Dialect, known, fault):
    crm.fail_next(dialect.face, fault, path="PATCH ")
    result = connect(dialect, read_seconds=0.3).adopt(Entity.CONTACT, known, KEY)

    assert (result.status, result.failure) == ("updated", None)
    assert crm.ledger.writes_for(KEY) == (0, 1, 0)


def test_a_write_that_never_arrived_is_told_and_a_repeat_makes_it(crm, connect, dialect: Dialect, known):
    connector = connect(dialect, read_seconds=0.3)
    crm.fail_next(dialect.face, "reset_before_apply", path="PATCH ")
    with pytest.raises(ConnectorUnavailable) as raised:
        connector.adopt(Entity.CONTACT, known, KEY)

    assert (raised.value.failure.kind, raised.value.failure.outcome_unknown) == ("transient", True)
    assert connector.adopt(Entity.CONTACT, known, KEY).status == "updated"
    assert crm.ledger.writes_for(KEY) == (0, 1, 0)


@pytest.mark.parametrize(("fault", "kind"), [("throttled", "throttled"), ("unauthorized", "misconfigured")])
def test_what_concerns_the_connection_is_raised(crm, connect, dialect: Dialect, known, fault, kind):
    crm.fail_next(dialect.face, fault, path="PATCH ")
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(dialect).adopt(Entity.CONTACT, known, KEY)

    assert raised.value.failure.kind == kind
    assert number_on(crm, known) is None


def at_once(connect, dialect, asked):
    """Each of the (record, key) adopted by a worker of its own, all starting together."""
    ready = threading.Barrier(len(asked))
    connectors = [connect(dialect) for _ in asked]

    def adopt(connector, remote_id, key):
        ready.wait()
        return connector.adopt(Entity.CONTACT, remote_id, key)

    with ThreadPoolExecutor(len(asked)) as workers:
        waiting = [workers.submit(adopt, c, *each) for c, each in zip(connectors, asked, strict=True)]
        return [each.result() for each in waiting]
