from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine import canonical, fields
from sync.engine.canonical import canonical_value, canonical_view, same
from tests.sync.engine.strategies import FIELDS, any_values, values_of


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("first_name", "  Noor \t van  Dam\n", "Noor van Dam"),
        ("first_name", "Jose\u0301", "Jos\u00e9"),
        ("first_name", "", None),
        ("first_name", " \u00a0 ", None),
        ("first_name", "noor", "noor"),
        ("email", " Noor.Vandenberg@Example.ORG ", "noor.vandenberg@example.org"),
        ("mobile_phone", "+32 470/11.22.33", "+32470112233"),
        ("mobile_phone", "0032 470 11 22 33", "+32470112233"),
        ("mobile_phone", "+32 (0)470 11 22 33", "+32470112233"),
        ("mobile_phone", "(0470) 11-22-33", "0470112233"),
        ("mobile_phone", "\uff0b\uff13\uff12 470", "+32470"),
        ("mobile_phone", "0470 11 22 33 ext 5", "0470 11 22 33 ext 5"),
        ("mobile_phone", "-", "-"),
        ("mobile_phone", "00", "00"),
        ("country", " be ", "BE"),
        ("country", "uk", "UK"),
        ("title", "Mr.", "MR"),
        ("title", "mr and mrs", "MR_AND_MRS"),
        ("title", "UNDEFINED", None),
        ("title", "undefined", None),
        ("title", "Dr", "DR"),
        ("language", "nl-BE", "nl"),
        ("language", "FR_be", "fr"),
        ("language", "dutch", "dutch"),
        ("birth_date", "19.05.1986", "1986-05-19"),
        ("birth_date", "1986-05-19T00:00:00.000+00:00", "1986-05-19"),
        ("birth_date", date(1986, 5, 19), "1986-05-19"),
        ("birth_date", datetime(1986, 5, 19, 7, tzinfo=UTC), "1986-05-19"),
        ("birth_date", "May 1986", "May 1986"),
        ("is_revenue", "TRUE", True),
        ("is_revenue", 0, False),
        ("is_revenue", "perhaps", "perhaps"),
        ("is_revenue", None, None),
        ("consent.NEWS", True, "yes"),
        ("consent.NEWS", "FALSE", "no"),
        ("consent.NEWS", "", None),
        ("consent.NEWS", "withdrawn", "withdrawn"),
        ("role", " PUBLIC ", "PUBLIC"),
        ("role", "public", "public"),
        ("criterion.TASTE", ["JAZZ", "DANCE", "JAZZ", " "], ["DANCE", "JAZZ"]),
        ("criterion.TASTE", "JAZZ", ["JAZZ"]),
        ("criterion.TASTE", [], None),
        ("amount", "91", "91.00"),
        ("amount", Decimal("91.0"), "91.00"),
        ("amount", "-0", "0.00"),
        ("amount", "+7.1250", "7.125"),
        ("amount", "1.5e1", "15.00"),
        ("amount", "NaN", "NaN"),
        ("amount", "1e999999", "1e999999"),
        ("amount", "91,00", "91,00"),
        ("quantity", "002", "2"),
        ("quantity", 2, "2"),
        ("quantity", "2.0", "2"),
        ("quantity", "-0", "0"),
        ("quantity", "two", "two"),
        ("created_at", "2024-03-18T19:41:07.330+01:00", "2024-03-18T18:41:07.330+00:00"),
        ("created_at", "2024-03-18T18:41:07Z", "2024-03-18T18:41:07.000+00:00"),
        ("created_at", "2024-03-18 18:41:07", "2024-03-18 18:41:07"),
        ("created_at", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
        (
            "created_at",
            datetime(2024, 3, 18, 19, 41, 7, 330999, tzinfo=timezone(timedelta(hours=1))),
            "2024-03-18T18:41:07.330+00:00",
        ),
        ("contact_number", "0048213", "0048213"),
        ("a_field_of_tomorrow", "  kept ", "kept"),
    ],
)
def test_value_takes_its_canonical_form(field, value, expected):
    assert canonical_value(field, value) == expected


@given(st.sampled_from(FIELDS), any_values())
def test_canonical_form_of_anything_is_a_fixed_point(field, value):
    once = canonical_value(field, value)
    assert canonical_value(field, once) == once


@given(st.sampled_from(FIELDS).flatmap(lambda field: st.tuples(st.just(field), values_of(field), values_of(field))))
def test_two_values_are_the_same_exactly_when_their_canonical_forms_are(case):
    field, a, b = case
    assert same(field, a, b) == (canonical_value(field, a) == canonical_value(field, b)) == same(field, b, a)


@given(st.sampled_from(FIELDS), st.sampled_from([None, "", " ", "\n\u2003"]))
def test_every_way_to_be_empty_is_none(field, empty):
    assert canonical_value(field, empty) is None


def test_code_lists_ignore_order_and_repeats():
    assert same("criterion.TASTE", ["JAZZ", "DANCE"], ["DANCE", "JAZZ", "DANCE"])
    assert not same("criterion.TASTE", ["JAZZ"], ["JAZZ", "DANCE"])


def test_leading_zero_makes_another_contact_number():
    assert not same("contact_number", "0048213", "48213")


def test_true_and_one_are_the_same_consent_but_not_the_same_name():
    assert same("consent.NEWS", True, "yes")
    assert not same("first_name", True, "1")


def test_canonical_view_leaves_absent_fields_absent():
    assert canonical_view({"email": " A@example.org", "town": ""}) == {"email": "a@example.org", "town": None}


def test_endless_new_codes_do_not_grow_memory():

    for number in range(fields.CACHED_DYNAMIC_FIELDS + 50):
        canonical_value(f"criterion.C{number}", "A")
    assert len(canonical._COMPILED) <= fields.CACHED_DYNAMIC_FIELDS
    assert len(fields._SPECS) <= fields.CACHED_DYNAMIC_FIELDS
    assert canonical_value("criterion.LATEST", "A") == ["A"]
