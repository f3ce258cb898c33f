"""One HTTP request as the practice server's parts see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; {} when empty. Raises ValueError when it is something else."""
        value = orjson.loads(self.body) if self.body else {}
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")  # noqa: TRY004 - a wrong value, as the caller sees it
        return value

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def is_from_another_site(self) -> bool:
        """A browser says where a form came from; another site must not be able to press our buttons."""
        origin = self.headers.get("Origin")
        return self.method != "GET" and origin is not None and origin.split("//")[-1] != self.headers.get("Host")
