"""The control API: all the handle can do, for another process."""

from __future__ import annotations

import pytest

from tests.crm.practice.clients import contact


@pytest.fixture
def control(rest):
    def call(path, body=None):
        reply = rest.call("GET" if body is None else "POST", f"/_practice/{path}", body)
        return reply.status_code, reply.json()

    return call


def test_overview_shows_state_and_never_counts_itself(crm, control):
    crm.fail_next("generic", "late", seconds=1)
    crm.refuse("country", "XX")
    status, shown = control("")

    assert status == 200
    assert shown["totals"]["contacts"] == 0
    assert shown["settings"]["face_mode"] == "per_record"
    assert [each["kind"] for each in shown["faults"]] == ["late"]
    assert [each["field"] for each in shown["rules"]] == ["country"]
    assert "reset_after_apply" in shown["kinds"]
    assert list(crm.ledger.calls) == []


def test_settings_are_changed_together_or_not_at_all(crm, control):
    assert control("settings", {"face_mode": "all_or_nothing", "latency_ms": 1})[1]["latency_ms"] == 1
    status, reply = control("settings", {"latency_ms": 9, "face_mode": "sometimes"})

    assert status == 400
    assert "face_mode must be one of per_record, all_or_nothing" in reply["error"]
    assert crm.settings.latency_ms == 1
    assert control("settings", {"colour": "red"})[0] == 400
    assert control("settings", {"latency_ms": "slow"})[0] == 400


def test_fault_is_set_and_lifted(crm, control):
    _, once = control("faults", {"face": "hubspot", "kind": "throttled", "retry_after": 5})
    _, share = control("faults", {"kind": "server_error", "probability": 0.5, "path": "orders"})

    assert (once["count"], once["params"]) == (1, {"retry_after": 5})
    assert (share["count"], share["probability"], share["face"]) == (None, 0.5, "*")
    control("faults/lift", {"id": once["id"]})
    assert [each.id for each in crm.core.faults.standing()] == [share["id"]]
    control("faults/lift", {})
    assert crm.core.faults.standing() == []


@pytest.mark.parametrize("body", [{}, {"kind": "flood"}, {"kind": "late", "probability": 2}, {"kind": "late", "x": 1}])
def test_fault_nobody_knows_is_400(control, body):
    assert control("faults", body)[0] == 400


def test_rule_is_set_and_lifted(crm, control, hubspot):
    _, rule = control("rules", {"field": "email", "value": "ada@example.org"})
    assert hubspot.upsert([contact("1", email="ada@example.org")]).status_code == 207

    control("rules/lift", {"id": rule["id"]})

    assert hubspot.upsert([contact("1", email="ada@example.org")]).status_code == 200


def test_people_act_by_id_or_number(crm, control, hubspot):
    hubspot.upsert([contact("007"), contact("8")])
    head, loser = (crm.contact_by_number(each)["id"] for each in ("007", "8"))

    assert control("people/edit", {"key": "007", "values": {"city": "Bern"}, "user": 45680})[1] == {
        "changed": {"city": "Bern"}
    }
    _, history = control(f"history?id={head}&name=city")
    assert [(each["value"], each["source"]["id"]) for each in history["history"]] == [("Bern", "userId:45680")]
    _, made = control("people/create", {"values": {"lastname": "Walk-in"}})
    _, clone = control("people/clone", {"id": head})
    assert control("people/merge", {"head": head, "loser": loser}) == (200, {"id": head})
    control("people/delete", {"id": made["id"]})
    assert {each["id"] for each in crm.contacts()} == {head, clone["id"]}


def test_live_editing_is_switched(crm, control):
    control("people/live", {"per_second": 0.5})
    assert crm.people.live_rate == 0.5
    control("people/live", {"per_second": 0})
    assert crm.people.live_rate == 0


def test_ledger_is_read_by_key(control, hubspot):
    hubspot.upsert([contact("1")])
    hubspot.upsert([contact("1", city="Bern")])

    _, found = control("ledger?key=1")
    assert (found["creates"], found["updates"], found["noops"]) == (1, 1, 0)
    assert [each["kind"] for each in found["effects"]] == ["create", "update"]
    assert control("duplicates") == (200, {"duplicates": {}, "double_creates": {}})
    assert control("links") == (200, {})
    _, calls = control("calls?path=upsert&limit=1")
    assert (calls["total"], [each["status"] for each in calls["calls"]]) == (2, [200])


def test_records_are_found_by_key_or_piece(control, hubspot):
    hubspot.upsert([contact("1", city="Zürich"), contact("21")])

    assert [each["s360_contact_number"] for each in control("records?q=Zürich")[1]["records"]] == ["1"]
    assert [each["s360_contact_number"] for each in control("records?key=21")[1]["records"]] == ["21"]
    assert len(control("records?limit=1")[1]["records"]) == 1


def test_tokens_are_given_and_taken(crm, control, rest):
    control("tokens", {"token": "second", "app": "555"})
    bearer = {"Authorization": "Bearer second"}
    assert rest.call("GET", "/api/me", headers=bearer).json()["application"] == "555"

    control("tokens/revoke", {"token": "second"})

    assert rest.call("GET", "/api/me", headers=bearer).status_code == 403
    assert control("tokens/expire", {})[1] == {"ok": True}


def test_reset_and_forget(crm, control, hubspot):
    hubspot.upsert([contact("1")])
    control("ledger/forget", {})
    assert list(crm.ledger.calls) == []

    control("reset", {})

    assert crm.contacts() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("nothing", None, 404),
        ("people/edit", {"id": "99", "values": {}}, 404),
        ("people/edit", {"key": "99", "values": {}}, 404),
        ("people/edit", {}, 400),
        ("history?id=99&name=city", None, 404),
        ("records?entity=tickets", None, 400),
        ("settings", [], 400),
    ],
)
def test_request_nobody_can_serve_is_refused(control, path, body, status):
    assert control(path, body)[0] == status


def test_script_of_another_site_changes_nothing(crm, rest):
    reply = rest.call("POST", "/_practice/reset", {}, headers={"Origin": "https://elsewhere.example.org"})

    assert reply.status_code == 403


def test_faults_never_meet_the_control_api(crm, control):
    crm.fail_some("*", "server_error", 1.0)

    assert control("")[0] == 200
