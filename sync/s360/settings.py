"""What S-360's public documentation leaves open, as settings of one institution with the assumed defaults.

An institution stores only what differs. Adding a setting: a field with its default here, one reader in
``setting_readers``, one line in the settings page of the docs. How an endpoint
authenticates its caller is not here: it belongs to the endpoint, beside its secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sync.s360.envelope import OrderRoot
from sync.s360.field_maps import CONTACT_FIELD_MAP, CONTACT_STATE_MAP
from sync.s360.request_template import SAVE_TEMPLATE, SEARCH_TEMPLATE
from sync.s360.setting_readers import WayOut, read_setting


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One setting that cannot be used: its name, what was given, and what to write instead."""

    name: str
    value: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}: {self.way_out}"


class S360SettingsError(ValueError):
    """All settings that cannot be used, at once."""

    def __init__(self, problems: list[SettingProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def _frozen(default: Mapping[str, str]) -> Mapping[str, str]:
    return field(default_factory=lambda: MappingProxyType(dict(default)))


@dataclass(frozen=True, slots=True)
class S360Settings:
    """Settings of one institution: what it sends us, how its API is called. Names as in docs/settings.md."""

    webhook_require_json_content_type: bool = False
    webhook_response_budget_ms: int = 2000
    webhook_max_attempts: int = 12
    webhook_attempts_include_first: bool = True
    webhook_max_body_bytes: int = 10 * 1024 * 1024
    webhook_max_records: int = 500
    order_payload_root: OrderRoot = OrderRoot.AUTO
    order_abandoned_states: tuple[str, ...] = ("ABANDONNED", "ABANDONED", "CANCELED", "CANCELLED")
    order_revenue_states: tuple[str, ...] = ("CLOSED",)
    json_amount_divisor: int = 1000
    export_amount_divisor: int = 1000
    contact_number_pattern: str = "[0-9]{1,20}"
    authorization_code_path: str = "code"
    authorization_value_path: str = "authorized"
    authorization_value_map: Mapping[str, str | None] = field(
        default_factory=lambda: MappingProxyType({"true": "yes", "false": "no", "null": None})
    )
    criterion_code_path: str = "criterionIdCode"
    criterion_values_path: str = "values"
    contact_field_map: Mapping[str, str] = _frozen(CONTACT_FIELD_MAP)
    contact_state_map: Mapping[str, str] = _frozen(CONTACT_STATE_MAP)
    origin_from_created_from: bool = False
    contact_updated_at_path: str = ""
    echo_window_minutes: int = 180
    origin_marker_path: str = ""
    merged_state_values: tuple[str, ...] = ()
    merged_into_path: str = ""
    deletion_detection: str = "reconciliation"
    anonymised_state_values: tuple[str, ...] = ("ACCOUNT_DELETED",)
    anonymised_name_pattern: str = "^X{3,}$"
    organization_timezone: str = "UTC"
    movement_field_map: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    contact_service_version: str = "v2_21"
    order_service_version: str = "v1_33"
    save_contact_template: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType(dict(SAVE_TEMPLATE)))
    save_contact_number_path: str = "contactNumber"
    search_contact_template: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType(dict(SEARCH_TEMPLATE)))
    search_contact_answer_path: str = "contacts"
    api_clear_with_empty_string: bool = False
    allow_structure_writes: bool = False
    api_auth_failure_statuses: tuple[int, ...] = (401, 403)
    api_throttle_statuses: tuple[int, ...] = (509, 429)
    api_throttle_pause_seconds: int = 60
    api_rate_window: str = "sliding"
    api_retryable_status_codes: tuple[str, ...] = ()
    api_unknown_record_status_codes: tuple[str, ...] = ("PRACTICE_CONTACT_UNKNOWN", "PRACTICE_ORDER_UNKNOWN")
    api_async_poll_seconds: int = 2
    jwt_time_unit: str = "seconds"
    token_path: str = "/tnai/backend-apis/v1/auth"  # noqa: S105 - a path
    token_ttl_seconds: int = 25
    api_calls_per_minute_per_service: int = 0
    api_minutes_between_calls: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> S360Settings:
        """Defaults with ``given`` over them. Raises S360SettingsError that lists every bad setting, not the first."""
        problems: list[SettingProblem] = []
        read: dict[str, Any] = {}
        for name, value in given.items():
            try:
                read[name] = read_setting(name, value)
            except WayOut as way_out:
                problems.append(SettingProblem(name, repr(value)[:80], str(way_out)))
        if problems:
            raise S360SettingsError(problems)
        return cls(**read)
