"""Refuses requests whose length can be read in two ways: that is how one request is smuggled inside another.

waitress already refuses bad chunks, differing Content-Lengths and bare line feeds in headers. Added here: a length
given twice over (Content-Length beside Transfer-Encoding, either of them repeated), Transfer-Encoding on HTTP/1.0,
a request without exactly one Host, and chunk lines or trailers without an end.
"""

import re

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest

from config.serving.limits import CHUNK_LINE_LIMIT_BYTES, TRAILER_LIMIT_BYTES

# Counted on the raw bytes: waitress folds repeated headers into one and drops names with an underscore.
LENGTH_HEADERS = re.compile(rb"^(content[-_]length|transfer[-_]encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
HOST_HEADERS = re.compile(rb"^host:", re.IGNORECASE | re.MULTILINE)


class StrictRequestParser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """One request, with one length and one host."""

    completed: bool

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        lengths = LENGTH_HEADERS.findall(header_plus)
        if len(lengths) > 1:
            raise ParsingError("The length is given more than once")
        if lengths and b"_" in lengths[0]:
            raise ParsingError("Invalid header name")
        if self.version != "1.1" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")
        if self.version == "1.1" and len(HOST_HEADERS.findall(header_plus)) != 1:
            raise ParsingError("Exactly one Host is needed")

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        receiver = self.body_rcv
        if isinstance(receiver, ChunkedReceiver) and not self.completed and _is_endless(receiver):
            self.error = BadRequest("Chunk line or trailer too long")
            self.completed = True
        return consumed


def _is_endless(receiver: ChunkedReceiver) -> bool:
    return len(receiver.control_line) > CHUNK_LINE_LIMIT_BYTES or len(receiver.trailer) > TRAILER_LIMIT_BYTES
