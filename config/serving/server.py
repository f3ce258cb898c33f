"""waitress with a clock on every request: who is slow is cut, who waited too long is told so."""

import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from config.serving import limits
from config.serving.parser import StrictRequestParser

WAITED = "console.waited_seconds"  # in the WSGI environment: how long the whole request waited for a thread


class TimedTask(WSGITask):  # type: ignore[misc]  # waitress has no types
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[WAITED] = time.monotonic() - self.request.completed_at
        return environ


class TimedParser(StrictRequestParser):
    """Remembers when the request was whole."""

    completed_at = 0.0

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.completed:
            self.completed_at = time.monotonic()
        return consumed


class TimedChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection. `waiting_since` is set while a request, or the first byte of the connection, is outstanding.

    waitress' own time-out looks at the last activity, which a sender of one byte a second renews for ever.
    """

    parser_class = TimedParser
    task_class = TimedTask

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.waiting_since: float | None = time.monotonic()
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        before = self.request
        kept: bool = super().received(data)
        if self.request is None:
            self.waiting_since = None
        elif self.request is not before:
            self.waiting_since = time.monotonic()
        return kept

    def is_overdue(self, now: float) -> bool:
        return self.waiting_since is not None and now - self.waiting_since > limits.REQUEST_SECONDS

    def is_busy(self) -> bool:
        return bool(self.requests or self.request is not None or self.total_outbufs_len)


class ImpatientServer(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    channel_class = TimedChannel

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        self.next_channel_cleanup = now + limits.SWEEP_SECONDS  # waitress' own setting takes whole seconds only
        clock = time.monotonic()
        for channel in self.active_channels.values():
            if channel.is_overdue(clock):
                channel.will_close = True

    def stop_accepting(self) -> None:
        """Leave the listening socket to the other processes that share it."""
        self.accepting = False
        self.del_channel(self._map)

    def is_idle(self) -> bool:
        return not any(channel.is_busy() for channel in self.active_channels.values())


def make_server(
    application: Any, listener: socket.socket, *, threads: int, body_limit_bytes: int, trusted_proxy: str | None
) -> ImpatientServer:
    """A server on an already bound socket. Run it with `config.serving.loop`."""
    settings: dict[str, Any] = {}
    if trusted_proxy:
        # Only then are X-Forwarded-* believed: they become the client's address and scheme. Else they are dropped.
        settings = {
            "trusted_proxy": trusted_proxy,
            "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
            "trusted_proxy_count": 1,
        }
    adjustments = Adjustments(
        sockets=[listener],
        threads=threads,
        backlog=limits.BACKLOG,
        connection_limit=limits.CONNECTION_LIMIT,
        max_request_header_size=limits.HEADER_LIMIT_BYTES,
        max_request_body_size=body_limit_bytes + limits.BODY_MARGIN_BYTES,
        channel_timeout=limits.IDLE_SECONDS,
        asyncore_use_poll=True,  # select() ends at 1,024 descriptors
        clear_untrusted_proxy_headers=True,
        ident="",
        recv_bytes=64 * 1024,
        **settings,
    )
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    address = (listener.family, listener.type, listener.proto, listener.getsockname())
    return ImpatientServer(
        application, {}, True, listener, dispatcher=dispatcher, adj=adjustments, sockinfo=address, bind_socket=False
    )
