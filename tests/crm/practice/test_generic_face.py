"""The plain REST face and the dialects it can speak."""

from __future__ import annotations

import pytest

from crm.practice.ledger import Writes
from tests.crm.practice.clients import START

CONTACTS = "/api/contacts"


def post(rest, **body):
    return rest.call("POST", CONTACTS, body)


def ids(reply):
    return [each["external_id"] for each in reply.json()["results"]]


def test_creation_in_flag_style_is_200_with_the_id(crm, rest):
    reply = post(rest, external_id="0048213", first_name="Ada", consent_newsletter="yes")

    assert reply.status_code == 200
    stored = crm.contact_by_number("0048213")
    assert reply.json() == {"error": False, "message": "Contact created successfully", "id": stored["id"]}
    assert (stored["firstname"], stored["consent_newsletter"]) == ("Ada", "yes")


def test_creation_in_rest_style_is_201_with_the_record(crm, rest):
    crm.configure(generic_style="rest")

    reply = post(rest, external_id="1", town="Bern")

    assert reply.status_code == 201
    assert reply.json()["town"] == "Bern"
    assert rest.call("GET", reply.headers["Location"]).json() == reply.json()


def test_body_may_be_nested_with_custom_members(crm, rest):
    post(rest, contact={"last_name": "Cruz", "custom_fields": {"external_id": "1"}})

    assert crm.contact_by_number("1")["lastname"] == "Cruz"


def test_filter_matches_pieces_so_callers_must_compare(rest):
    for number in ("482", "0048213", "948200", "77"):
        post(rest, external_id=number)

    assert ids(rest.call("GET", f"{CONTACTS}?external_id=482")) == ["482", "0048213", "948200"]
    assert ids(rest.call("GET", f"{CONTACTS}?external_id=999")) == []


def test_filters_combine_and_ignore_case(rest):
    post(rest, external_id="1", email="ada@example.org", town="Bern")
    post(rest, external_id="2", email="bela@example.org", town="Bern")

    assert ids(rest.call("GET", f"{CONTACTS}?email=ADA&town=ber")) == ["1"]


def test_key_that_changed_is_found_under_the_new_value_only(crm, rest):
    created = post(rest, external_id="111").json()["id"]
    rest.call("PATCH", f"{CONTACTS}/{created}", {"external_id": "222"})

    assert ids(rest.call("GET", f"{CONTACTS}?external_id=111")) == []
    assert ids(rest.call("GET", f"{CONTACTS}?external_id=222")) == ["222"]


def test_update_sends_only_what_changed_and_null_clears(crm, rest):
    created = post(rest, external_id="1", town="Bern", first_name="Ada").json()["id"]

    reply = rest.call("PATCH", f"{CONTACTS}/{created}", {"town": None})

    assert reply.json()["message"] == "Contact updated successfully"
    stored = crm.contact_by_number("1")
    assert "city" not in stored
    assert stored["firstname"] == "Ada"


@pytest.mark.parametrize(("status", "expected"), [(400, 400), (422, 422), (200, 200)])
def test_validation_names_the_member_in_the_status_of_the_dialect(crm, rest, status, expected):
    crm.configure(validation_status=status)

    reply = post(rest, external_id="1", email="nobody", title="DUKE")

    assert reply.status_code == expected
    assert reply.json()["error"] is True
    assert reply.json()["errors"] == {"email": ["Enter a valid email."], "title": ["Enter a valid title."]}
    assert crm.contacts() == []


def test_unknown_attribute_is_ignored_or_refused(crm, rest):
    assert post(rest, external_id="1", shoe_size="42").status_code == 200
    assert "shoe_size" not in crm.contact_by_number("1")

    crm.configure(unknown_attributes="refuse")
    assert post(rest, external_id="2", shoe_size="42").json()["errors"] == {"shoe_size": ["Unknown attribute."]}


def test_value_keeps_its_type_and_lists_of_options_are_taken(rest):
    created = post(rest, external_id="1", criterion_interests=["OPERA", "JAZZ"]).json()["id"]

    assert rest.call("GET", f"{CONTACTS}/{created}").json()["criterion_interests"] == ["OPERA", "JAZZ"]
    assert post(rest, external_id="2", town={"name": "Bern"}).status_code == 400


def test_second_create_makes_a_second_record_without_unique_index(crm, rest):
    post(rest, external_id="1")
    post(rest, external_id="1")

    assert len(crm.ledger.duplicates()["1"]) == 2
    assert crm.ledger.creates_for("1") == 2
    assert crm.ledger.double_creates() == {"1": 2}


