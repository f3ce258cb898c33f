"""The client every outgoing call goes through: what it refuses, what it bounds, what it knows about a failed call."""

import gzip
import logging
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from crm.practice import PracticeCrm
from sync.engine.failures import Failure
from sync.http import client as http_module
from sync.http.addresses import AddressPolicy
from sync.http.client import CallFailedError, HttpClient, shared_client
from tests.sync.http.certificates import Authority
from tests.sync.http.raw_server import RawServer, http

SECRET = "s3cret-t0ken-value"
CUT_SHORT = gzip.compress(b"{}" * 500, mtime=0)[:-12]
HEADERS = {"Authorization": f"Bearer {SECRET}"}


def client_for(url: str, **limits) -> HttpClient:
    return HttpClient(AddressPolicy.for_urls([url], allow_private=True), **limits)


def failure_of(client: HttpClient, url: str, *, writes: bool = True, method: str = "POST") -> Failure:
    with pytest.raises(CallFailedError) as raised:
        client.request(method, url, route="/", headers=HEADERS, body=b"{}", writes=writes)
    client.close()
    assert SECRET not in repr(raised.value) + str(raised.value) + repr(raised.value.failure)
    return raised.value.failure


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_answer_and_never_followed(status):
    with RawServer(http("200 OK", b'{"stolen": true}')) as elsewhere:
        moved = http(status, b"", f"Location: {elsewhere.url}/")
        with RawServer(moved) as server:
            policy = AddressPolicy.for_urls([server.url, elsewhere.url], allow_private=True)
            client = HttpClient(policy)
            answer = client.request("POST", server.url, route="/", headers=HEADERS, body=b"{}")
            client.close()
        assert (answer.status, answer.content) == (int(status[:3]), b"")
        assert elsewhere.connections == 0


def test_connections_are_kept_for_the_next_call():
    with RawServer(http("200 OK", b'{"ok": true}')) as server:
        client = client_for(server.url)
        for _ in range(5):
            assert client.request("GET", server.url, route="/", headers={}).json() == {"ok": True}
        client.close()
        assert server.connections == 1


def test_cookies_are_not_kept():
    with RawServer(http("200 OK", b"{}", "Set-Cookie: session=abc")) as server:
        client = client_for(server.url)
        client.request("GET", server.url, route="/", headers={})
        client.request("GET", server.url, route="/", headers={})
        client.close()
        assert b"abc" not in server.received


def test_proxies_named_by_the_environment_are_not_used(monkeypatch):
    with RawServer(http("200 OK", b"1")) as server, RawServer(http("200 OK", b"2")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        client = client_for(server.url)
        assert client.request("GET", server.url, route="/", headers={}).content == b"1"
        client.close()
        assert proxy.connections == 0


def test_no_listener_is_known_not_to_have_been_applied(unused_tcp_port_url):
    failure = failure_of(client_for(unused_tcp_port_url), unused_tcp_port_url)
    assert (failure.kind, failure.code, failure.scope) == ("transient", "connect_failed", "connection")
    assert not failure.outcome_unknown


def test_a_name_nobody_knows_is_known_not_to_have_been_applied(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = "https://crm.example.org/"
    failure = failure_of(client_for(url), url)
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "connect_failed", False)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"expired": True}, "certificate has expired"),
        ({"self_signed": True}, "self-signed certificate"),
        ({"host": "other.example.org"}, "IP address mismatch"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused_before_a_byte_of_the_request(authority: Authority, wrong, words):
    with RawServer(http("200 OK"), context=authority.server_context(**wrong)) as server:
        failure = failure_of(client_for(server.url, ssl_context=authority.client_context), server.url)
        assert server.received == b""
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", "tls_certificate")
    assert words in failure.message
    assert not failure.outcome_unknown


def test_a_good_certificate_is_accepted(authority: Authority):
    with RawServer(http("200 OK", b"1"), context=authority.server_context()) as server:
        client = client_for(server.url, ssl_context=authority.client_context)
        assert client.request("GET", server.url, route="/", headers=HEADERS).content == b"1"
        client.close()


def test_our_usual_authorities_do_not_trust_a_strangers(authority: Authority):
    with RawServer(http("200 OK"), context=authority.server_context()) as server:
        assert failure_of(client_for(server.url), server.url).code == "tls_certificate"
        assert server.received == b""


def test_a_server_that_does_not_speak_tls_is_known_not_to_have_been_applied():
    with RawServer(http("400 Bad Request")) as server:
        url = server.url.replace("http:", "https:")
        failure = failure_of(client_for(url), url)
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "connect_failed", False)


