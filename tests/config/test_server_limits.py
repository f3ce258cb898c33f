"""What the server tells the application: how long a request waited, and whose address it believes."""

import contextlib
import socket
import threading

import pytest
from waitress import wasyncore

from config.serving import access_log
from config.serving.access_log import logged
from config.serving.server import WAITED, make_server


@contextlib.contextmanager
def serving(application, trusted_proxy=None):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = make_server(application, listener, threads=1, body_limit_bytes=1000, trusted_proxy=trusted_proxy)
    stop = threading.Event()

    def run():
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, use_poll=True, map=server._map, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)


def ask(port, headers=b""):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + b"\r\n")
        answer = b""
        while part := link.recv(4096):
            answer += part
    return answer


def describe(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    known = {name: environ.get(name) for name in ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_X_FORWARDED_FOR")}
    return [repr(sorted(known.items(), key=str)).encode()]


FORWARDED = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"


def test_forwarded_headers_of_a_stranger_are_dropped():
    with serving(describe) as port:
        answer = ask(port, FORWARDED)

    assert b"('REMOTE_ADDR', '127.0.0.1')" in answer
    assert b"('wsgi.url_scheme', 'http')" in answer
    assert b"('HTTP_X_FORWARDED_FOR', None)" in answer


def test_forwarded_headers_of_the_trusted_proxy_become_the_clients_address_and_scheme():
    with serving(describe, trusted_proxy="127.0.0.1") as port:
        answer = ask(port, FORWARDED)

    assert b"('REMOTE_ADDR', '203.0.113.9')" in answer
    assert b"('wsgi.url_scheme', 'https')" in answer


@pytest.fixture
def short_patience(monkeypatch):
    monkeypatch.setattr(access_log, "QUEUE_SECONDS", 0.2)


def test_a_request_that_waited_too_long_for_a_thread_is_answered_503_without_the_application(short_patience):
    holding, release, answers, calls = threading.Event(), threading.Event(), [], []

    def application(environ, start_response):
        calls.append(environ[WAITED])
        holding.set()
        release.wait(10)
        start_response("200 OK", [])
        return [b""]

    with serving(logged(application)) as port:
        first = threading.Thread(target=lambda: answers.append(ask(port)))
        first.start()
        holding.wait(10)
        second = threading.Thread(target=lambda: answers.append(ask(port)))
        second.start()
        second.join(0.5)
        release.set()
        first.join(10)
        second.join(10)

    assert sorted(answer[9:12] for answer in answers) == [b"200", b"503"]
    assert len(calls) == 1