@pytest.mark.parametrize(("setting", "status"), [("409", 409), ("500", 500)])
def test_second_create_is_refused_by_a_unique_index(crm, rest, setting, status):
    crm.configure(unique_key=setting)
    post(rest, external_id="1")

    assert post(rest, external_id="1").status_code == status
    assert crm.ledger.creates_for("1") == 1


def test_write_that_changes_nothing_still_moves_time_and_author(crm, clock, rest):
    created = post(rest, external_id="1", town="Bern").json()["id"]
    crm.people.edit(created, {"city": "Basel"})
    clock.move(60)

    rest.call("PATCH", f"{CONTACTS}/{created}", {"town": "Basel"})

    shown = rest.call("GET", f"{CONTACTS}/{created}").json()
    assert shown["modified_by"] == "9876543"
    assert shown["modified_at"] > shown["created_on"]
    assert crm.ledger.writes_for("1") == Writes(creates=1, updates=0, noops=1)


def test_write_that_changes_nothing_leaves_the_author_where_so_set(crm, clock, rest):
    crm.configure(noop_moves_modified=False)
    created = post(rest, external_id="1", town="Bern").json()["id"]
    crm.people.edit(created, {"city": "Basel"})

    rest.call("PATCH", f"{CONTACTS}/{created}", {"town": "Basel"})

    assert rest.call("GET", f"{CONTACTS}/{created}").json()["modified_by"] == "userId:45678"


@pytest.mark.parametrize("since", ["2026-11-18T12:00:00Z", "2026-11-18T13:00:00+01:00", "1795003200", "1795003200000"])
def test_changes_since_come_oldest_first_whatever_the_format(clock, rest, since):
    clock.at = 1_795_003_199
    post(rest, external_id="before")
    clock.move(1)
    post(rest, external_id="at")
    clock.move(60)
    post(rest, external_id="after")

    assert ids(rest.call("GET", CONTACTS, params={"updated_since": since})) == ["at", "after"]


def test_cursor_reads_records_of_one_time_exactly_once(rest):
    records = [{"external_id": str(number)} for number in range(500)]
    rest.call("POST", f"{CONTACTS}/batch", {"records": records})
    seen, cursor = [], ""
    while cursor is not None:
        query = {"updated_since": str(int(START)), "limit": 70, "cursor": cursor}
        page = rest.call("GET", CONTACTS, params=query).json()
        seen += [each["external_id"] for each in page["results"]]
        cursor = page["next_cursor"]

    assert seen == [str(number) for number in range(500)]


@pytest.mark.parametrize("style", ["offset", "page", "link", "cursor"])
def test_four_ways_of_paging_read_the_same(rest, style):
    rest.call("POST", f"{CONTACTS}/batch", {"records": [{"external_id": str(number)} for number in range(25)]})
    seen, path, turn = [], f"{CONTACTS}?limit=10", 0
    while path:
        reply = rest.call("GET", path)
        seen += ids(reply)
        turn += 1
        following = {
            "offset": f"{CONTACTS}?limit=10&offset={turn * 10}",
            "page": f"{CONTACTS}?limit=10&page={turn + 1}",
            "link": reply.links.get("next", {}).get("url", ""),
            "cursor": f"{CONTACTS}?limit=10&cursor={reply.json()['next_cursor']}",
        }[style]
        path = following if reply.json()["has_more"] else ""

    assert seen == [str(number) for number in range(25)]


def test_filter_nobody_knows_is_ignored_where_there_is_no_changes_filter(crm, rest):
    crm.configure(changed_since=False)
    post(rest, external_id="1")

    assert ids(rest.call("GET", f"{CONTACTS}?updated_since=2099-01-01T00:00:00Z")) == ["1"]


@pytest.mark.parametrize("query", ["limit=x", "cursor=%21", "updated_since=soon", "page=x"])
def test_parameter_nobody_can_read_is_400(rest, query):
    assert rest.call("GET", f"{CONTACTS}?{query}").status_code == 400


@pytest.mark.parametrize("status", [401, 403])
def test_unknown_token_is_401_or_403(crm, rest, status):
    crm.configure(unknown_token_status=status)

    assert rest.call("GET", CONTACTS, headers={"Authorization": "Bearer wrong"}).status_code == status


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer t"}, {"X-Api-Key": "t"}, {"Authorization": "Basic dXNlcjp0"}]
)
def test_token_is_taken_as_bearer_key_or_password(rest, headers):
    del rest.http.headers["Authorization"]

    assert rest.call("GET", "/api/me", headers=headers).json()["application"] == "9876543"


