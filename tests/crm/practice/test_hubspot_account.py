"""Credentials, limits, properties and associations of the HubSpot face."""

from __future__ import annotations

import pytest

from crm.practice.ledger import Writes
from tests.crm.practice.clients import contact, order

PROPERTIES = "/crm/properties/2026-03/contacts"
ASSOCIATE = "/crm/associations/2026-03/orders/contacts/batch/associate/default"
NEW = {"name": "loyalty_card", "label": "Loyalty card", "groupName": "contactinformation", "type": "string"}


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic !!", "Digest t"])
def test_caller_without_the_token_is_refused(hubspot, header):
    reply = hubspot.call("GET", PROPERTIES, headers={"Authorization": header})

    assert reply.status_code == 401
    assert reply.json()["category"] == "INVALID_AUTHENTICATION"


def test_issued_token_expires_with_its_time(crm, clock, hubspot):
    form = {"grant_type": "refresh_token", "client_id": "a", "client_secret": "s", "refresh_token": "t"}
    issued = hubspot.http.post("/oauth/v1/token", data=form).json()
    bearer = {"Authorization": f"Bearer {issued['access_token']}"}
    assert issued["expires_in"] == 1800
    assert hubspot.call("GET", PROPERTIES, headers=bearer).status_code == 200

    clock.move(1800)

    reply = hubspot.call("GET", PROPERTIES, headers=bearer)
    assert (reply.status_code, reply.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_issued_token_can_expire_before_its_time(crm, hubspot):
    form = {"grant_type": "client_credentials", "client_secret": "t"}
    token = hubspot.http.post("/oauth/v1/token", data=form).json()["access_token"]
    crm.expire_tokens()

    assert hubspot.call("GET", PROPERTIES, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert hubspot.call("GET", PROPERTIES).status_code == 200


@pytest.mark.parametrize("form", [{"grant_type": "password"}, {"grant_type": "refresh_token", "refresh_token": "x"}])
def test_token_endpoint_refuses_who_it_does_not_know(hubspot, form):
    assert hubspot.http.post("/oauth/v1/token", data=form).status_code == 400


def test_calls_beyond_the_ten_second_window_are_429(crm, clock, hubspot):
    crm.configure(calls_per_10s=3)
    replies = [hubspot.call("GET", PROPERTIES) for _ in range(4)]

    assert [each.status_code for each in replies] == [200, 200, 200, 429]
    assert [each.headers["X-HubSpot-RateLimit-Remaining"] for each in replies] == ["2", "1", "0", "0"]
    assert replies[3].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    clock.move(10)
    assert hubspot.call("GET", PROPERTIES).status_code == 200


def test_daily_quota_holds_until_the_next_day(crm, clock, hubspot):
    crm.configure(calls_per_day=1)
    first, second = hubspot.call("GET", PROPERTIES), hubspot.call("GET", PROPERTIES)

    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["policyName"] == "DAILY"
    assert second.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    clock.move(86_400)
    assert hubspot.call("GET", PROPERTIES).status_code == 200


def test_account_names_itself(hubspot):
    assert hubspot.call("GET", "/account-info/v3/details").json()["portalId"] == 4_242_424


def test_key_property_is_listed_as_unique(hubspot):
    listed = {each["name"]: each for each in hubspot.call("GET", PROPERTIES).json()["results"]}

    assert listed["s360_contact_number"]["hasUniqueValue"] is True
    assert listed["firstname"]["hasUniqueValue"] is False
    titles = [each["value"] for each in listed["s360_title"]["options"]]
    assert titles == ["MR", "MRS", "MISS", "MR_AND_MRS", "LADIES", "GENTLEMEN", "UNDEFINED"]
    assert hubspot.call("GET", f"{PROPERTIES}/nothing").status_code == 404


def test_new_unique_property_serves_as_key_for_older_records_too(crm, hubspot):
    hubspot.upsert([contact("1")])
    created = hubspot.call("POST", PROPERTIES, {**NEW, "fieldType": "text", "hasUniqueValue": True})
    hubspot.upsert([contact("1", loyalty_card="L-1")])

    item = {"id": "L-1", "idProperty": "loyalty_card", "properties": {"city": "Bern"}}
    reply = hubspot.upsert([item])

    assert created.status_code == 201
    assert [each["new"] for each in reply.json()["results"]] == [False]
    assert crm.contact_by_number("1")["city"] == "Bern"


def test_value_of_a_unique_property_belongs_to_one_record(crm, hubspot):
    hubspot.call("POST", PROPERTIES, {**NEW, "fieldType": "text", "hasUniqueValue": True})
    hubspot.upsert([contact("1", loyalty_card="L-1")])

    reply = hubspot.upsert([contact("2", loyalty_card="L-1")])

    assert reply.json()["errors"][0]["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert crm.contact_by_number("2") is None


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 409), ({"name": "Two Words"}, 400), ({"type": "blob"}, 400), ({"label": ""}, 400)],
)
def test_property_is_made_once_and_complete(hubspot, change, status):
    body = {**NEW, "fieldType": "text"}
    assert hubspot.call("POST", PROPERTIES, body).status_code == 201

    assert hubspot.call("POST", PROPERTIES, {**body, **change}).status_code == status


def linked(hubspot, order_id, contact_id):
    return hubspot.call("POST", ASSOCIATE, {"inputs": [{"from": {"id": order_id}, "to": {"id": contact_id}}]})


def test_order_is_linked_to_its_contact_once(crm, hubspot):
    contact_id = hubspot.upsert([contact("0048213")]).json()["results"][0]["id"]
    order_id = hubspot.upsert([order("10000912204")], "orders").json()["results"][0]["id"]

    first, again = linked(hubspot, order_id, contact_id), linked(hubspot, order_id, contact_id)

    assert (first.status_code, again.status_code) == (200, 200)
    assert crm.ledger.links() == {"10000912204": "0048213"}
    assert crm.order_by_id("10000912204")["contact_number"] == "0048213"
    kinds = [each.kind for each in crm.ledger.effects_on("10000912204", "orders")]
    assert kinds == ["create", "link"]
    assert crm.ledger.writes_for("10000912204", "orders") == Writes(1, 0, 0)


def test_link_to_an_unknown_record_is_listed_under_errors(crm, hubspot):
    order_id = hubspot.upsert([order("1")], "orders").json()["results"][0]["id"]

    reply = linked(hubspot, order_id, "99999")

    assert reply.status_code == 207
    assert reply.json()["errors"][0]["context"]["toObjectId"] == ["99999"]
    crm.configure(face_mode="all_or_nothing")
    assert linked(hubspot, order_id, "99999").status_code == 400


def test_links_are_read_back(hubspot):
    contact_id = hubspot.upsert([contact("1")]).json()["results"][0]["id"]
    order_id = hubspot.upsert([order("1")], "orders").json()["results"][0]["id"]
    linked(hubspot, order_id, contact_id)

    path = "/crm/associations/2026-03/orders/contacts/batch/read"
    (result,) = hubspot.call("POST", path, {"inputs": [{"id": order_id}, {"id": "99"}]}).json()["results"]

    assert result["to"][0]["toObjectId"] == int(contact_id)


@pytest.mark.parametrize(
    "path",
    [
        "/crm/associations/2026-03/contacts/orders/batch/associate/default",
        "/crm/associations/2026-03/orders/tickets/batch/associate/default",
    ],
)
def test_other_links_are_refused(hubspot, path):
    assert hubspot.call("POST", path, {"inputs": [{"from": {"id": "1"}, "to": {"id": "2"}}]}).status_code == 400
