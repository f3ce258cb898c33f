import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crm.connectors.base import ConnectorUnavailable, Entity
from tests.crm.connectors.dialects import BATCH, OTHER_TOKEN, SINGLE, TOKEN, Opener
from tests.sync.http.raw_server import RawServer, http


def oauth(crm) -> dict[str, str]:
    return {"auth": "oauth2", "token_url": f"{crm.url}/api/token", "client_id": "console"}


def writes(connector, *numbers):
    return [result.status for result in connector.upsert(Entity.CONTACT, [SINGLE.record(n) for n in numbers])]


@pytest.mark.parametrize(
    "settings",
    [{"auth": "bearer"}, {"auth": "header", "auth_header": "X-Api-Key"}, {"auth": "basic", "auth_user": "console"}],
)
def test_each_fixed_credential_is_accepted(crm, connect, settings):
    assert writes(connect(SINGLE, **settings), 1) == ["created"]


def test_client_credentials_fetch_one_token_for_many_calls(crm, connect):
    assert writes(connect(SINGLE, **oauth(crm)), 1, 2, 3) == ["created"] * 3
    assert len(crm.ledger.calls_to("/api/token")) == 1


def test_a_token_that_expires_mid_batch_is_renewed_once_and_nothing_is_written_twice(crm, connect):
    connector = connect(SINGLE, **oauth(crm))
    writes(connector, 1)
    crm.expire_tokens()
    assert writes(connector, 2, 3, 4) == ["created"] * 3
    assert len(crm.ledger.calls_to("/api/token")) == 2
    assert {key: crm.ledger.creates_for(key) for key in ("00000002", "00000003", "00000004")} == {
        "00000002": 1,
        "00000003": 1,
        "00000004": 1,
    }


def test_a_token_refused_between_look_up_and_write_loses_no_record(crm, connect):
    connector = connect(SINGLE, **oauth(crm))
    crm.fail_next("generic", "unauthorized", path="POST /api/contacts")
    assert writes(connector, 1, 2) == ["created", "created"]
    assert len(crm.ledger.calls_to("/api/token")) == 2
    assert crm.ledger.creates_for("00000001") == 1


def test_a_token_refused_again_at_once_is_not_renewed_again(crm, connect):
    connector = connect(SINGLE, **oauth(crm))
    writes(connector, 1)
    crm.fail_some("generic", "forbidden", 1.0, path="/api/contacts")
    for _ in range(3):
        with pytest.raises(ConnectorUnavailable) as raised:
            writes(connector, 2)
        assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "connection")
    assert len(crm.ledger.calls_to("/api/token")) == 2


def test_a_token_is_renewed_before_its_end(crm, connect, monkeypatch):
    crm.configure(token_ttl_s=100)
    connector = connect(SINGLE, **oauth(crm))
    writes(connector, 1)
    begun = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: begun + 60)  # the last 60 s, or the last half, are not used
    writes(connector, 2)
    assert len(crm.ledger.calls_to("/api/token")) == 2


def test_parallel_workers_fetch_one_token_between_them(crm, connect):
    client = connect.client()
    ready = threading.Barrier(6)
    settings = {"base_url": crm.url, "allow_private_addresses": True, **oauth(crm)}
    connectors = [BATCH.connector_class(settings, {"client_secret": TOKEN}, client) for _ in range(6)]

    def work(numbered):
        ready.wait()
        return numbered[1].upsert(Entity.CONTACT, [BATCH.record(numbered[0])])[0].status

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, enumerate(connectors))) == ["created"] * 6
    assert len(crm.ledger.calls_to("/api/token")) == 1


def test_a_refused_client_secret_stops_the_connection_and_is_not_shown(crm, connect):
    with pytest.raises(ConnectorUnavailable) as raised:
        writes(connect(SINGLE, token=OTHER_TOKEN, **oauth(crm)), 1)
    failure = raised.value.failure
    assert (failure.kind, failure.scope) == ("misconfigured", "connection")
    assert OTHER_TOKEN not in repr(failure)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"access_token": 5.5}', b'{"access_token": ""}'])
def test_a_token_answer_that_cannot_be_read_is_transient(body):
    with RawServer(http("200 OK", body)) as server:
        connect = Opener(server.url)
        settings: dict[str, Any] = {"auth": "oauth2", "token_url": f"{server.url}/token", "client_id": "console"}
        with pytest.raises(ConnectorUnavailable) as raised:
            writes(connect(SINGLE, **settings), 1)
        connect.close()
    assert (raised.value.failure.kind, raised.value.failure.code) == ("transient", "token_unreadable")
    assert not raised.value.failure.outcome_unknown


def test_the_form_of_a_token_call_is_the_standards():
    with RawServer(http("200 OK", b'{"access_token": "abc"}')) as server:
        connect = Opener(server.url)
        settings: dict[str, Any] = {
            "auth": "oauth2",
            "token_url": f"{server.url}/token",
            "client_id": "console",
            "scope": "a b",
        }
        connect(SINGLE, **settings).check()
        connect.close()
        first = server.received.split(b"GET ")[0]
    assert b"Content-Type: application/x-www-form-urlencoded" in first
    assert first.rpartition(b"\r\n\r\n")[2] == (
        f"grant_type=client_credentials&client_id=console&client_secret={TOKEN}&scope=a+b".encode()
    )


def test_the_encoded_form_of_a_password_is_a_secret_too(crm, connect):
    pair = base64.b64encode(f"console:{TOKEN}".encode()).decode()
    crm.refuse("lastname", "Lovelace", message=f"Basic {pair} may not")
    (result,) = connect(SINGLE, auth="basic", auth_user="console").upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert result.failure.message == "last_name: Basic *** may not"
