"""The socket underneath the HTTP client: checks the connected address, keeps the call's deadline, knows what was sent.

This sits below the HTTP library because only here the question "had a byte of the request left?" has an exact answer,
and only here an address can be refused before a byte is sent.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from sync.http.addresses import AddressPolicy, RefusedUrlError


class AddressRefusedError(httpcore.ConnectError):
    """Connected nowhere: the host leads to an address this connection may not reach."""


class CertificateRefusedError(httpcore.ConnectError):
    """The server's certificate is expired, of another host, or signed by nobody we trust."""


class CallState(threading.local):
    """The call this thread is making. A thread makes one call at a time, so it needs no key."""

    deadline: float = float("inf")  # on time.monotonic()
    sent: bool = False  # a byte of the request has left this machine

    def begin(self, total_seconds: float) -> None:
        """Start the clock of a new call."""
        self.deadline = time.monotonic() + total_seconds
        self.sent = False

    def clip(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float:
        """The shorter of this step's timeout and what is left of the call. Raises `error` when nothing is left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise error("the call took longer than its total time")
        return left if timeout is None else min(timeout, left)


class GuardedStream(httpcore.NetworkStream):
    """A connected socket, plain or TLS, that never outlives the deadline of the call using it."""

    def __init__(self, inner: httpcore.NetworkStream, call: CallState) -> None:
        self._inner = inner
        self._call = call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._call.clip(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        timeout = self._call.clip(timeout, httpcore.WriteTimeout)
        if buffer:
            self._call.sent = True
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._call.clip(timeout, httpcore.ConnectTimeout)
        try:
            stream = self._inner.start_tls(ssl_context, server_hostname, timeout)
        except httpcore.ConnectError as error:
            # Told apart here: the pool drops the cause on the way up.
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise CertificateRefusedError(error.__cause__.verify_message) from error
            raise
        return GuardedStream(stream, self._call)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens sockets only to addresses the policy allows."""

    def __init__(self, policy: AddressPolicy, call: CallState) -> None:
        self._policy = policy
        self._call = call
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each allowed address in turn. Raises AddressRefusedError, ConnectError or ConnectTimeout."""
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._allowed_addresses(host, port):
            timeout = self._call.clip(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self._check_connected(stream)
            return GuardedStream(stream, self._call)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def _allowed_addresses(self, host: str, port: int) -> list[str]:
        # A name that leads anywhere forbidden is refused as a whole: choosing the one good address among bad ones
        # would let a rebinding name through on the next call.
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"host {host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self._check(address)
        return addresses

    def _check_connected(self, stream: httpcore.NetworkStream) -> None:
        try:
            self._check(str(stream.get_extra_info("server_addr")[0]))
        except AddressRefusedError:
            stream.close()
            raise

    def _check(self, address: str) -> None:
        try:
            self._policy.check_address(address)
        except RefusedUrlError as refused:
            raise AddressRefusedError(str(refused)) from None
