"""Read an answer's body without trusting its size, its declared length or its compression."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping


class AnswerTooLargeError(Exception):
    """The body, or what it unpacks to, is larger than the limit."""


class AnswerUnreadableError(Exception):
    """The body is packed in a way that was not asked for, or is damaged."""


def read_bounded(chunks: Iterable[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """The body, unpacked, at most `limit` bytes. Raises AnswerTooLargeError or AnswerUnreadableError.

    A packed body is unpacked piece by piece with the limit as the ceiling of each step, so a small body that unpacks
    to gigabytes never exists in memory.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _joined(chunks, limit)
    if encoding in ("gzip", "x-gzip"):
        return _joined(_gunzip(chunks, limit), limit)
    raise AnswerUnreadableError


def _joined(chunks: Iterable[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise AnswerTooLargeError
        parts.append(chunk)
    return b"".join(parts)


def _gunzip(chunks: Iterable[bytes], limit: int) -> Iterable[bytes]:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
            yield unpacker.decompress(chunk, limit + 1)
            if unpacker.unconsumed_tail or received > limit:
                raise AnswerTooLargeError
    except zlib.error:
        raise AnswerUnreadableError from None
    if received and not unpacker.eof:
        raise AnswerUnreadableError