def test_client_credentials_give_a_token_that_expires(clock, rest):
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "t"}
    token = rest.http.post("/api/token", data=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert rest.call("GET", CONTACTS, headers=bearer).status_code == 200

    clock.move(3600)

    assert rest.call("GET", CONTACTS, headers=bearer).status_code == 401
    assert rest.http.post("/api/token", data={"client_secret": "wrong"}).status_code == 401


def test_batch_answers_each_record_in_its_place(crm, rest):
    post(rest, external_id="1")
    records = [{"external_id": "1", "town": "Bern"}, {"external_id": "2", "email": "x"}, {"town": "Bern"}, 5]

    reply = rest.call("POST", f"{CONTACTS}/batch", {"records": records})

    results = reply.json()["results"]
    assert [(each["ok"], each.get("created")) for each in results] == [
        (True, False),
        (False, None),
        (False, None),
        (False, None),
    ]
    assert results[1]["errors"] == {"email": ["Enter a valid email."]}
    assert results[2]["errors"] == {"external_id": ["This field is required."]}
    assert len(crm.contacts()) == 1


def test_all_or_nothing_batch_stores_nothing_when_one_is_bad(crm, rest):
    crm.configure(face_mode="all_or_nothing")
    records = [{"external_id": "1"}, {"external_id": "2", "email": "x"}]

    assert rest.call("POST", f"{CONTACTS}/batch", {"records": records}).status_code == 400
    assert crm.contacts() == []


def test_crm_without_a_batch_endpoint_answers_404(crm, rest):
    crm.configure(batch_endpoint=False)

    assert rest.call("POST", f"{CONTACTS}/batch", {"records": [{"external_id": "1"}]}).status_code == 404
    assert rest.call("POST", f"{CONTACTS}/batch", {"records": []}).status_code == 404


def test_same_idempotency_key_gets_the_same_answer(crm, rest):
    crm.configure(idempotency_header=True)
    answers = [
        rest.call("POST", CONTACTS, {"external_id": "1"}, headers={"Idempotency-Key": "a"}).json() for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert crm.ledger.creates_for("1") == 1


def test_order_carries_the_id_of_its_contact(crm, rest):
    contact_id = post(rest, external_id="0048213").json()["id"]
    body = {"external_id": "10000912204", "amount": "91.00", "contact_id": contact_id, "order_state": "CLOSED"}

    created = rest.call("POST", "/api/orders", body).json()["id"]

    assert rest.call("GET", f"/api/orders/{created}").json()["contact_id"] == contact_id
    assert crm.ledger.links() == {"10000912204": "0048213"}
    assert crm.order_by_id("10000912204")["hs_total_price"] == "91.00"


def test_order_of_an_unknown_contact_is_refused(crm, rest):
    reply = rest.call("POST", "/api/orders", {"external_id": "1", "contact_id": "99"})

    assert reply.json()["errors"] == {"contact_id": ['Invalid pk "99" - object does not exist.']}
    assert crm.orders() == []


def test_link_alone_counts_as_an_update(crm, rest):
    contact_id = post(rest, external_id="1").json()["id"]
    order_id = rest.call("POST", "/api/orders", {"external_id": "9"}).json()["id"]

    rest.call("PATCH", f"/api/orders/{order_id}", {"contact_id": contact_id})

    assert crm.ledger.writes_for("9", "orders") == Writes(creates=1, updates=1, noops=0)
    assert crm.ledger.links() == {"9": "1"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/tickets", 404),
        ("GET", "/api/contacts/99", 404),
        ("GET", "/api/contacts/x/y", 404),
        ("PUT", "/api/contacts", 405),
        ("POST", "/api/orders/99", 404),
    ],
)
def test_wrong_path_or_method_is_refused(rest, method, path, status):
    assert rest.call(method, path, {}).status_code == status


def test_deleted_record_is_gone(crm, rest):
    created = post(rest, external_id="1").json()["id"]

    assert rest.call("DELETE", f"{CONTACTS}/{created}").status_code == 204
    assert rest.call("GET", f"{CONTACTS}/{created}").status_code == 404
    assert rest.call("PATCH", f"{CONTACTS}/{created}", {"town": "Bern"}).status_code == 404
    assert crm.ledger.creates_for("1") == 1


def test_malformed_body_is_400(rest):
    assert rest.http.post(CONTACTS, content=b"{").status_code == 400
    assert rest.call("POST", CONTACTS, ["x"]).status_code == 400


def test_calls_beyond_the_limit_are_429(crm, rest):
    crm.configure(calls_per_10s=1)
    rest.call("GET", CONTACTS)

    assert rest.call("GET", CONTACTS).status_code == 429
