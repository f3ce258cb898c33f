"""What may a person without the permission see of a value, and what may a log line keep of a text?

``mask_value`` for fields we know; ``scrub`` for free text from elsewhere (a vendor's error message, an exception).
Masks keep just enough to recognise a value one already knows.
"""

import re

from sync.engine.canonical import FieldKind, Value, View, spec_of

HIDDEN = "***"
_TAIL = 2  # digits of a phone number that stay readable
_LEAST_TO_SHOW = 6  # a shorter number would be half given away by its tail

# Bounded repeats: a hostile megabyte must not make a log line take minutes.
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=/]{1,254}@[^\s@<>\"'(),;:=/]{1,254}")
# Phones, barcodes, card numbers: eight digits and more, however they are grouped.
_DIGITS = re.compile(r"\+?\d(?:[ ()./\u00a0-]{0,2}\d){7,}")
# A word that looks generated, so that "Basic authentication failed" stays readable.
_CREDENTIAL = re.compile(r"\b((?i:bearer|basic|token)\s+)(?=\S{0,40}[0-9A-Z=])[A-Za-z0-9._~+/=-]{6,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*")
_NAMED_SECRET = re.compile(
    r"((?:password|passwd|secret|api[_-]?key|apikey|access[_-]?token|refresh[_-]?token|client[_-]?secret|signature)"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"'&,;}]+)",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@]{1,200}@", re.IGNORECASE)
_HOOK_PATH = re.compile(r"(/hooks/[^/\s?#]+/)([^/\s?#]+)")


def mask_value(field: str, value: Value) -> Value:
    """The value as shown without the permission to see personal data. Empty stays empty; total."""
    spec = spec_of(field)
    if not spec.personal or value is None:
        return value
    if isinstance(value, list):
        return [HIDDEN for _ in value]
    text = str(value)
    match spec.kind:
        case FieldKind.EMAIL:
            return mask_email(text)
        case FieldKind.PHONE:
            return mask_phone(text)
        case FieldKind.DATE:
            return HIDDEN
        case _:
            return " ".join(f"{word[0]}{HIDDEN}" for word in text.split())


def mask_view(view: View) -> dict[str, Value]:
    """A new view with every personal value masked."""
    return {field: mask_value(field, value) for field, value in view.items()}


def mask_email(text: str) -> str:
    """``noor@mail.example.org`` -> ``n***@m***.org``; without an at sign nothing is kept."""
    name, at, host = text.rpartition("@")
    if not at:
        return HIDDEN
    domain, dot, top = host.rpartition(".")
    return f"{name[:1]}{HIDDEN}@{(domain or host)[:1]}{HIDDEN}{dot}{top if dot else ''}"


def mask_phone(text: str) -> str:
    """All but the last two digits; nothing of a short number."""
    digits = [character for character in text if character.isdigit()]
    return HIDDEN + ("".join(digits[-_TAIL:]) if len(digits) >= _LEAST_TO_SHOW else "")


def scrub(text: str) -> str:
    """The text without e-mail addresses, long digit runs, tokens, passwords and hook secrets. Safe to repeat."""
    text = _HOOK_PATH.sub(rf"\g<1>{HIDDEN}", text)
    text = _URL_LOGIN.sub(rf"\g<1>{HIDDEN}@", text)
    text = _JWT.sub(HIDDEN, text)
    text = _CREDENTIAL.sub(rf"\g<1>{HIDDEN}", text)
    text = _NAMED_SECRET.sub(rf"\g<1>{HIDDEN}", text)
    text = _EMAIL.sub(lambda found: found[0] if found[0].startswith(f"{HIDDEN}@") else mask_email(found[0]), text)
    return _DIGITS.sub(lambda found: mask_phone(found[0]), text)
