import pytest

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, HealthItem, HealthReport
from crm.connectors.health import budget_item, clock_item
from crm.connectors.registry import address_policy, build_connector, connector_choices, get_connector_class
from crm.practice import PracticeCrm
from crm.practice.generic.shapes import CONTACT_NAMES, ORDER_NAMES
from crm.practice.schema import contact_catalog, order_catalog
from sync.engine.fields import CONTACT_FIELDS, ORDER_FIELDS
from tests.crm.connectors.dialects import TOKEN

CODES = [code for code, _ in connector_choices()]


def test_choices_are_named_for_people():
    assert connector_choices() == [("generic_rest", "Generic REST"), ("hubspot", "HubSpot")]


def test_an_unknown_code_names_the_known_ones():
    with pytest.raises(LookupError, match="no connector 'salesfarce'; known: generic_rest, hubspot"):
        get_connector_class("salesfarce")


@pytest.mark.parametrize("code", CODES)
def test_every_setting_has_a_name_a_label_and_a_default_of_its_kind(code):
    kinds = {"integer": int, "decimal": float, "boolean": bool, "map": dict}
    fields = get_connector_class(code).settings_schema()
    assert len({field.name for field in fields}) == len(fields)
    for field in fields:
        assert field.label
        assert isinstance(field.default, kinds.get(field.kind, str)), field.name
        assert not field.choices or field.default in field.choices


@pytest.mark.parametrize("code", CODES)
def test_the_defaults_of_the_schema_are_settings_the_connector_takes(code):
    fields = get_connector_class(code).settings_schema()
    defaults = {field.name: field.default for field in fields if field.kind != "secret"}
    given = defaults | {"base_url": "https://crm.example.org"}
    assert get_connector_class(code).capabilities(given).max_batch == {Entity.CONTACT: 100, Entity.ORDER: 100}


@pytest.mark.parametrize("code", CODES)
def test_a_missing_secret_is_named(code):
    with pytest.raises(ConnectorUnavailable) as raised:
        build_connector(code, {"base_url": "https://crm.example.org"}, {})
    assert (raised.value.failure.kind, raised.value.failure.code) == ("misconfigured", "settings")
    assert "token is missing" in raised.value.failure.message


@pytest.mark.parametrize("code", CODES)
def test_a_secret_no_header_can_carry_is_refused_unshown(code):
    secrets = {"token": "abc\ndef", "access_token": "abc\ndef"}
    with pytest.raises(ConnectorUnavailable) as raised:
        build_connector(code, {"base_url": "https://crm.example.org"}, secrets)
    assert "a line break from copying" in raised.value.failure.message
    assert "abc" not in repr(raised.value)


def test_a_connection_may_reach_the_hosts_of_its_settings_only():
    settings = {"base_url": "https://crm.example.org/v1", "token_url": "https://login.example.org/token"}
    assert address_policy("generic_rest", settings).hosts == {"crm.example.org", "login.example.org"}
    assert address_policy("hubspot", {}).hosts == {"api.hubapi.com"}
    assert not address_policy("hubspot", {}).allow_private


def test_an_address_that_cannot_be_used_is_a_wrong_setting():
    with pytest.raises(ConnectorUnavailable) as raised:
        address_policy("hubspot", {"base_url": "ftp://crm.example.org"})
    assert raised.value.failure.code == "settings"


def test_a_built_connector_talks_to_its_crm():
    with PracticeCrm(token=TOKEN) as crm:
        settings = {"base_url": crm.url, "allow_private_addresses": True}
        connector = build_connector("hubspot", settings, {"access_token": TOKEN})
        assert connector.check().state != "fail"
        with pytest.raises(ConnectorUnavailable) as raised:
            build_connector("hubspot", {"base_url": crm.url}, {"access_token": TOKEN}).describe(Entity.CONTACT)
        assert raised.value.failure.code == "address_refused"


def test_presets_name_canonical_fields_only():
    for code in CODES:
        for entity, fields in ((Entity.CONTACT, CONTACT_FIELDS), (Entity.ORDER, ORDER_FIELDS)):
            presets = get_connector_class(code).default_mapping(entity)
            names = [preset.canonical for preset in presets]
            assert {name for name in names if not name.endswith(".*")} <= set(fields)
            assert len(set(names)) == len(names)
            assert len({preset.remote for preset in presets}) == len(presets)


def test_every_family_says_where_its_code_goes():
    for code in CODES:
        for preset in get_connector_class(code).default_mapping(Entity.CONTACT):
            assert preset.canonical.endswith(".*") == ("{code}" in preset.remote)


def test_hubspots_preset_names_properties_the_practice_crm_has():
    for entity, catalog in ((Entity.CONTACT, contact_catalog()), (Entity.ORDER, order_catalog())):
        presets = get_connector_class("hubspot").default_mapping(entity)
        writable = {name for name, each in catalog.by_name.items() if not each.read_only}
        assert {preset.remote for preset in presets if "{" not in preset.remote} <= writable


def test_the_generic_preset_names_what_the_practice_crm_understands():
    for entity, names, catalog in (
        (Entity.CONTACT, CONTACT_NAMES, contact_catalog()),
        (Entity.ORDER, ORDER_NAMES, order_catalog()),
    ):
        presets = get_connector_class("generic_rest").default_mapping(entity)
        known = set(names) | set(catalog.by_name)
        unknown = {preset.remote for preset in presets if "{" not in preset.remote} - known
        assert unknown <= {"country"}


def test_titles_have_a_spelling_each_so_that_the_way_back_is_clear():
    (title,) = [p for p in get_connector_class("hubspot").default_mapping(Entity.CONTACT) if p.canonical == "title"]
    assert len(set(title.value_map.values())) == len(title.value_map) == 7


def test_a_report_is_as_bad_as_its_worst_line():
    lines = [HealthItem("a", "pass", ""), HealthItem("b", "warn", ""), HealthItem("c", "fail", "")]
    assert [HealthReport(tuple(lines[:n])).state for n in range(4)] == ["pass", "pass", "warn", "fail"]


@pytest.mark.parametrize(
    ("date", "state"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", "pass"),
        ("Sat, 21 Nov 2026 10:00:30 GMT", "warn"),
        ("Sat, 21 Nov 2026 10:05:00 GMT", "fail"),
        ("noon", "warn"),
        (None, "warn"),
    ],
)
def test_the_clock_of_the_crm_is_compared_with_ours(date, state):
    assert clock_item(date, 1795255200.0).state == state


@pytest.mark.parametrize(
    ("left", "of", "state"),
    [("900", "1000", "pass"), ("100", "1000", "warn"), ("5", None, "pass")],
)
def test_a_scarce_budget_is_a_warning(left, of, state):
    assert budget_item(left, of).state == state


def test_an_unavailable_crm_says_why_in_one_line():
    failure = Failure(kind="throttled", scope="connection", code="RATE_LIMIT", message="slow down")
    assert str(ConnectorUnavailable(failure)) == "throttled (RATE_LIMIT): slow down"
