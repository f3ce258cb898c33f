"""Faults B20 and B21 (slow, half-open, oversized and smuggled requests) against the web server we ship."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.config.serving_support import free_port, read_all, running_web, statuses

BODY_BEGUN = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{"
HEAD_BEGUN = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with running_web(tmp_path_factory.mktemp("web") / "web.log") as web:
        yield web


def drip(links, *, every_seconds, for_seconds, part):
    """Send one small part at a time; returns how long each connection was kept, in seconds."""
    began, kept = time.monotonic(), {}
    while len(kept) < len(links) and time.monotonic() - began < for_seconds:
        ready, _, _ = select.select([link for link in links if link not in kept], [], [], every_seconds)
        for link in ready:
            if not read_all_now(link):
                kept[link] = time.monotonic() - began
        for link in links:
            if link not in kept:
                try:
                    link.sendall(part)
                except OSError:
                    kept[link] = time.monotonic() - began
    return list(kept.values())


def read_all_now(link):
    try:
        return link.recv(4096)
    except OSError:
        return b""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("count", "opening", "part"),
    [(24, BODY_BEGUN, b" "), (24, HEAD_BEGUN, b"X-A: b\r\n"), (24, b"", b""), (200, BODY_BEGUN, b" ")],
    ids=["24 slow bodies", "24 slow heads", "24 silent", "200 slow bodies"],
)
def test_slow_clients_are_cut_after_five_seconds_and_hold_up_nobody(web, count, opening, part):
    links = [web.connect() for _ in range(count)]
    try:
        for link in links:
            link.sendall(opening)
        waited = [web.seconds_for_health() for _ in range(20)]
        kept = drip(links, every_seconds=0.3, for_seconds=9, part=part)
    finally:
        for link in links:
            link.close()

    assert max(waited) < 1.0
    assert len(kept) == count
    assert max(kept) < 6.5


def test_a_body_that_arrives_in_pieces_within_the_time_is_served(web):
    with web.connect() as link:
        link.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nConnection: close\r\n\r\n")
        for part in (b"ab", b"cd", b"ef"):
            time.sleep(0.2)
            link.sendall(part)
        answer = read_all(link)

    assert statuses(answer) == [b"403"]  # Django's CSRF check: the request arrived whole


def test_headers_without_end_are_refused(web):
    flood = HEAD_BEGUN + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 900) for number in range(60))

    assert statuses(web.exchange(flood + b"\r\n")) == [b"431"]


@pytest.mark.parametrize("length", [10_000_000_000, 10 * 1024 * 1024 + 64 * 1024])
def test_a_body_declared_too_large_is_refused_before_it_is_read(web, length):
    began = time.monotonic()
    answer = web.exchange(HEAD_BEGUN + b"Content-Length: %d\r\n\r\n{" % length)

    assert statuses(answer) == [b"413"]
    assert time.monotonic() - began < 3


def test_chunks_that_grow_beyond_the_limit_are_refused(web):
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"

    answer = web.exchange(HEAD_BEGUN + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 11)

    assert statuses(answer) in ([b"413"], [])  # [] when the close overtakes the answer: we were still sending


SMUGGLED = b"GET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello" + SMUGGLED),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED),
        (b"Content-Length: 5, 6\r\n", b"hello" + SMUGGLED),
        (b"Content-Length: +5\r\n", b"hello" + SMUGGLED),
        (b"Content-Length: -1\r\n", SMUGGLED),
        (b"Content-Length: 0x5\r\n", b"hello" + SMUGGLED),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer_Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Content_Length: 5\r\n", b"hello" + SMUGGLED),
        (b"X: y\nContent-Length: 5\r\n", b"hello" + SMUGGLED),
        (b" Content-Length: 5\r\n", b"hello" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"zz\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"-1\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhelloX\r\n0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"5;\x00\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"5;" + b"a" * 5000),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\nT: " + b"a" * 9000),
    ],
)
def test_a_request_whose_length_can_be_read_in_two_ways_is_refused_whole(web, headers, body):
    answer = web.exchange(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + body)

    assert statuses(answer) in ([b"400"], [b"501"])


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /healthz HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
        b"0\r\n\r\n" + SMUGGLED,
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: unknown.example.org\r\n\r\n",
        b"GET /health\x00z HTTP/1.1 extra\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_a_malformed_or_misdirected_request_is_refused(web, request_bytes):
    assert statuses(web.exchange(request_bytes)) == [b"400"]


def test_good_chunks_and_pipelined_requests_are_served(web):
    chunked = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

    assert statuses(web.exchange(chunked)) == [b"403"]
    assert statuses(web.exchange(GET + GET)) == [b"200", b"200"]


def test_the_secret_of_a_hook_is_in_no_line_of_the_servers_log(web):
    web.exchange(b"POST /hooks/X/contact/0a1b2c3d4e5f/MARKER-secret/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    web.exchange(b"POST /hooks/MARKER-other HTTP/1.1\r\nHost: unknown.example.org\r\n\r\n")
    web.exchange(b"POST /hooks/1/MARKER-bad/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n")

    text = web.log.read_text()
    assert "[secret]" in text
    assert "MARKER" not in text


@pytest.mark.faults
def test_a_killed_server_process_is_replaced_and_the_other_answers_meanwhile(tmp_path):
    with running_web(tmp_path / "web.log") as web:
        before = web.children()
        os.kill(before[0], signal.SIGKILL)
        waited = [web.seconds_for_health() for _ in range(5)]
        deadline = time.monotonic() + 5
        while len(web.children()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        after = web.children()

        web.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = web.process.wait(15)

    assert max(waited) < 1.0
    assert len(before) == len(after) == 2
    assert set(before) & set(after) == {before[1]}
    assert code == 0
    assert time.monotonic() - began < 5


@pytest.mark.faults
def test_no_server_process_outlives_its_killed_parent(tmp_path):
    with running_web(tmp_path / "web.log") as web:
        children = web.children()
        web.process.kill()
        web.process.wait()
        deadline = time.monotonic() + 5
        while any(_is_running(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.05)

    assert [child for child in children if _is_running(child)] == []


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_taken_port_is_one_line_and_a_non_zero_code(web):
    done = subprocess.run(
        [sys.executable, "-m", "config.serving", "--port", str(web.port)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == f"127.0.0.1:{web.port} cannot be listened on (Address already in use): set HOST or PORT\n"
    assert free_port() != web.port