def wait_for_the_peer(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def hang_up(connection: socket.socket) -> None:
    """Close without a word."""


def half_an_answer(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"results":')


def not_http(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example.org ESMTP\r\n\r\n")


# Whether a closed line is seen as an early end or as a reset is the kernel's choice.
@pytest.mark.parametrize("answer", [hang_up, half_an_answer, not_http])
def test_what_fails_after_sending_is_unknown_for_a_write_and_plain_for_a_read(answer):
    with RawServer(answer) as server:
        failure = failure_of(client_for(server.url), server.url)
        assert (failure.kind, failure.scope) == ("transient", "batch")
        assert failure.code in ("answer_garbled", "connection_lost")
        assert failure.outcome_unknown
        assert not failure_of(client_for(server.url), server.url, writes=False, method="GET").outcome_unknown


def test_silence_ends_at_the_read_timeout_as_unknown():
    with RawServer(wait_for_the_peer) as server:
        started = time.monotonic()
        failure = failure_of(client_for(server.url, read_seconds=0.2), server.url)
        assert time.monotonic() - started < 2
    assert (failure.code, failure.outcome_unknown) == ("timeout", True)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    _drip(connection, b"x")


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _drip(connection, b"X-Slow: yes\r\n")


def drip_informational(connection: socket.socket) -> None:
    _drip(connection, b"HTTP/1.1 103 Early Hints\r\n\r\n")


def _drip(connection: socket.socket, piece: bytes) -> None:
    pause = threading.Event()
    try:
        while not pause.wait(0.05):
            connection.sendall(piece)
    except OSError:
        return


@pytest.mark.parametrize("answer", [drip_body, drip_headers, drip_informational])
def test_a_dripping_answer_ends_at_the_total_time_as_unknown(answer):
    with RawServer(answer) as server:
        started = time.monotonic()
        failure = failure_of(client_for(server.url, read_seconds=5, total_seconds=0.5), server.url)
        assert 0.4 < time.monotonic() - started < 2
    assert (failure.code, failure.outcome_unknown) == ("timeout", True)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    try:
        while True:
            connection.sendall(chunk)
    except OSError:
        return


def test_an_endless_answer_is_cut_at_the_limit_and_unknown():
    with RawServer(endless) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        failure = failure_of(client_for(server.url), server.url)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "answer_too_large", True)


def test_an_answer_at_the_limit_is_read_and_one_byte_more_is_not():
    for size, fits in ((1000, True), (1001, False)):
        with RawServer(http("200 OK", b"x" * size)) as server:
            client = client_for(server.url, max_answer_bytes=1000)
            if fits:
                assert len(client.request("GET", server.url, route="/", headers={}).content) == size
                client.close()
            else:
                assert failure_of(client, server.url).code == "answer_too_large"


def test_a_gzip_bomb_is_cut_without_being_unpacked():
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9, mtime=0)
    with RawServer(http("200 OK", bomb, "Content-Encoding: gzip")) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        failure = failure_of(client_for(server.url), server.url)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB
    assert (failure.code, failure.outcome_unknown) == ("answer_too_large", True)


def test_a_packed_answer_is_unpacked():
    packed = gzip.compress(b'{"results": []}', mtime=0)
    with RawServer(http("200 OK", packed, "Content-Encoding: gzip")) as server:
        client = client_for(server.url)
        assert client.request("GET", server.url, route="/", headers={}).json() == {"results": []}
        client.close()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"not gzip at all", "gzip"),
        (gzip.compress(b"{}" * 500, mtime=0)[:-12], "gzip"),
        (b"{}", "br"),
        (b"{}", "gzip, gzip"),
    ],
)
def test_a_body_packed_wrongly_is_unreadable_and_unknown(body, encoding):
    with RawServer(http("200 OK", body, f"Content-Encoding: {encoding}")) as server:
        failure = failure_of(client_for(server.url), server.url)
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "answer_unreadable", True)


