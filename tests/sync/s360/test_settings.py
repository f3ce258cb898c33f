from typing import Any

import pytest

from sync.s360.envelope import OrderRoot
from sync.s360.settings import S360Settings, S360SettingsError


def test_nothing_given_means_the_documented_assumptions() -> None:
    settings = S360Settings.from_mapping({})
    assert settings == S360Settings()
    assert settings.webhook_max_attempts == 12
    assert settings.webhook_max_body_bytes == 10 * 1024 * 1024
    assert settings.order_abandoned_states == ("ABANDONNED", "ABANDONED", "CANCELED", "CANCELLED")
    assert settings.order_revenue_states == ("CLOSED",)
    assert settings.json_amount_divisor == 1000
    assert settings.echo_window_minutes == 180
    assert settings.anonymised_state_values == ("ACCOUNT_DELETED",)
    assert settings.api_throttle_statuses == (509, 429)
    assert settings.api_auth_failure_statuses == (401, 403)
    assert (settings.jwt_time_unit, settings.token_path) == ("seconds", "/tnai/backend-apis/v1/auth")
    assert not settings.api_clear_with_empty_string
    assert not settings.allow_structure_writes


def test_given_values_replace_defaults_in_their_own_type() -> None:
    settings = S360Settings.from_mapping(
        {
            "order_payload_root": "wrapped",
            "order_revenue_states": ["CLOSED", "SETTLED"],
            "organization_timezone": "Europe/Zurich",
            "authorization_value_map": {"Y": "yes", "N": "no", "?": ""},
        }
    )
    assert settings.order_payload_root is OrderRoot.WRAPPED
    assert settings.order_revenue_states == ("CLOSED", "SETTLED")
    assert settings.organization_timezone == "Europe/Zurich"
    assert dict(settings.authorization_value_map) == {"Y": "yes", "N": "no", "?": None}


def test_field_map_is_laid_over_the_default_and_an_empty_path_removes_a_field() -> None:
    settings = S360Settings.from_mapping({"contact_field_map": {"town": "addresses(isBilling).town", "function": ""}})
    assert settings.contact_field_map["town"] == "addresses(isBilling).town"
    assert "function" not in settings.contact_field_map
    assert settings.contact_field_map["email"] == "individualContact.email"


BAD: list[tuple[str, Any, str]] = [
    ("no_such_setting", 1, "no such setting"),
    ("webhook_max_attempts", 0, "from 1 to"),
    ("webhook_max_attempts", "12", "whole number"),
    ("webhook_max_attempts", True, "whole number"),
    ("webhook_max_attempts", 1.5, "whole number"),
    ("webhook_max_body_bytes", 10**12, "from 1024 to"),
    ("webhook_max_records", 20_001, "from 50 to"),
    ("webhook_require_json_content_type", "yes", "true or false"),
    ("order_payload_root", "envelope", "auto, wrapped, bare, list"),
    ("order_payload_root", ["auto"], "auto, wrapped, bare, list"),
    ("order_revenue_states", "CLOSED", "list of texts"),
    ("order_revenue_states", ["CLOSED", 1], "list of texts"),
    ("json_amount_divisor", 7, "1, 10, 100 or 1000"),
    ("json_amount_divisor", True, "1, 10, 100 or 1000"),
    ("json_amount_divisor", [], "1, 10, 100 or 1000"),
    ("contact_number_pattern", "[0-9", "regular expression"),
    ("contact_number_pattern", 5, "text in quotes"),
    ("anonymised_name_pattern", "(", "regular expression"),
    ("authorization_code_path", "", "not a path part"),
    ("authorization_code_path", "a..b", "not a path part"),
    ("merged_into_path", "a b", "not a path part"),
    ("contact_updated_at_path", 5, "text in quotes"),
    ("contact_field_map", {"shoe_size": "x"}, "no such field"),
    ("contact_field_map", {"email": "a(b"}, "email: "),
    ("contact_field_map", {"email": 5}, "table of text"),
    ("contact_field_map", [], "table of text"),
    ("contact_state_map", {"ACTIVE": "alive"}, "active, invalidated, anonymised, merged"),
    ("authorization_value_map", {"Y": "maybe"}, '"yes", "no" or ""'),
    ("authorization_value_map", {}, '"yes", "no" or ""'),
    ("organization_timezone", "Middle/Earth", "time zone"),
    ("organization_timezone", "../etc/passwd", "time zone"),
    ("organization_timezone", "", "time zone"),
    ("organization_timezone", 1, "text in quotes"),
    ("deletion_detection", "guess", "reconciliation, none"),
    ("movement_field_map", {"seat": 1}, "table of text"),
    ("contact_service_version", "2.21", 'such as "v2_21"'),
    ("contact_service_version", "v2_21/../x", 'such as "v2_21"'),
    ("order_service_version", 133, "text in quotes"),
    ("save_contact_template", {"a": "b"}, "it must hold {contact_number}"),
    ("save_contact_template", "{", "not JSON"),
    ("search_contact_template", {"a": None}, "null is never sent"),
    ("save_contact_number_path", "a..b", "not a path part"),
    ("search_contact_answer_path", "", "not a path part"),
    ("api_clear_with_empty_string", 1, "true or false"),
    ("allow_structure_writes", "no", "true or false"),
    ("api_auth_failure_statuses", [200], "from 400 to 599"),
    ("api_auth_failure_statuses", 401, "from 400 to 599"),
    ("api_throttle_statuses", ["509"], "from 400 to 599"),
    ("api_throttle_statuses", [True], "from 400 to 599"),
    ("api_throttle_pause_seconds", 901, "from 1 to 900"),
    ("api_rate_window", "hourly", "sliding, fixed"),
    ("api_retryable_status_codes", "LOCKED", "list of texts"),
    ("api_unknown_record_status_codes", [404], "list of texts"),
    ("api_async_poll_seconds", 0, "from 1 to 30"),
    ("jwt_time_unit", "ms", "seconds, milliseconds"),
    ("token_path", "tnai/auth", "write a path such as"),
    ("token_path", "/auth?x=1", "write a path such as"),
    ("token_ttl_seconds", 0, "from 1 to 3600"),
]


@pytest.mark.parametrize(("name", "value", "way_out"), BAD)
def test_bad_setting_is_named_with_its_value_and_what_to_write(name: str, value: Any, way_out: str) -> None:
    with pytest.raises(S360SettingsError) as caught:
        S360Settings.from_mapping({name: value})
    (problem,) = caught.value.problems
    assert problem.name == name
    assert problem.value == repr(value)[:80]
    assert way_out in problem.way_out


def test_all_bad_settings_are_listed_at_once() -> None:
    with pytest.raises(S360SettingsError) as caught:
        S360Settings.from_mapping({"no_such": 1, "json_amount_divisor": 3, "webhook_max_attempts": 12})
    assert [problem.name for problem in caught.value.problems] == ["no_such", "json_amount_divisor"]
    assert "json_amount_divisor = 3: write 1, 10, 100 or 1000" in str(caught.value)
