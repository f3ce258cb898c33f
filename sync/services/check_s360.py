"""Can the console talk to this institution's S-360? One read, told as lines a person can act on. Changes nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from sync.http.client import CallFailedError, HttpAnswer
from sync.models import Institution
from sync.s360.api import GET_CONTACT, SEARCH_CONTACT, Method, S360Api
from sync.s360.client import DETAILS
from sync.s360.envelope_answer import RecordUnknownError, read_answer
from sync.services.api_access import open_client

NOBODY = "nobody@example.org"  # looked for when no number is given; example.org belongs to nobody
ALLOWED_SECONDS = 1.0  # how old the time in a signed token may be
REFUSED_ADDRESS = frozenset({"address_refused", "illegal_request"})


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One question and its answer. ``passed`` is None when it could not be found out."""

    name: str
    passed: bool | None
    text: str


def check_s360(
    institution: Institution, number: str = "", *, clock: Callable[[], float] = time.time
) -> list[CheckLine]:
    """Reads the contact ``number``, or looks for an address nobody has: one call of the budget. Safe to repeat."""
    try:
        api = open_client(institution).api
    except CallFailedError as error:
        return [CheckLine("settings", False, error.failure.message)]
    method, request = _harmless(number)
    began = clock()
    try:
        answer = api.send(method, request)
    except CallFailedError as error:
        return [CheckLine("settings", True, _described(api)), *_without_answer(error)]
    ended = clock()
    return [
        CheckLine("settings", True, _described(api)),
        CheckLine("reachable", True, f"answered {answer.status} after {ended - began:.2f} s"),
        _tls(api),
        _credentials(api, answer),
        clock_line(answer, began, ended),
        _version(api, method, answer),
        _call(api, method, answer),
    ]


def _harmless(number: str) -> tuple[Method, dict[str, object]]:
    if number:
        return GET_CONTACT, {"contactNumber": number, "details": list(DETAILS)}
    return SEARCH_CONTACT, {"email": NOBODY}


def _described(api: S360Api) -> str:
    return f"{api.access.base_url} as {api.access.operator}, {api.access.auth_mode} authentication"


def _without_answer(error: CallFailedError) -> list[CheckLine]:
    failure = error.failure
    if failure.code == "tls_certificate":
        return [CheckLine("reachable", True, "a server is there"), CheckLine("TLS", False, failure.message)]
    if failure.kind == "misconfigured" and failure.code not in REFUSED_ADDRESS:  # the token exchange said no
        return [CheckLine("reachable", True, "answered"), CheckLine("credentials", False, failure.message)]
    return [CheckLine("reachable", False, failure.message)]


def _tls(api: S360Api) -> CheckLine:
    if api.access.base_url.startswith("https://"):
        return CheckLine("TLS", True, "the certificate is accepted")
    return CheckLine("TLS", None, "plain http: for a rehearsal on this machine only")


def _credentials(api: S360Api, answer: HttpAnswer) -> CheckLine:
    if answer.status in api.settings.api_auth_failure_statuses:
        words = _refusal(api, answer)
        return CheckLine(
            "credentials", False, f"{words}. Operator, partner, secret, jwt_time_unit or the clock is wrong"
        )
    if answer.ok:
        return CheckLine("credentials", True, "accepted")
    return CheckLine("credentials", None, f"not known: S-360 answered {answer.status}")


def clock_line(answer: HttpAnswer, began: float, ended: float) -> CheckLine:
    """Compares S-360's ``Date`` with the time between asking and hearing: whole seconds, so a range comes out."""
    stated = _stated(answer)
    if stated is None:
        return CheckLine("clock", None, "S-360 sent no Date, the difference is not known")
    lowest, highest = stated - ended, stated + 1 - began
    shown = (lowest + highest) / 2
    close = lowest < ALLOWED_SECONDS and highest > -ALLOWED_SECONDS
    side = "ahead of" if shown > 0 else "behind"
    if close:
        return CheckLine("clock", True, f"S-360 is about {abs(shown):.1f} s {side} this machine")
    text = f"S-360 is {abs(shown):.1f} s {side} this machine; signed tokens are taken for one second only: set up NTP"
    return CheckLine("clock", False, text)


def _stated(answer: HttpAnswer) -> float | None:
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _version(api: S360Api, method: Method, answer: HttpAnswer) -> CheckLine:
    wanted = f"{method.service} {api.version(method)}"
    if answer.ok:
        return CheckLine("version", True, f"{wanted} is offered")
    if answer.status in (404, 405, 410):
        return CheckLine("version", False, f"{wanted} is not offered at {api.path(method)}")
    return CheckLine("version", None, f"not known: S-360 answered {answer.status}")


def _call(api: S360Api, method: Method, answer: HttpAnswer) -> CheckLine:
    try:
        read_answer(answer, api.settings, writes=False, secrets=(api.access.secret,))
    except RecordUnknownError:
        return CheckLine("call", True, f"{method.name} works; S-360 does not know this number")
    except CallFailedError as error:
        return CheckLine("call", False, f"{method.name}: {error.failure.message}")
    return CheckLine("call", True, f"{method.name} works")


def _refusal(api: S360Api, answer: HttpAnswer) -> str:
    try:
        read_answer(answer, api.settings, writes=False, secrets=(api.access.secret,))
    except CallFailedError as error:
        return error.failure.message
    return f"S-360 answered {answer.status}"
