"""An HTTP answer, and the ways it can go wrong on the wire. The server carries them out."""

from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=utf-8"


@dataclass(slots=True)
class Reply:
    """`ending`: answer as written; close without a word after `seconds` (hang); cut the connection (reset); never stop
    sending (endless). `seconds` before an ordinary answer make it late."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    pause_seconds: float = 0.0  # between the pieces of an endless answer
    ending: Literal["answer", "hang", "reset", "endless"] = "answer"


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(value, default=str))


def problem(text: str, status: int = 400) -> Reply:
    return json_reply({"error": text}, status)


def html_reply(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), HTML)


def redirect(to: str) -> Reply:
    return Reply(303, b"", HTML, {"Location": to})
