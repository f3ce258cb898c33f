"""Request templates: what they make of given values, and which templates are refused in words."""

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.canonical import canonical_value
from sync.http.client import CallFailedError
from sync.s360.contacts import ContactReader
from sync.s360.request_template import SAVE_TEMPLATE, SEARCH_TEMPLATE, TemplateError, fill, placeholders, read_template
from sync.s360.settings import S360Settings
from sync.s360.write_values import FieldNotWritableError, wire_values

SETTINGS = S360Settings()
CLEARING = S360Settings.from_mapping({"api_clear_with_empty_string": True})
PERSON_FIELDS = ("title", "first_name", "last_name", "gender", "email", "mobile_phone", "phone", "language", "country")
ADDRESS_FIELDS = ("address_line1", "address_line2", "address_line3", "zip_code", "town", "town_complement")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
CODES = st.text("ABCDEFGHIJ_0123456789", min_size=1, max_size=12)
VIEWS = st.builds(
    lambda plain, consents, criteria: plain | consents | criteria,
    st.dictionaries(st.sampled_from(PERSON_FIELDS + ADDRESS_FIELDS), WORDS, max_size=8),
    st.dictionaries(CODES.map("consent.{}".format), st.sampled_from(["yes", "no"]), max_size=3),
    st.dictionaries(CODES.map("criterion.{}".format), st.lists(CODES, min_size=1, max_size=3), max_size=3),
)


def canonical(view: Mapping[str, Any]) -> dict[str, Any]:
    values = {field: canonical_value(field, value) for field, value in view.items()}
    return {field: value for field, value in values.items() if value is not None}


def request_for(fields: Mapping[str, Any], number: str | None, settings: S360Settings = SETTINGS) -> dict[str, Any]:
    template = settings.save_contact_template
    values = wire_values(fields, placeholders(template), settings)
    return fill(template, values | ({"contact_number": number} if number else {}))


def leaves(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [leaf for below in node.values() for leaf in leaves(below)]
    return [leaf for below in node for leaf in leaves(below)] if isinstance(node, list) else [node]


@given(VIEWS)
def test_what_is_written_is_what_a_read_would_give_back(view):
    fields = canonical(view)
    sent = request_for(fields, "0048213")
    person = sent.get("individualContactData", {})
    record = {"contactNumber": person["contactNumber"], "individualContact": person} | {
        name: sent[name] for name in ("addresses", "authorizations", "contactCriteria") if name in sent
    }
    read = ContactReader(SETTINGS).read(record).view
    assert {field: read.get(field) for field in fields} == fields
    assert {field for field, value in read.items() if value is not None} == set(fields)


@given(VIEWS)
def test_nothing_is_sent_beside_what_was_given_and_never_null(view):
    fields = canonical(view)
    sent = request_for(fields, None)
    assert None not in leaves(sent)
    assert "contactNumber" not in sent.get("individualContactData", {})
    assert set(sent) <= {"individualContactData", "addresses", "authorizations", "contactCriteria"}
    assert ("addresses" in sent) == any(field in fields for field in ADDRESS_FIELDS)
    assert ("authorizations" in sent) == any(field.startswith("consent.") for field in fields)
    assert ("contactCriteria" in sent) == any(field.startswith("criterion.") for field in fields)
    assert ("individualContactData" in sent) == any(field in fields for field in PERSON_FIELDS)


@given(st.sets(st.sampled_from(PERSON_FIELDS + ADDRESS_FIELDS), min_size=1))
def test_empty_fields_are_empty_texts_where_allowed(fields):
    sent = request_for(dict.fromkeys(fields), "1", CLEARING)
    assert sorted(leaf for leaf in leaves(sent) if leaf not in ("1", True)) == [""] * len(fields)


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["{email}", "{person}"])
NAMES = st.text() | st.just("...")


@given(st.recursive(SCALARS, lambda below: st.lists(below) | st.dictionaries(NAMES, below)))
def test_any_template_is_read_or_refused_and_never_sends_null(given_template):
    with contextlib.suppress(TemplateError):
        template = read_template(given_template, needed=())
        assert None not in leaves(fill(template, {}))
        assert None not in leaves(fill(template, {"email": "a@example.org", "person": {"a": "b"}}))


def test_a_value_that_looks_like_a_placeholder_stays_a_text():
    sent = request_for({"first_name": "{email}", "email": "a@example.org"}, "1")
    assert sent["individualContactData"]["individualFirstname"] == "{email}"


