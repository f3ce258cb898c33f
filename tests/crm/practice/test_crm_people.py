"""People in the CRM: their edits are theirs, and they can make a mess."""

from __future__ import annotations

import time

import pytest

from crm.practice.people import UnknownRecordError
from tests.crm.practice.clients import contact, order


@pytest.fixture
def known(crm, hubspot):
    hubspot.upsert([contact("1", city="Bern", email="ada@example.org")])
    return crm.contact_by_number("1")["id"]


def test_edit_counts_as_the_persons_and_not_as_ours(crm, known):
    changed = crm.people.edit(known, {"city": "Basel", "lastname": "Person 1"}, user=45680)

    assert changed == {"city": "Basel"}
    value, _, source = crm.history(known, "city")[0]
    assert (value, source.type, source.id, source.label) == ("Basel", "CRM_UI", "userId:45680", "Kit Rivers")
    assert crm.ledger.writes_for("1").updates == 0


def test_person_may_write_what_the_api_would_refuse(crm, known):
    crm.people.edit(known, {"email": "call me"})

    assert crm.contact(known)["email"] == "call me"


def test_own_contact_of_the_crm_carries_no_number(crm):
    record = crm.people.create({"lastname": "Walk-in", "city": ""})

    assert crm.contact(record.id) == {"id": str(record.id), "lastname": "Walk-in"}


def test_clone_carries_the_same_number_and_no_address(crm, known):
    clone = crm.people.clone(known)

    assert crm.contact(clone.id)["s360_contact_number"] == "1"
    assert "email" not in crm.contact(clone.id)


def test_merge_moves_orders_and_missing_values_to_the_head(crm, hubspot, known):
    hubspot.upsert([contact("2", zip="3000", city="Thun")])
    loser = crm.contact_by_number("2")["id"]
    order_id = hubspot.upsert([order("9")], "orders").json()["results"][0]["id"]
    path = "/crm/associations/2026-03/orders/contacts/batch/associate/default"
    hubspot.call("POST", path, {"inputs": [{"from": {"id": order_id}, "to": {"id": loser}}]})

    crm.people.merge(known, loser)

    head = crm.contact(known)
    assert (head["city"], head["zip"], head["s360_contact_number"]) == ("Bern", "3000", "1")
    assert crm.contact(loser) is None
    assert crm.ledger.links() == {"9": "1"}


def test_record_cannot_be_merged_with_itself(crm, known):
    with pytest.raises(UnknownRecordError):
        crm.people.merge(known, known)


@pytest.mark.parametrize("action", ["delete", "clone"])
def test_unknown_record_is_named(crm, action):
    with pytest.raises(UnknownRecordError, match="99"):
        getattr(crm.people, action)("99")


def test_live_editing_changes_contacts_until_stopped(crm, known):
    crm.people.start_live(200)
    end = time.monotonic() + 5
    while crm.people.edits < 5 and time.monotonic() < end:
        time.sleep(0.01)
    crm.people.stop_live()
    after = crm.people.edits
    time.sleep(0.05)

    assert after >= 5
    assert crm.people.edits == after
    assert crm.people.live_rate == 0


def test_live_editing_of_an_empty_crm_does_nothing(crm):
    assert crm.people.edit_one() is None
