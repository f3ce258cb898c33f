"""The HTTP underneath: what is taken, what is refused, connections that stay."""

from __future__ import annotations

import socket

import httpx
import pytest

HEAD = b"POST /api/contacts HTTP/1.1\r\nAuthorization: Bearer t\r\n"


def exchange(crm, *pieces: bytes) -> bytes:
    host, port = crm.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as caller:
        for piece in pieces:
            caller.sendall(piece)
        caller.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := caller.recv(65_536):
            received += chunk
        return received


def test_chunked_body_is_put_together(crm):
    body = b'{"external_id"', b':"0048213"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in body)

    reply = exchange(crm, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\n\r\n")

    assert reply.startswith(b"HTTP/1.1 200 OK")
    assert crm.ledger.creates_for("0048213") == 1


def test_several_requests_on_one_connection(crm):
    one = b"GET /api/me HTTP/1.1\r\nAuthorization: Bearer t\r\n\r\n"

    assert exchange(crm, one, one, one).count(b"HTTP/1.1 200 OK") == 3


def test_connection_close_is_honoured(crm):
    one = b"GET /api/me HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer t\r\n\r\n"

    assert exchange(crm, one, one).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        HEAD + b"no colon here\r\n\r\n",
        HEAD + b"Content-Length: ten\r\n\r\n",
        HEAD + b"Content-Length: 99999999999\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 10\r\n\r\nshort",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 900) for number in range(80)) + b"\r\n",
    ],
)
def test_what_is_not_http_is_400_and_changes_nothing(crm, request_bytes):
    assert exchange(crm, request_bytes).startswith(b"HTTP/1.1 400 ")
    assert crm.contacts() == []


def test_stopped_crm_refuses_connections(crm):
    url = crm.url
    crm.stop()
    crm.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(RuntimeError):
        _ = crm.url
