"""How each setting of S-360 is read from a configuration file or a JSON column, and what to write when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from sync.s360.envelope import OrderRoot
from sync.s360.field_maps import CONTACT_FIELD_MAP, CONTACT_STATE_MAP
from sync.s360.paths import PathError, compile_path
from sync.s360.request_template import NUMBER, TemplateError, read_template

_LIFECYCLES: Final = ("active", "invalidated", "anonymised", "merged")


class WayOut(Exception):  # noqa: N818 - carries the sentence that says what to write instead
    pass


def read_setting(name: str, value: Any) -> Any:
    """The setting in its own type. Raises WayOut with what to write instead."""
    reader = READERS.get(name)
    if reader is None:
        raise WayOut(f"no such setting; known are {', '.join(sorted(READERS))}")
    return reader(value)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WayOut(f"write a whole number from {low} to {high}")
        return value

    return read


def _divisor(value: Any) -> int:
    if isinstance(value, bool) or value not in (1, 10, 100, 1000):
        raise WayOut("write 1, 10, 100 or 1000: how many parts one unit of the currency has")
    return int(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WayOut("write true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WayOut("write text in quotes")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if (
        isinstance(value, str)
        or not isinstance(value, list | tuple)
        or not all(isinstance(item, str) for item in value)
    ):
        raise WayOut('write a list of texts, such as ["CLOSED"]')
    return tuple(value)


def _choice(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise WayOut(f"write one of {', '.join(allowed)}")
        return str(value)

    return read


def _pattern(value: Any) -> str:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise WayOut(f"not a regular expression: {error}") from None
    return str(value)


def _path(value: Any) -> str:
    try:
        compile_path(_text(value))
    except PathError as error:
        raise WayOut(str(error)) from None
    return str(value)


def _optional_path(value: Any) -> str:
    return "" if value == "" else _path(value)


def _text_map(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        raise WayOut("write a table of text to text")
    return dict(value)


def _statuses(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not all(_is_status(item) for item in value):
        raise WayOut("write a list of HTTP statuses from 400 to 599, such as [401, 403]")
    return tuple(value)


def _is_status(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and 400 <= item <= 599  # noqa: PLR2004 - HTTP's own


def _version(value: Any) -> str:
    if not re.fullmatch(r"v\d{1,3}_\d{1,3}", _text(value)):
        raise WayOut('write a version as S-360 names it, such as "v2_21"')
    return str(value)


def _url_path(value: Any) -> str:
    if not re.fullmatch(r"(?:/[A-Za-z0-9._-]+)+", _text(value)):
        raise WayOut('write a path such as "/tnai/backend-apis/v1/auth"')
    return str(value)


def _template(*needed: str) -> Callable[[Any], Mapping[str, Any]]:
    def read(value: Any) -> Mapping[str, Any]:
        try:
            return MappingProxyType(dict(read_template(value, needed=needed)))
        except TemplateError as error:
            raise WayOut(str(error)) from None

    return read


def _minutes_map(value: Any) -> Mapping[str, int]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise WayOut("write a table of method to minutes, such as { createCulturalContact = 10 }")
    read = _whole(1, 1440)
    return MappingProxyType({name: read(minutes) for name, minutes in value.items()})


def _field_map(value: Any) -> Mapping[str, str]:
    merged = dict(CONTACT_FIELD_MAP) | _known(_text_map(value), CONTACT_FIELD_MAP)
    for name, path in merged.items():
        if path:
            try:
                compile_path(path)
            except PathError as error:
                raise WayOut(f"{name}: {error}") from None
    return MappingProxyType({name: path for name, path in merged.items() if path})


def _known(given: dict[str, str], allowed: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise WayOut(f"{', '.join(unknown)}: no such field; known are {', '.join(sorted(allowed))}")
    return given


def _state_map(value: Any) -> Mapping[str, str]:
    given = _text_map(value)
    if set(given.values()) - set(_LIFECYCLES):
        raise WayOut(f"each state must become one of {', '.join(_LIFECYCLES)}")
    return MappingProxyType({**CONTACT_STATE_MAP, **given})


def _consent_map(value: Any) -> Mapping[str, str | None]:
    if not isinstance(value, Mapping) or not value or not all(item in ("yes", "no", "") for item in value.values()):
        raise WayOut('write a table of sent value to "yes", "no" or "" (not answered)')
    return MappingProxyType({str(name): answer or None for name, answer in value.items()})


def _zone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError on some systems
        raise WayOut('no such time zone; write a name such as "Europe/Zurich"') from None
    except KeyError:
        raise WayOut('no such time zone; write a name such as "Europe/Zurich"') from None
    return str(value)


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "webhook_require_json_content_type": _truth,
    "webhook_response_budget_ms": _whole(100, 10_000),
    "webhook_max_attempts": _whole(1, 1000),
    "webhook_attempts_include_first": _truth,
    "webhook_max_body_bytes": _whole(1024, 100 * 1024 * 1024),
    "webhook_max_records": _whole(50, 20_000),
    "order_payload_root": lambda value: OrderRoot(_choice(*OrderRoot)(value)),
    "order_abandoned_states": _texts,
    "order_revenue_states": _texts,
    "json_amount_divisor": _divisor,
    "export_amount_divisor": _divisor,
    "contact_number_pattern": _pattern,
    "authorization_code_path": _path,
    "authorization_value_path": _path,
    "authorization_value_map": _consent_map,
    "criterion_code_path": _path,
    "criterion_values_path": _path,
    "contact_field_map": _field_map,
    "contact_state_map": _state_map,
    "origin_from_created_from": _truth,
    "contact_updated_at_path": _optional_path,
    "echo_window_minutes": _whole(0, 100_000),
    "origin_marker_path": _optional_path,
    "merged_state_values": _texts,
    "merged_into_path": _optional_path,
    "deletion_detection": _choice("reconciliation", "none"),
    "anonymised_state_values": _texts,
    "anonymised_name_pattern": _pattern,
    "organization_timezone": _zone,
    "movement_field_map": lambda value: MappingProxyType(_text_map(value)),
    "contact_service_version": _version,
    "order_service_version": _version,
    "save_contact_template": _template(NUMBER),
    "save_contact_number_path": _path,
    "search_contact_template": _template(),
    "search_contact_answer_path": _path,
    "api_clear_with_empty_string": _truth,
    "allow_structure_writes": _truth,
    "api_auth_failure_statuses": _statuses,
    "api_throttle_statuses": _statuses,
    "api_throttle_pause_seconds": _whole(1, 900),
    "api_rate_window": _choice("sliding", "fixed"),
    "api_retryable_status_codes": _texts,
    "api_unknown_record_status_codes": _texts,
    "api_async_poll_seconds": _whole(1, 30),
    "jwt_time_unit": _choice("seconds", "milliseconds"),
    "token_path": _url_path,
    "token_ttl_seconds": _whole(1, 3600),
    "api_calls_per_minute_per_service": _whole(0, 100_000),
    "api_minutes_between_calls": _minutes_map,
}
