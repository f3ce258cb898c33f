"""What kind of failure was it?

The edge (a connector, the S-360 client) sorts every failure into five kinds once; nobody behind it looks at a status
code again. A vendor's own code or body decides first, the table here is the fallback.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias, get_args

RETRY_AFTER_CAP_SECONDS = 900.0  # whatever is asked, one probe after 15 minutes
RETRY_AFTER_DEFAULT_SECONDS = 60.0  # throttled, but no readable time: S-360 counts by the minute
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


# Plain words, not enumerations: connectors write them, rows and JSON hold them.
# transient: may work unchanged later. throttled: asked to slow down, not a failed attempt. permanent: will not work
# until data changes. misconfigured: credentials, permission, a field or value without a mapping. internal: our own.
FailureKind: TypeAlias = Literal["transient", "throttled", "permanent", "misconfigured", "internal"]
FailureScope: TypeAlias = Literal["record", "batch", "connection"]
FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)
FAILURE_SCOPES: tuple[FailureScope, ...] = get_args(FailureScope)


@dataclass(frozen=True, slots=True)
class Failure:
    """One sorted failure.

    ``code``: the vendor's own, verbatim. ``message``: safe to show, secrets and full bodies stripped.
    ``retry_after``: seconds. ``outcome_unknown``: the request may have been applied; read before sending again.
    """

    kind: FailureKind
    scope: FailureScope
    code: str
    message: str
    retry_after: float | None = None
    outcome_unknown: bool = False
    field: str | None = None
    conflicting_remote_id: str | None = None
    request_id: str | None = None


# 509 is what S-360 answers today when throttling, 429 what it has announced. A generic client would take 509 for a
# server error and retry at once.
_THROTTLED = frozenset({429, 509})
_MISCONFIGURED = frozenset({401, 403, 407})
_TRANSIENT = frozenset({408, 425})
_REDIRECTS = 3  # first digit of the status
_ANSWERED = frozenset({2, 4})  # the other side understood and said no; any other number is trouble on the way


def classify_status(status: int) -> FailureKind:
    """The kind a status has when nothing better is known; total. Redirects count as misconfigured: none is followed.

    2xx with a refusal in the body is permanent: the caller has already found that it is no success.
    """
    if status in _THROTTLED:
        return "throttled"
    family = status // 100
    if status in _MISCONFIGURED or family == _REDIRECTS:
        return "misconfigured"
    if status in _TRANSIENT or family not in _ANSWERED:
        return "transient"
    return "permanent"


def default_scope(kind: FailureKind) -> FailureScope:
    """Whom a failure concerns when the vendor does not say: a credential or a limit concerns the whole connection."""
    if kind in ("throttled", "misconfigured"):
        return "connection"
    return "record"


def parse_retry_after(text: str | None, now: datetime, cap: float = RETRY_AFTER_CAP_SECONDS) -> float | None:
    """Seconds to wait, never more than ``cap``; None without a header. ``now``: aware.

    Seconds or an HTTP date. Nonsense, a negative number or a date that is already past (a clock is wrong) is 60 s.
    """
    if text is None or not text.strip():
        return None
    asked = _seconds(text.strip(), now)
    return min(RETRY_AFTER_DEFAULT_SECONDS if asked is None else asked, cap)


def retry_after_seconds(headers: Mapping[str, str], cap: float = RETRY_AFTER_CAP_SECONDS) -> float | None:
    """``parse_retry_after`` on an answer's headers (lower-case names), by the answer's own ``Date``: their clock may be
    wrong, but it is the clock they meant. Without a ``Date``, a date in ``Retry-After`` is nonsense: 60 s."""
    sent_at = _moment(headers.get("date", ""))
    return parse_retry_after(headers.get("retry-after"), sent_at or datetime.max.replace(tzinfo=UTC), cap)


def _seconds(text: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = _moment(text)
    wait = (moment - now).total_seconds() if moment else -1.0
    return wait if wait >= 0 else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
