"""HubSpot's batch upsert: who is created, who is refused, and what a refusal does to its neighbours."""

from __future__ import annotations

import pytest

from crm.practice.ledger import Writes
from tests.crm.practice.clients import contact, order


def errors_of(reply):
    return {each["context"]["objectWriteTraceId"][0]: each for each in reply.json()["errors"]}


def test_first_call_creates_and_second_updates(crm, hubspot):
    first = hubspot.upsert([contact("0048213", city="Bern")])
    second = hubspot.upsert([contact("0048213", city="Basel")])

    assert (first.status_code, second.status_code) == (200, 200)
    assert [each["new"] for each in first.json()["results"]] == [True]
    assert [each["new"] for each in second.json()["results"]] == [False]
    assert crm.contact_by_number("0048213")["city"] == "Basel"
    assert crm.ledger.writes_for("0048213") == Writes(creates=1, updates=1, noops=0)


def test_same_values_again_change_neither_record_nor_its_time(crm, clock, hubspot):
    first = hubspot.upsert([contact("1", city="Bern")]).json()["results"][0]
    clock.move(60)

    again = hubspot.upsert([contact("1", city="Bern")]).json()["results"][0]

    assert again["updatedAt"] == first["updatedAt"]
    assert crm.ledger.writes_for("1") == Writes(creates=1, updates=0, noops=1)


def test_leading_zeros_make_a_different_contact(crm, hubspot):
    hubspot.upsert([contact("007"), contact("7")])

    assert crm.ledger.creates_for("007") == crm.ledger.creates_for("7") == 1
    assert len(crm.contacts()) == 2


def test_empty_string_clears_a_value(crm, hubspot):
    hubspot.upsert([contact("1", city="Bern")])
    hubspot.upsert([contact("1", city="")])

    assert "city" not in crm.contact_by_number("1")


def test_key_property_is_set_from_the_id(crm, hubspot):
    item = contact("1")
    del item["properties"]["s360_contact_number"]
    hubspot.upsert([item])

    assert crm.contact_by_number("1")["lastname"] == "Person 1"


def test_fifty_mixed_writes_answer_fifty_results_each_with_its_trace(crm, hubspot):
    hubspot.upsert([contact(str(number)) for number in range(25)])

    reply = hubspot.upsert([contact(str(number), city="Bern") for number in range(50)])

    results = {each["objectWriteTraceId"]: each for each in reply.json()["results"]}
    assert set(results) == {f"w{number}" for number in range(50)}
    assert [results[f"w{number}"]["new"] for number in range(50)] == [False] * 25 + [True] * 25


def test_results_come_in_another_order_than_asked(crm, hubspot):
    reply = hubspot.upsert([contact("1"), contact("2"), contact("3")])
    assert [each["objectWriteTraceId"] for each in reply.json()["results"]] == ["w3", "w2", "w1"]

    crm.configure(results_order="as_sent")
    reply = hubspot.upsert([contact("1"), contact("2"), contact("3")])
    assert [each["objectWriteTraceId"] for each in reply.json()["results"]] == ["w1", "w2", "w3"]


def test_invalid_record_fails_alone_with_207(crm, hubspot):
    reply = hubspot.upsert([contact("1"), contact("2", email="not an address"), contact("3")])

    assert reply.status_code == 207
    body = reply.json()
    assert body["status"] == "COMPLETE"
    assert body["numErrors"] == 1
    error = errors_of(reply)["w2"]
    assert error["category"] == "VALIDATION_ERROR"
    assert [(each["in"], each["code"]) for each in error["errors"]] == [("email", "INVALID_EMAIL")]
    assert {each["s360_contact_number"] for each in crm.contacts()} == {"1", "3"}


def test_without_trace_ids_one_bad_record_refuses_the_batch(crm, hubspot):
    inputs = [contact("1"), contact("2", email="not an address")]
    for each in inputs:
        del each["objectWriteTraceId"]

    reply = hubspot.upsert(inputs)

    assert reply.status_code == 400
    assert reply.json()["category"] == "VALIDATION_ERROR"
    assert crm.contacts() == []


