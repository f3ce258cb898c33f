"""State that survives: an orderly stop, a kill -9, a line cut in the middle."""

from __future__ import annotations

import httpx
import pytest

from crm.practice import PracticeCrm, PracticeCrmProcess
from crm.practice.ledger import Writes
from tests.crm.practice.clients import TOKEN, Clock, Hubspot, contact, order


def started(directory):
    return PracticeCrm(token=TOKEN, directory=directory, clock=Clock())


def test_records_history_links_and_counts_come_back(tmp_path):
    with started(tmp_path) as crm:
        hubspot = Hubspot(crm)
        with hubspot.http:
            known = hubspot.upsert([contact("007", city="Bern")]).json()["results"][0]["id"]
            hubspot.upsert([contact("007", city="Basel")])
            order_id = hubspot.upsert([order("9")], "orders").json()["results"][0]["id"]
            path = "/crm/associations/2026-03/orders/contacts/batch/associate/default"
            hubspot.call("POST", path, {"inputs": [{"from": {"id": order_id}, "to": {"id": known}}]})
        crm.people.edit(known, {"zip": "3000"})
        gone = crm.people.clone(known)
        crm.people.delete(gone.id)
        before = (crm.contacts(), crm.orders(), crm.history(known, "city"))

    with started(tmp_path) as crm:
        assert (crm.contacts(), crm.orders(), crm.history(known, "city")) == before
        assert crm.ledger.writes_for("007") == Writes(creates=1, updates=1, noops=0)
        assert crm.ledger.links() == {"9": "007"}
        hubspot = Hubspot(crm)
        with hubspot.http:
            created = hubspot.upsert([contact("8")]).json()["results"][0]["id"]
    assert int(created) > gone.id


def test_created_property_comes_back_as_a_key(tmp_path):
    body = {"name": "card", "label": "Card", "groupName": "g", "type": "string", "fieldType": "text"}
    with started(tmp_path) as crm:
        hubspot = Hubspot(crm)
        with hubspot.http:
            hubspot.call("POST", "/crm/properties/2026-03/contacts", {**body, "hasUniqueValue": True})
            hubspot.upsert([contact("1", card="L-1")])

    with started(tmp_path) as crm:
        hubspot = Hubspot(crm)
        with hubspot.http:
            reply = hubspot.upsert([{"id": "L-1", "idProperty": "card", "properties": {"city": "Bern"}}])
        assert reply.json()["results"][0]["new"] is False


def test_overtaken_lines_are_dropped_at_the_next_start(tmp_path):
    with started(tmp_path) as crm:
        record = crm.people.create({"s360_contact_number": "1"})
        for number in range(300):
            crm.people.edit(record.id, {"city": str(number)})
    size = (tmp_path / "records.jsonl").stat().st_size

    with started(tmp_path) as crm:
        assert crm.contact(record.id)["city"] == "299"
    assert (tmp_path / "records.jsonl").stat().st_size < size / 10


def test_line_cut_by_a_kill_is_dropped_and_its_neighbours_stay(tmp_path):
    with started(tmp_path) as crm:
        crm.people.create({"s360_contact_number": "1"})
        crm.people.create({"s360_contact_number": "2"})
    file = tmp_path / "records.jsonl"
    file.write_bytes(file.read_bytes()[:-20])

    with started(tmp_path) as crm:
        assert [each["s360_contact_number"] for each in crm.contacts()] == ["1"]
        crm.people.create({"s360_contact_number": "3"})

    with started(tmp_path) as crm:
        assert [each["s360_contact_number"] for each in crm.contacts()] == ["1", "3"]


def test_reset_forgets_for_good(tmp_path):
    with started(tmp_path) as crm:
        crm.people.create({"s360_contact_number": "1"})
        crm.fail_next("*", "late")
        crm.reset()
        assert crm.core.faults.standing() == []

    with started(tmp_path) as crm:
        assert crm.contacts() == []


@pytest.mark.faults
def test_kill_loses_nothing_that_was_answered(tmp_path):
    answered = set()
    with PracticeCrmProcess(token=TOKEN, directory=tmp_path) as crm:
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
            for start in range(0, 500, 50):
                inputs = [contact(str(number)) for number in range(start, start + 50)]
                reply = http.post(f"{crm.url}/crm/objects/2026-03/contacts/batch/upsert", json={"inputs": inputs})
                answered |= {each["properties"]["s360_contact_number"] for each in reply.json()["results"]}
        crm.kill()

    with started(tmp_path) as crm:
        assert {each["s360_contact_number"] for each in crm.contacts()} == answered
        assert len(answered) == 500
        assert crm.ledger.double_creates() == {}
