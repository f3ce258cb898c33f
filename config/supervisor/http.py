"""Is it there? Asked with a real request, as a browser would."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit


def answers_200(url: str, *, timeout_seconds: float = 2.0) -> bool:
    status, _ = get(url, timeout_seconds=timeout_seconds)
    return status == http.client.OK


def get_json(url: str, *, timeout_seconds: float = 2.0) -> dict[str, Any]:
    """The JSON object at `url`, whatever the status; empty when there is none."""
    _, body = get(url, timeout_seconds=timeout_seconds)
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def get(url: str, *, timeout_seconds: float) -> tuple[int, bytes]:
    """Status and body (at most 64 KiB); (0, b"") when nobody answers in time."""
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        link.request("GET", parts.path, headers={"Host": f"localhost:{parts.port}"})
        response = link.getresponse()
        return response.status, response.read(64 * 1024)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        link.close()
