"""From our names and values to the CRM's and back: nothing is lost where the way back is unambiguous."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.services.mapping import EntityMapping, UnmappedValueError
from sync.engine.canonical import canonical_value, canonical_view

TITLES = {"MR": "Mr", "MRS": "Mrs", "MISS": "Miss", "UNDEFINED": ""}
ROWS = [
    ("title", "salutation", TITLES),
    ("last_name", "lastname", {}),
    ("email", "email", {}),
    ("birth_date", "date_of_birth", {}),
    ("consent.*", "s360_consent_{code}", {"yes": "true", "no": "false"}),
    ("criterion.*", "s360_criterion_{code}", {}),
]
MAPPING = EntityMapping(ROWS)

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";*"), min_size=1)
codes = st.from_regex(r"[A-Z][A-Z0-9_]{0,10}", fullmatch=True)
views = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["MR", "MRS", "MISS", None]),
        "last_name": words | st.none(),
        "email": st.emails(),
        "birth_date": st.dates().map(lambda day: day.isoformat()),
    },
)
consents = st.dictionaries(codes.map(lambda code: f"consent.{code}"), st.sampled_from(["yes", "no"]), max_size=3)
criteria = st.dictionaries(codes.map(lambda code: f"criterion.{code}"), st.lists(words, min_size=1), max_size=3)


@given(views, consents, criteria)
def test_what_is_sent_comes_back_the_same(view, consents, criteria):
    sent = canonical_view({**view, **consents, **criteria})
    assert MAPPING.canonical_fields(MAPPING.remote_fields(sent)) == sent


@given(st.dictionaries(words, words, min_size=1), st.data())
def test_any_value_of_any_value_map_comes_back_when_s360_says_the_same(values, data):
    mapping = EntityMapping([("function", "jobtitle", values)])
    value = data.draw(st.sampled_from(sorted(values)))
    remote = mapping.remote_fields({"function": value})
    assert mapping.canonical_fields(remote, {"function": value}) == {"function": canonical_value("function", value)}


remote_values = st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()
remote_names = st.sampled_from(["salutation", "lastname", "s360_consent_news", "s360_criterion_", "id"]) | st.text()


@given(st.dictionaries(remote_names, remote_values))
def test_whatever_the_crm_answers_is_read_in_canonical_form(remote):
    found = MAPPING.canonical_fields(remote)
    assert canonical_view(found) == found


def test_a_value_the_map_does_not_know_is_kept_as_it_is():
    found = MAPPING.canonical_fields({"salutation": "Baron", "lastname": None})
    assert found == {"title": "BARON", "last_name": None}


def test_a_crm_value_that_two_of_ours_become_is_kept_unless_s360_says_which():
    mapping = EntityMapping([("function", "jobtitle", {"A": "Other", "B": "Other", "*": "Unknown"})])
    assert mapping.canonical_fields({"jobtitle": "Other"}) == {"function": "Other"}
    assert mapping.canonical_fields({"jobtitle": "Other"}, {"function": "B"}) == {"function": "B"}
    assert mapping.canonical_fields({"jobtitle": "Unknown"}, {"function": "Z"}) == {"function": "Z"}
    assert mapping.canonical_fields({"jobtitle": "Unknown"}) == {"function": "Unknown"}


def test_a_field_s360_never_sent_does_not_settle_what_the_crm_means():
    mapping = EntityMapping([("function", "jobtitle", {"A": "", "B": "Boss"})])
    assert mapping.canonical_fields({"jobtitle": ""}, {}) == {"function": "A"}
    assert mapping.canonical_fields({"jobtitle": None}, {"function": None}) == {"function": None}


def test_the_code_of_a_family_is_spelt_as_s360_spells_it():
    remote = {"s360_consent_newsletter": "true", "s360_consent_partners": "false"}
    found = MAPPING.canonical_fields(remote, {"consent.Newsletter": "no"})
    assert found == {"consent.Newsletter": "yes", "consent.PARTNERS": "no"}


def test_a_family_named_by_its_code_alone_claims_no_name_of_the_crm():
    mapping = EntityMapping([("consent.*", "{code}", {})])
    assert mapping.canonical_fields({"id": "17"}) == {}
    assert mapping.canonical_fields({"news": "yes"}, {"consent.NEWS": None}) == {"consent.NEWS": "yes"}


def test_the_names_to_read_include_the_members_of_families_that_s360_sent():
    assert MAPPING.names_to_read(["last_name", "consent.NEWS", "not_mapped"]) == [
        "salutation",
        "lastname",
        "email",
        "date_of_birth",
        "s360_consent_news",
    ]


def test_a_value_outside_the_map_is_not_sent():
    with pytest.raises(UnmappedValueError):
        MAPPING.remote_fields({"title": "LADIES"})