def test_repeated_trace_id_refuses_the_batch(crm, hubspot):
    inputs = [contact("1"), contact("2", email="not an address")]
    inputs[1]["objectWriteTraceId"] = inputs[0]["objectWriteTraceId"]

    assert hubspot.upsert(inputs).status_code == 400
    assert crm.contacts() == []


def test_all_or_nothing_refuses_the_batch_and_names_no_record(crm, hubspot):
    crm.configure(face_mode="all_or_nothing")

    reply = hubspot.upsert([contact("1"), contact("2", s360_title="DUKE"), contact("3")])

    assert reply.status_code == 400
    assert "w2" not in reply.text
    assert crm.contacts() == []


def test_address_of_another_contact_is_a_conflict_naming_its_owner(crm, hubspot):
    hubspot.upsert([contact("1", email="ada@example.org")])
    owner = crm.contact_by_number("1")["id"]

    reply = hubspot.upsert([contact("2", email="ADA@example.org"), contact("3")])

    assert reply.status_code == 207
    error = errors_of(reply)["w2"]
    assert error["category"] == "CONFLICT"
    assert error["message"] == f"Contact already exists. Existing ID: {owner}"
    assert crm.contact_by_number("2") is None
    assert crm.contact_by_number("3") is not None


def test_conflict_in_all_or_nothing_mode_is_409(crm, hubspot):
    hubspot.upsert([contact("1", email="ada@example.org")])
    crm.configure(face_mode="all_or_nothing")

    reply = hubspot.upsert([contact("3"), contact("2", email="ada@example.org")])

    assert reply.status_code == 409
    assert reply.json()["category"] == "CONFLICT"
    assert crm.contact_by_number("3") is None


def test_own_address_sent_again_is_no_conflict(crm, hubspot):
    hubspot.upsert([contact("1", email="ada@example.org")])

    assert hubspot.upsert([contact("1", email="Ada@example.org")]).status_code == 200


def test_one_address_for_two_new_contacts_of_a_call_is_refused_for_the_second(crm, hubspot):
    reply = hubspot.upsert([contact("1", email="ada@example.org"), contact("2", email="ada@example.org")])

    assert set(errors_of(reply)) == {"w2"}
    assert crm.contact_by_number("1")["email"] == "ada@example.org"


def test_repeated_id_in_one_call_refuses_the_call(crm, hubspot):
    reply = hubspot.upsert([contact("1"), contact("1", city="Bern")])

    assert reply.status_code == 400
    assert reply.json()["message"] == "Duplicate IDs found in batch input: [1]. IDs must be unique"
    assert crm.contacts() == []