@pytest.mark.parametrize("credential", ["with\nline", "with\r\nX-Injected: yes", "nul\x00", "snow\u2603man"])
def test_a_credential_no_header_can_carry_is_refused_unsent_and_unshown(credential):
    with RawServer(http("200 OK")) as server:
        client = client_for(server.url)
        with pytest.raises(CallFailedError) as raised:
            client.request("GET", server.url, route="/", headers={"Authorization": f"Bearer {SECRET}{credential}"})
        client.close()
        assert server.received == b""
    assert (raised.value.failure.kind, raised.value.failure.code) == ("misconfigured", "illegal_request")
    assert SECRET not in repr(raised.value) + str(raised.value.failure)


def test_a_traceback_of_a_failed_call_shows_no_credential(caplog):
    log = logging.getLogger("test")
    with RawServer(hang_up) as server:
        client = client_for(server.url)
        try:
            client.request("GET", server.url, route="/", headers={"Authorization": f"Bearer {SECRET}\n"})
        except CallFailedError:
            log.exception("failed")
        client.close()
    assert "illegal_request" in caplog.text
    assert SECRET not in caplog.text


def test_the_log_line_names_route_outcome_and_vendor_id_only(caplog):
    caplog.set_level(logging.INFO, "sync.http.client")
    with RawServer(http("200 OK", b'{"email": "ada@example.org"}', "X-Request-Id: abc-1")) as server:
        client = client_for(server.url)
        client.request("GET", f"{server.url}/contacts/00042", route="/contacts/{id}", headers=HEADERS)
        client.close()
    (line,) = caplog.records
    said = vars(line)
    assert (said["method"], said["route"], said["outcome"], said["request_id"]) == (
        "GET",
        "/contacts/{id}",
        "200",
        "abc-1",
    )
    assert not [word for word in ("00042", "ada@", SECRET) if word in str(said)]


def test_an_answer_never_shows_its_body():
    with RawServer(http("200 OK", b'{"email": "ada@example.org"}')) as server:
        client = client_for(server.url)
        answer = client.request("GET", server.url, route="/", headers={})
        client.close()
    assert "ada@" not in repr(answer)


def test_several_threads_share_one_client(monkeypatch):
    with PracticeCrm(token="t") as crm:
        client = client_for(crm.url)
        answers: list[int] = []

        def work():
            answers.extend(client.request("GET", f"{crm.url}/api/me", route="/", headers={}).status for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        client.close()
    assert answers == [403] * 160


@pytest.fixture
def no_shared_clients() -> Iterator[None]:
    http_module._shared.clear()
    yield
    for client in http_module._shared.values():
        client.close()
    http_module._shared.clear()


@pytest.mark.usefixtures("no_shared_clients")
def test_one_process_keeps_one_client_for_the_same_hosts():
    one = shared_client(AddressPolicy(frozenset({"a.example.org"})))
    assert shared_client(AddressPolicy(frozenset({"a.example.org"}))) is one
    assert shared_client(AddressPolicy(frozenset({"a.example.org"}), allow_private=True)) is not one
    assert shared_client(AddressPolicy(frozenset({"b.example.org"}))) is not one
    assert shared_client(AddressPolicy(frozenset({"a.example.org"})), far_side="the CRM") is not one


def test_messages_say_who_did_not_answer():
    with RawServer(hang_up) as server:
        gone = server.url
    failure = failure_of(client_for(gone, far_side="S-360"), gone)
    assert (failure.code, failure.message) == ("connect_failed", "no connection to S-360 could be made")
    assert failure_of(client_for(gone), gone).message == "no connection to the other side could be made"


@pytest.mark.usefixtures("no_shared_clients")
def test_a_forked_process_opens_connections_of_its_own(monkeypatch):
    one = shared_client(AddressPolicy(frozenset({"a.example.org"})))
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert shared_client(AddressPolicy(frozenset({"a.example.org"}))) is not one
