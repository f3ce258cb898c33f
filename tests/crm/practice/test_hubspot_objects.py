"""Single records, lists, batch read and value history."""

from __future__ import annotations

import pytest

from tests.crm.practice.clients import contact

ONE = "/crm/objects/2026-03/contacts"


def created(hubspot, number="1", **properties):
    return hubspot.upsert([contact(number, **properties)]).json()["results"][0]["id"]


def test_batch_read_lists_unknown_ids_under_errors(hubspot):
    known = created(hubspot, email="ada@example.org")

    reply = hubspot.read([known, "99999"])

    assert reply.status_code == 207
    assert [each["id"] for each in reply.json()["results"]] == [known]
    assert reply.json()["errors"][0]["context"] == {"ids": ["99999"]}


def test_batch_read_by_contact_number_shows_asked_properties_and_null_where_empty(hubspot):
    known = created(hubspot, "007", email="ada@example.org")

    (result,) = hubspot.read(["007"], idProperty="s360_contact_number").json()["results"]

    assert result["id"] == known
    assert result["properties"]["email"] == "ada@example.org"
    assert result["properties"]["city"] is None
    assert result["properties"]["hs_object_id"] == known


def test_value_history_tells_the_console_from_a_person(crm, clock, hubspot):
    known = created(hubspot, city="Bern")
    clock.move(1)
    crm.people.edit(known, {"city": "Basel"}, user=45679)
    clock.move(1)
    hubspot.upsert([contact("1", lastname="Cruz")])

    (result,) = hubspot.read([known], propertiesWithHistory=["city", "lastname"]).json()["results"]

    city = [(each["value"], each["sourceType"], each["sourceId"]) for each in result["propertiesWithHistory"]["city"]]
    assert city == [("Basel", "CRM_UI", "userId:45679"), ("Bern", "INTEGRATION", "9876543")]
    newest = result["propertiesWithHistory"]["lastname"][0]
    assert (newest["value"], newest["sourceType"]) == ("Cruz", "INTEGRATION")
    assert result["propertiesWithHistory"]["city"][0]["updatedByUserId"] == 45679


def test_cleared_value_is_an_empty_entry_in_its_history(crm, hubspot):
    known = created(hubspot, city="Bern")
    crm.people.edit(known, {"city": ""})

    (result,) = hubspot.read([known], propertiesWithHistory=["city"]).json()["results"]

    assert [each["value"] for each in result["propertiesWithHistory"]["city"]] == ["", "Bern"]


def test_second_application_has_its_own_source_id(crm, hubspot):
    known = created(hubspot, city="Bern")
    crm.core.tokens.allow("other", "555")
    bearer = {"Authorization": "Bearer other"}
    hubspot.call("PATCH", f"{ONE}/{known}", {"properties": {"city": "Basel"}}, headers=bearer)

    (result,) = hubspot.read([known], propertiesWithHistory=["city"]).json()["results"]

    assert [each["sourceId"] for each in result["propertiesWithHistory"]["city"]] == ["555", "9876543"]


def test_history_is_read_fifty_at_a_time(hubspot):
    ids = [str(number) for number in range(51)]

    assert hubspot.read(ids, propertiesWithHistory=["city"]).status_code == 400
    assert hubspot.read(ids).status_code == 207


def test_only_the_last_twenty_changes_are_remembered(crm, hubspot):
    known = created(hubspot, city="0")
    for number in range(1, 30):
        crm.people.edit(known, {"city": str(number)})

    assert [value for value, _, _ in crm.history(known, "city")] == [str(number) for number in range(29, 9, -1)]


def test_get_patch_and_delete_one(crm, hubspot):
    known = created(hubspot)

    patched = hubspot.call("PATCH", f"{ONE}/{known}", {"properties": {"city": "Bern"}})
    shown = hubspot.call("GET", f"{ONE}/1?idProperty=s360_contact_number&properties=city&propertiesWithHistory=city")
    deleted = hubspot.call("DELETE", f"{ONE}/{known}")

    assert (patched.status_code, shown.status_code, deleted.status_code) == (200, 200, 204)
    assert shown.json()["properties"]["city"] == "Bern"
    assert len(shown.json()["propertiesWithHistory"]["city"]) == 1
    assert hubspot.call("GET", f"{ONE}/{known}").status_code == 404
    assert crm.contacts() == []


def test_create_answers_201_and_a_known_number_is_refused(crm, hubspot):
    first = hubspot.call("POST", ONE, {"properties": {"s360_contact_number": "1", "email": "ada@example.org"}})
    same_number = hubspot.call("POST", ONE, {"properties": {"s360_contact_number": "1"}})
    same_address = hubspot.call("POST", ONE, {"properties": {"email": "ada@example.org"}})

    assert (first.status_code, same_number.status_code, same_address.status_code) == (201, 400, 409)
    assert same_address.json()["message"] == f"Contact already exists. Existing ID: {first.json()['id']}"
    assert len(crm.contacts()) == 1


@pytest.mark.parametrize("body", [{}, {"properties": []}, []])
def test_patch_without_properties_is_400(hubspot, body):
    known = created(hubspot)

    assert hubspot.call("PATCH", f"{ONE}/{known}", body).status_code == 400


def test_merged_contact_is_found_under_its_head(crm, hubspot):
    head, loser = created(hubspot, "1"), created(hubspot, "2", city="Bern")
    crm.people.merge(head, loser)

    reply = hubspot.call("GET", f"{ONE}/{loser}?properties=city,hs_merged_object_ids")

    assert reply.json()["id"] == head
    assert reply.json()["properties"]["city"] == "Bern"
    assert reply.json()["properties"]["hs_merged_object_ids"] == loser


def test_list_pages_through_every_record_once(hubspot):
    hubspot.upsert([contact(str(number)) for number in range(25)])
    seen, after = [], "0"
    while after:
        page = hubspot.call("GET", f"{ONE}?limit=10&after={after}&properties=s360_contact_number").json()
        seen += [each["properties"]["s360_contact_number"] for each in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")

    assert seen == [str(number) for number in range(25)]


@pytest.mark.parametrize("path", ["/crm/objects/1999-01/contacts", "/crm/objects/2026-03/contacts/1/2", "/crm/nothing"])
def test_unknown_path_or_version_is_404(hubspot, path):
    assert hubspot.call("GET", path).status_code == 404


def test_unknown_object_type_is_400(hubspot):
    assert hubspot.call("GET", "/crm/objects/2026-03/tickets").status_code == 400


def test_legacy_path_and_type_number_reach_the_same_records(hubspot):
    known = created(hubspot)

    assert hubspot.call("GET", f"/crm/v3/objects/contacts/{known}").json()["id"] == known
    assert hubspot.call("GET", f"/crm/objects/2026-03/0-1/{known}").json()["id"] == known


def test_other_method_is_405(hubspot):
    known = created(hubspot)

    assert hubspot.call("PUT", f"{ONE}/{known}", {}).status_code == 405
