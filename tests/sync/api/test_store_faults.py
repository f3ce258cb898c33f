"""The database is away, restarts or is full of connections: 503 or 200 after commit, and nothing in between."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client

from sync.models import Delivery, Stream
from sync.services.endpoints import create_endpoint
from tests.factories.institutions import InstitutionFactory
from tests.sync.api.conftest import Door
from tests.sync.s360.samples import CONTACT, contact, raw

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed_door() -> Door:
    return Door(create_endpoint(InstitutionFactory(), Stream.CONTACTS))


@pytest.fixture
def other_session() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as session:
        session.autocommit = True
        yield session


@pytest.fixture
def maintenance() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session in another database: nobody may close the door of the room they stand in."""
    parameters = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor, "dbname": "postgres"}
    with psycopg.connect(**parameters) as session:
        session.autocommit = True
        yield session


def post_once(client: Client, path: str, body: bytes) -> int:
    return client.post(path, data=body, content_type="application/json").status_code


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_connection_killed_between_two_deliveries_costs_nothing(
    committed_door: Door, other_session: psycopg.Connection[tuple[object, ...]]
) -> None:
    assert committed_door.post([CONTACT]).status_code == 200
    other_session.execute("SELECT pg_terminate_backend(%s, 1000)", [backend()])
    assert committed_door.post([CONTACT]).status_code == 200
    assert Delivery.objects.count() == 2


def test_server_that_refuses_connections_is_answered_503_with_retry_after(
    committed_door: Door, maintenance: psycopg.Connection[tuple[object, ...]]
) -> None:
    name = connection.settings_dict["NAME"]
    assert committed_door.post([CONTACT]).status_code == 200
    maintenance.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    try:
        maintenance.execute("SELECT pg_terminate_backend(%s, 1000)", [backend()])
        answer = committed_door.post([CONTACT])
        refused = committed_door.post(b"<html>")
    finally:
        maintenance.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        connection.close()
    assert (answer.status_code, answer.json()) == (503, {"error": "store_unavailable"})
    assert int(answer["Retry-After"]) > 0
    assert refused.status_code == 400  # told to the sender although there was nowhere to keep it
    assert Delivery.objects.count() == 1
    assert committed_door.post([CONTACT]).status_code == 200


def test_lock_that_is_not_released_is_answered_503_and_nothing_is_stored(
    committed_door: Door, other_session: psycopg.Connection[tuple[object, ...]]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with other_session.transaction():
        other_session.execute("LOCK TABLE sync_deliveryrecord IN ACCESS EXCLUSIVE MODE")
        assert committed_door.post([CONTACT]).status_code == 503
    connection.close()
    assert Delivery.objects.count() == 0
    assert committed_door.post([CONTACT]).status_code == 200


def test_no_delivery_is_answered_200_without_its_rows_while_connections_die(
    committed_door: Door, other_session: psycopg.Connection[tuple[object, ...]]
) -> None:
    answers: list[int] = []
    done = threading.Event()

    def post() -> None:
        client = Client()
        try:
            for n in range(40):
                answers.append(post_once(client, committed_door.path, raw([contact(contactNumber=str(n + 1))])))  # noqa: PERF401 - what was answered before a failure counts
        finally:
            done.set()
            connections.close_all()

    sender = threading.Thread(target=post)
    sender.start()
    while not done.wait(0.01):
        other_session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            [backend()],
        )
    sender.join()
    stored = Delivery.objects.filter(record_count=1).count()
    assert set(answers) <= {200, 503}
    assert len(answers) == 40
    assert stored >= answers.count(200)
    assert all(delivery.records.count() == 1 for delivery in Delivery.objects.all())


def test_two_senders_of_the_same_contacts_never_meet_an_error(committed_door: Door) -> None:
    records = [contact(contactNumber=str(n + 1)) for n in range(20)]
    answers: list[int] = []

    def post(body: bytes) -> None:
        client = Client()
        try:
            for _ in range(15):
                answers.append(post_once(client, committed_door.path, body))  # noqa: PERF401 - the same
        finally:
            connections.close_all()

    senders = [threading.Thread(target=post, args=(raw(each),)) for each in (records, records[::-1])]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [200] * 30
    assert Delivery.objects.count() == 30
