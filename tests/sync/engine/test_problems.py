import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.countries import COUNTRY_CODES
from sync.engine.problems import ValueProblem, value_problem, view_problems
from tests.sync.engine.strategies import FIELDS, any_values


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("country", "United Kingdom", "bad_country"),
        ("address_country", "Belgium", "bad_country"),
        ("title", "Dr", "bad_title"),
        ("email", "noor at example.org", "bad_email"),
        ("email", "noor@example", "bad_email"),
        ("mobile_phone", "ask Noor", "bad_phone"),
        ("mobile_phone", "12", "bad_phone"),
        ("language", "dutch", "bad_language"),
        ("birth_date", "1986-02-30", "bad_date"),
        ("birth_date", "May", "bad_date"),
        ("created_at", "2024-03-18 18:41:07", "bad_timestamp"),
        ("created_at", "soon", "bad_timestamp"),
        ("amount", "91,00", "bad_decimal"),
        ("quantity", "two", "bad_integer"),
        ("is_revenue", "perhaps", "bad_boolean"),
        ("consent.NEWS", "withdrawn", "bad_consent"),
        ("first_name", "x" * 101, "too_long"),
        ("zip_code", "1" * 11, "too_long"),
        ("contact_number", "1" * 21, "too_long"),
    ],
)
def test_wrong_value_is_named_with_its_field_and_never_repeated(field, value, code):
    problem = value_problem(field, value)
    assert problem is not None
    assert (problem.field, problem.code) == (field, code)
    assert value not in problem.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", " gb "),
        ("title", "UNDEFINED"),
        ("title", "Mr and Mrs"),
        ("email", "Noor@Example.org"),
        ("mobile_phone", "0032 470 11 22 33"),
        ("language", "nl-BE"),
        ("birth_date", "29.02.2024"),
        ("created_at", "2024-03-18T18:41:07Z"),
        ("amount", "-12"),
        ("quantity", "3"),
        ("is_revenue", "TRUE"),
        ("consent.NEWS", True),
        ("first_name", "x" * 100),
        ("role", "A_ROLE_OF_TOMORROW"),
        ("criterion.TASTE", ["ANY"]),
        ("email", None),
    ],
)
def test_good_or_empty_value_has_no_problem(field, value):
    assert value_problem(field, value) is None


def test_country_message_says_what_to_write_instead():
    assert value_problem("country", "UK") == ValueProblem(
        "country", "bad_country", "Country is not a two-letter ISO 3166 country code (GB, not UK)."
    )


def test_problems_of_a_view_are_listed_by_field():
    assert view_problems({"country": "UK", "town": "Gent"}).keys() == {"country"}


def test_all_assigned_country_codes_are_known():
    assert len(COUNTRY_CODES) == 249
    assert "GB" in COUNTRY_CODES
    assert "UK" not in COUNTRY_CODES


@given(st.sampled_from(FIELDS), any_values())
def test_no_value_makes_the_check_raise(field, value):
    problem = value_problem(field, value)
    assert problem is None or problem.message.endswith(".")
