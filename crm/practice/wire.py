"""HTTP/1.1 over a plain socket: little enough to be fast, and open enough for a fault to break it anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

HEAD_LIMIT = 65_536
BODY_LIMIT = 32 * 1024 * 1024
_REASONS = {int(each): each.phrase for each in HTTPStatus}


class BadRequestError(Exception):
    """Not HTTP we understand; the connection is closed after a 400."""


@dataclass(slots=True)
class Request:
    method: str
    path: str  # unquoted, without the query
    query_text: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_text, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        reason = _REASONS.get(self.status, "Unknown")
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        head = "\r\n".join(lines).encode("latin-1", "replace")
        return head + b"\r\n\r\n" + (b"" if self.status == HTTPStatus.NO_CONTENT else self.body)


def json_answer(status: int, data: Any, **headers: str) -> Answer:
    """Header names are given with underscores: `Retry_After="5"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, orjson.dumps(data), headers=named)


def read_request(stream: BufferedIOBase) -> Request | None:
    """The next request, or None when the peer is done. Raises BadRequestError."""
    first = stream.readline(HEAD_LIMIT)
    if not first.strip():
        return None
    try:
        method, target, _ = first.decode("latin-1").split()
    except ValueError as error:
        raise BadRequestError("request line") from error
    headers = _headers(stream)
    path, _, query = target.partition("?")
    return Request(method, unquote(path), query, headers, _body(stream, headers))


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    size = 0
    while (line := stream.readline(HEAD_LIMIT)) not in (b"\r\n", b"\n", b""):
        size += len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or size > HEAD_LIMIT:
            raise BadRequestError("headers")
        headers[name.strip().lower()] = value.strip()
    return headers


def _body(stream: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_chunks(stream))
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError as error:
        raise BadRequestError("length") from error
    if not 0 <= length <= BODY_LIMIT:
        raise BadRequestError("length")
    body = stream.read(length) if length else b""
    if len(body) != length:
        raise BadRequestError("body cut short")
    return body


def _chunks(stream: BufferedIOBase) -> list[bytes]:
    chunks: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(stream.readline(64).split(b";")[0], 16)
        except ValueError as error:
            raise BadRequestError("chunk") from error
        total += size
        if size < 0 or total > BODY_LIMIT:
            raise BadRequestError("chunk")
        if size == 0:
            _headers(stream)
            return chunks
        chunks.append(stream.read(size))
        stream.readline(8)