def test_more_than_a_hundred_inputs_are_refused(crm, hubspot):
    assert hubspot.upsert([contact(str(number)) for number in range(101)]).status_code == 400
    assert crm.contacts() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
        ("email", "a@b", "INVALID_EMAIL"),
        ("email", "two@example.org, more@example.org", "INVALID_EMAIL"),
        ("s360_title", "DUKE", "INVALID_OPTION"),
        ("criterion_interests", "OPERA;GOLF", "INVALID_OPTION"),
        ("birth_date", "31.12.1990", "INVALID_DATE"),
        ("hs_object_id", "5", "READ_ONLY_VALUE"),
        ("city", None, "INVALID_TYPE"),
        ("city", ["Bern"], "INVALID_TYPE"),
        ("city", "x" * 70_000, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_value_no_property_takes_is_refused_with_its_code(crm, hubspot, name, value, code):
    reply = hubspot.upsert([contact("1", **{name: value})])

    details = errors_of(reply)["w1"]["errors"]
    assert [(each["in"], each["code"]) for each in details] == [(name, code)]
    assert crm.contacts() == []


def test_several_options_and_plain_numbers_are_accepted(crm, hubspot):
    assert hubspot.upsert([contact("1", criterion_interests="OPERA;JAZZ", zip=3000)]).status_code == 200
    assert crm.contact_by_number("1")["zip"] == "3000"


@pytest.mark.parametrize("value", ["12,50", "abc", "1 000"])
def test_order_amount_must_be_a_number(crm, hubspot, value):
    reply = hubspot.upsert([order("9", hs_total_price=value)], "orders")

    assert errors_of(reply)["w9"]["errors"][0]["code"] == "INVALID_NUMBER"
    assert crm.orders() == []


def test_key_must_be_a_unique_property(crm, hubspot):
    item = {**contact("1"), "idProperty": "city"}

    reply = hubspot.upsert([item])

    assert reply.status_code == 400
    assert "non-unique" in reply.json()["message"]


def test_by_address_there_is_no_partial_answer(crm, hubspot):
    items = [{**contact("1"), "id": "ada@example.org", "idProperty": "email"}, contact("2", s360_title="DUKE")]

    assert hubspot.upsert(items).status_code == 400
    assert crm.contacts() == []


def test_by_address_the_owner_is_updated(crm, hubspot):
    hubspot.upsert([contact("1", email="ada@example.org")])
    item = {"id": "ada@example.org", "idProperty": "email", "properties": {"city": "Bern"}}

    reply = hubspot.upsert([item])

    assert [each["new"] for each in reply.json()["results"]] == [False]
    assert crm.contact_by_number("1")["city"] == "Bern"


def test_unknown_object_id_is_not_found_and_creates_nothing(crm, hubspot):
    reply = hubspot.upsert([{"id": "99", "objectWriteTraceId": "a", "properties": {"city": "Bern"}}])

    assert errors_of(reply)["a"]["category"] == "OBJECT_NOT_FOUND"
    assert crm.contacts() == []


@pytest.mark.parametrize("body", [{}, {"inputs": []}, {"inputs": "x"}, {"inputs": [1]}, {"inputs": [{"id": "1"}]}, []])
def test_wrong_shape_is_400(crm, hubspot, body):
    assert hubspot.call("POST", "/crm/objects/2026-03/contacts/batch/upsert", body).status_code == 400


def test_body_that_is_not_json_is_400(crm, hubspot):
    reply = hubspot.http.post("/crm/objects/2026-03/contacts/batch/upsert", content=b"{")

    assert reply.status_code == 400
    assert reply.json()["message"] == "Invalid input JSON"


def test_values_are_rewritten_as_set(crm, hubspot):
    crm.configure(rewrites={"lastname": ["trim", "title"], "mobilephone": ["phone"], "email": ["lower"]})

    reply = hubspot.upsert([contact("1", lastname="  de  la CRUZ ", mobilephone="+41791234567", email="A@Example.org")])

    stored = crm.contact_by_number("1")
    assert (stored["lastname"], stored["mobilephone"]) == ("De La Cruz", "+41 79 12 34 56 7")
    assert stored["email"] == reply.json()["results"][0]["properties"]["email"] == "a@example.org"


def test_rewritten_value_sent_again_changes_nothing(crm, hubspot):
    crm.configure(rewrites={"lastname": ["title"]})
    hubspot.upsert([contact("1", lastname="CRUZ")])
    hubspot.upsert([contact("1", lastname="CRUZ")])

    assert crm.ledger.writes_for("1") == Writes(creates=1, updates=0, noops=1)


def test_refused_value_is_refused_until_the_rule_is_lifted(crm, hubspot):
    rule = crm.refuse("country", "XX", message="XX is not a country")
    refused = hubspot.upsert([contact("1", country="xx"), contact("2", country="CH")])
    assert errors_of(refused)["w1"]["errors"][0]["message"] == "XX is not a country"

    crm.lift(rule)

    assert hubspot.upsert([contact("1", country="XX")]).status_code == 200
    assert crm.ledger.creates_for("1") == crm.ledger.creates_for("2") == 1


def test_number_on_two_records_updates_the_older_and_creates_nothing(crm, hubspot):
    hubspot.upsert([contact("1")])
    original = crm.contact_by_number("1")["id"]
    clone = crm.people.clone(original)

    reply = hubspot.upsert([contact("1", city="Bern")])

    assert [each["id"] for each in reply.json()["results"]] == [original]
    assert "city" not in crm.contact(clone.id)


def test_batch_update_never_creates(crm, hubspot):
    hubspot.upsert([contact("1")])
    body = {"inputs": [contact("1", city="Bern"), contact("2")]}

    reply = hubspot.call("POST", "/crm/objects/2026-03/contacts/batch/update", body)

    assert reply.status_code == 207
    assert errors_of(reply)["w2"]["category"] == "OBJECT_NOT_FOUND"
    assert crm.contact_by_number("1")["city"] == "Bern"
    assert crm.ledger.creates_for("2") == 0
