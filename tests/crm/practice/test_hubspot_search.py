"""Search: filters, order, paging, the 10,000 wall and the index that lags behind."""

from __future__ import annotations

import pytest

from tests.crm.practice.clients import START, contact, order


def filtered(name, operator, value=None, **more):
    return {"propertyName": name, "operator": operator, **({"value": value} if value is not None else {}), **more}


def numbers(reply):
    return [each["properties"]["s360_contact_number"] for each in reply.json()["results"]]


def test_changes_since_a_time_come_in_their_order(clock, hubspot):
    hubspot.upsert([contact("1"), contact("2")])
    clock.move(10)
    hubspot.upsert([contact("3")])
    clock.move(10)
    hubspot.upsert([contact("1", city="Bern")])

    since = str(int((START + 5) * 1000))
    assert numbers(hubspot.search(filtered("lastmodifieddate", "GTE", since))) == ["3", "1"]
    assert numbers(hubspot.search()) == ["2", "3", "1"]


def test_five_hundred_records_of_one_time_are_each_read_once_by_time_and_id(hubspot):
    for start in range(0, 500, 100):
        hubspot.upsert([contact(str(number)) for number in range(start, start + 100)])
    at, last, seen = str(int(START * 1000)), "0", []
    while True:
        same = {"filters": [filtered("lastmodifieddate", "EQ", at), filtered("hs_object_id", "GT", last)]}
        later = {"filters": [filtered("lastmodifieddate", "GT", at)]}
        page = hubspot.search(limit=150, filterGroups=[same, later]).json()["results"]
        if not page:
            break
        seen += [each["id"] for each in page]
        last = page[-1]["id"]

    assert len(seen) == len(set(seen)) == 500


def test_pages_by_offset_name_the_next_one(hubspot):
    hubspot.upsert([contact(str(number)) for number in range(50)])

    first = hubspot.search(limit=20)
    last = hubspot.search(limit=20, after="40")

    assert first.json()["total"] == 50
    assert first.json()["paging"]["next"]["after"] == "20"
    assert len(last.json()["results"]) == 10
    assert "paging" not in last.json()


def test_nobody_pages_beyond_ten_thousand(crm, hubspot):
    assert hubspot.search(after="9800").status_code == 200
    assert hubspot.search(after="9801").status_code == 400

    crm.configure(search_cap=100)
    assert hubspot.search(limit=101).status_code == 400


def test_change_enters_the_index_late(crm, clock, hubspot):
    crm.configure(search_lag_s=30)
    hubspot.upsert([contact("1")])
    assert numbers(hubspot.search()) == []
    assert numbers(hubspot.search(filtered("s360_contact_number", "EQ", "1"))) == []

    clock.move(30)

    assert numbers(hubspot.search()) == ["1"]


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (filtered("s360_contact_number", "EQ", "2"), {"2"}),
        (filtered("s360_contact_number", "IN", values=["1", "3", "9"]), {"1", "3"}),
        (filtered("email", "EQ", "ADA@example.org"), {"1"}),
        (filtered("city", "EQ", "bern"), {"1", "2"}),
        (filtered("city", "NEQ", "Bern"), {"3"}),
        (filtered("city", "HAS_PROPERTY"), {"1", "2"}),
        (filtered("city", "NOT_HAS_PROPERTY"), {"3"}),
        (filtered("city", "CONTAINS_TOKEN", "er*"), {"1", "2"}),
        (filtered("city", "NOT_IN", values=["Bern"]), {"3"}),
        (filtered("birth_date", "LT", "1990-01-01"), {"1"}),
        (filtered("birth_date", "BETWEEN", "1980-01-01", highValue="2000-12-31"), {"1", "2"}),
        (filtered("hs_object_id", "GTE", "502"), {"2", "3"}),
        (filtered("createdate", "GT", "2020-01-01T00:00:00Z"), {"1", "2", "3"}),
    ],
)
def test_operator_finds_exactly(hubspot, item, found):
    hubspot.upsert([contact("1", email="ada@example.org", city="Bern", birth_date="1985-05-05")])
    hubspot.upsert([contact("2", city="Bern", birth_date="2000-12-31")])
    hubspot.upsert([contact("3")])

    assert set(numbers(hubspot.search(item))) == found


def test_groups_are_alternatives_and_their_filters_conditions(hubspot):
    hubspot.upsert([contact("1", city="Bern", zip="1"), contact("2", city="Bern"), contact("3", city="Basel")])
    groups = [
        {"filters": [filtered("city", "EQ", "Bern"), filtered("zip", "EQ", "1")]},
        {"filters": [filtered("city", "EQ", "Basel")]},
    ]

    assert set(numbers(hubspot.search(filterGroups=groups))) == {"1", "3"}


@pytest.mark.parametrize(
    ("sorts", "found"),
    [
        (["lastname"], ["3", "1", "2"]),
        ([{"propertyName": "lastname", "direction": "DESCENDING"}], ["2", "1", "3"]),
        (["-hs_object_id"], ["3", "2", "1"]),
        (["createdate"], ["1", "2", "3"]),
    ],
)
def test_results_are_sorted_as_asked(hubspot, sorts, found):
    hubspot.upsert([contact("1", lastname="Birch"), contact("2", lastname="Cedar"), contact("3", lastname="Alder")])

    assert numbers(hubspot.search(sorts=sorts)) == found


@pytest.mark.parametrize(
    "more",
    [
        {"limit": 201},
        {"limit": -1},
        {"after": "x"},
        {"sorts": ["city", "zip"]},
        {"filterGroups": "x"},
        {"filterGroups": [{"filters": []}]},
        {"filterGroups": [{"filters": [filtered("city", "LIKE", "x")]}]},
        {"filterGroups": [{"filters": [filtered("unknown", "EQ", "x")]}]},
        {"filterGroups": [{"filters": [filtered("lastmodifieddate", "GTE", "yesterday")]}]},
        {"filterGroups": [{"filters": [filtered("city", "EQ")]}]},
    ],
)
def test_search_nobody_can_answer_is_400(hubspot, more):
    assert hubspot.search(**more).status_code == 400


def test_deleted_contact_is_not_found(crm, hubspot):
    hubspot.upsert([contact("1"), contact("2")])
    crm.people.delete(crm.contact_by_number("1")["id"])

    assert numbers(hubspot.search()) == ["2"]


def test_orders_are_searched_by_their_own_time_of_change(hubspot):
    hubspot.upsert([order("77")], "orders")

    at = str(int(START * 1000))
    reply = hubspot.search(filtered("hs_lastmodifieddate", "GTE", at), entity="orders", properties=["s360_order_id"])

    assert [each["properties"]["s360_order_id"] for each in reply.json()["results"]] == ["77"]


def test_many_rewrites_of_few_records_keep_the_order_of_changes(crm, clock, hubspot):
    hubspot.upsert([contact("1"), contact("2")])
    for number in range(11_000):
        clock.move(0.001)
        crm.people.edit(501 + number % 2, {"city": str(number)})

    assert numbers(hubspot.search()) == ["1", "2"]
    assert len(crm.core.store.contacts.modified) < 11_000