def test_a_field_named_in_the_template_goes_there_and_not_with_its_group():
    settings = S360Settings.from_mapping(
        {
            "save_contact_template": {
                "contact": {"number": "{contact_number}", "details": {"...": "{person}", "source": "CRM"}},
                "mails": [{"kind": "MAIN", "address": "{email}"}],
                "version": 2,
            }
        }
    )
    assert request_for({"email": "a@example.org", "first_name": "Ada"}, "1", settings) == {
        "contact": {"number": "1", "details": {"individualFirstname": "Ada", "source": "CRM"}},
        "mails": [{"kind": "MAIN", "address": "a@example.org"}],
        "version": 2,
    }
    assert request_for({"first_name": "Ada"}, None, settings) == {
        "contact": {"details": {"individualFirstname": "Ada", "source": "CRM"}},
        "version": 2,
    }


def test_a_template_may_be_json_as_text():
    text = '{"c": {"n": "{contact_number}", "m": "{email}"}}'
    settings = S360Settings.from_mapping({"save_contact_template": text})
    assert request_for({"email": "a@example.org"}, "7", settings) == {"c": {"n": "7", "m": "a@example.org"}}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{", "not JSON"),
        ("[]", "write a table"),
        ({}, "write a table"),
        (7, "write a table"),
        ({"a": "{contact_number}", "b": None}, "null is never sent"),
        ({"a": "{contact_number}", "b": "{shoe_size}"}, "no such placeholder"),
        ({"a": "{contact_number}", "b": "Mr {last_name}"}, "no such placeholder"),
        ({"a": "{contact_number}", "...": "{email}"}, '"..." can only be'),
        ({"a": {"...": "{person}"}}, "it must hold {contact_number}"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_the_way_out(template, words):
    with pytest.raises(TemplateError) as raised:
        read_template(template, needed=("contact_number",))
    assert words in str(raised.value)


def test_a_template_as_deep_as_a_well_is_refused():
    deep: Any = "{email}"
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(TemplateError, match="deeper than 16"):
        read_template(deep, needed=())


def test_the_default_templates_pass_their_own_check():
    assert read_template(SAVE_TEMPLATE, needed=("contact_number",)) == SAVE_TEMPLATE
    assert read_template(SEARCH_TEMPLATE, needed=()) == SEARCH_TEMPLATE


def refused(fields: dict[str, Any], **settings: Any) -> tuple[str, str | None]:
    with pytest.raises(FieldNotWritableError) as raised:
        request_for(fields, "1", S360Settings.from_mapping(settings))
    assert isinstance(raised.value, CallFailedError)
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "record")
    return raised.value.failure.code, raised.value.failure.field


def test_a_consent_says_yes_and_no_in_the_institutions_words():
    fields = {"consent.MAIL": "yes", "consent.POST": "no"}
    settings = S360Settings.from_mapping({"authorization_value_map": {"Y": "yes", "N": "no", "?": ""}})
    assert request_for(fields, "1", settings)["authorizations"] == [
        {"code": "MAIL", "authorized": "Y"},
        {"code": "POST", "authorized": "N"},
    ]
    assert request_for({"consent.MAIL": None}, "1", settings)["authorizations"] == [{"code": "MAIL", "authorized": "?"}]
    assert request_for(fields, "1")["authorizations"][0] == {"code": "MAIL", "authorized": True}


def test_an_answer_s360_has_no_word_for_is_refused():
    assert refused({"consent.MAIL": None}) == ("blank_not_sent", "consent.MAIL")
    only_yes = {"authorization_value_map": {"Y": "yes"}}
    assert refused({"consent.MAIL": "no"}, **only_yes) == ("no_wire_value", "consent.MAIL")


def test_a_criterion_is_emptied_only_where_allowed():
    for empty in (None, []):
        assert refused({"criterion.TASTE": empty}) == ("blank_not_sent", "criterion.TASTE")
        assert request_for({"criterion.TASTE": empty}, "1", CLEARING)["contactCriteria"] == [
            {"criterionIdCode": "TASTE", "values": []}
        ]


def test_paths_inside_list_entries_are_followed():
    settings = S360Settings.from_mapping({"authorization_code_path": "type.code", "criterion_values_path": "v.list"})
    sent = request_for({"consent.MAIL": "yes", "criterion.TASTE": ["JAZZ"]}, "1", settings)
    assert sent["authorizations"] == [{"type": {"code": "MAIL"}, "authorized": True}]
    assert sent["contactCriteria"] == [{"criterionIdCode": "TASTE", "v": {"list": ["JAZZ"]}}]
    assert refused({"consent.MAIL": "yes"}, authorization_code_path="types(isMain).code") == (
        "field_not_writable",
        "consent.MAIL",
    )


@pytest.mark.parametrize("field", ["consent.MAIL", "criterion.TASTE", "town", "email"])
def test_a_group_the_template_lacks_refuses_its_fields(field):
    value: Any = {"consent.MAIL": "yes", "criterion.TASTE": ["JAZZ"]}.get(field, "x")
    assert refused({field: value}, save_contact_template={"n": "{contact_number}"}) == ("field_not_writable", field)


def test_several_values_do_not_fit_a_text():
    assert refused({"town": ["Gent", "Brugge"]}) == ("field_not_writable", "town")
