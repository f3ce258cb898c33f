"""The request's body as bytes, read once and no further than the limit."""

from django.http import HttpRequest, UnreadablePostError

from sync.s360.strict import DoorRefusal

JSON_TYPES = ("application/json", "text/json")
NEVER = ("multipart/", "application/x-www-form-urlencoded")


def declared_length(request: HttpRequest) -> int:
    """Content-Length as a number. Raises DoorRefusal (400) when it is missing or nonsense."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit()):
        raise DoorRefusal(400, "length_unknown", "the request does not say how long its body is; send Content-Length")
    return int(text[:20])


def refuse_other_media(request: HttpRequest, *, require_json: bool) -> None:
    """Raises DoorRefusal (415). The content type is otherwise ignored: the vendor documents none."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise DoorRefusal(
            415, "body_encoded", f"Content-Encoding {encoding[:40]!r} is not taken; send the body as it is"
        )
    media = (request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if media.startswith(NEVER):
        raise DoorRefusal(415, "media_type", f"{media[:60]!r} is not taken; send application/json")
    if require_json and media not in JSON_TYPES and not media.endswith("+json"):
        raise DoorRefusal(
            415, "media_type", f"{media[:60]!r} is not JSON; webhook_require_json_content_type asks for it"
        )


def read_body(request: HttpRequest, *, length: int) -> bytes:
    """Exactly ``length`` bytes. Raises DoorRefusal (400) when fewer arrive."""
    try:
        body = request.read(length)
    except UnreadablePostError:
        body = b""
    if len(body) != length:
        raise DoorRefusal(400, "body_cut", f"{len(body)} of {length} announced bytes arrived")
    return bytes(body)
