"""What the ledger counts, and that nothing a caller or a person does escapes it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from crm.practice.ledger import Writes
from tests.crm.practice.clients import START, Hubspot, contact, order


def test_every_call_is_noted_with_time_records_and_status(crm, clock, hubspot):
    hubspot.upsert([contact("1"), contact("2")])
    clock.move(5)
    hubspot.upsert([contact("1", email="x")])
    hubspot.search()

    calls = [(each.at, each.path.rsplit("/", 1)[1], each.records, each.status) for each in crm.ledger.calls]
    assert calls == [(START, "upsert", 2, 200), (START + 5, "upsert", 1, 207), (START + 5, "search", 2, 200)]
    assert len(crm.ledger.calls_to("upsert", "hubspot")) == 2


def test_effects_name_call_record_and_fields(crm, hubspot):
    hubspot.upsert([contact("1", city="Bern")])
    hubspot.upsert([contact("1", city="Basel")])
    hubspot.upsert([contact("1", city="Basel")])

    effects = [(each.call, each.kind, each.fields) for each in crm.ledger.effects_on("1")]
    assert effects == [
        (1, "create", ("s360_contact_number", "lastname", "city")),
        (2, "update", ("city",)),
        (3, "noop", ()),
    ]


def test_refused_records_have_no_effect(crm, hubspot):
    hubspot.upsert([contact("1", email="x")])

    assert crm.ledger.effects_on("1") == []
    assert crm.ledger.writes_for("1") == Writes(0, 0, 0)


def test_deleted_record_still_counts_as_created(crm, hubspot):
    hubspot.upsert([contact("1")])
    crm.people.delete(crm.contact_by_number("1")["id"])
    hubspot.upsert([contact("1")])

    assert crm.ledger.creates_for("1") == 2
    assert crm.ledger.double_creates() == {"1": 2}
    assert crm.ledger.duplicates() == {}


def test_clone_by_a_person_is_a_duplicate_but_not_our_create(crm, hubspot):
    hubspot.upsert([contact("1")])
    crm.people.clone(crm.contact_by_number("1")["id"])

    assert list(crm.ledger.duplicates()) == ["1"]
    assert crm.ledger.double_creates() == {}
    assert crm.ledger.creates_for("1") == 1


def test_duplicate_is_over_when_one_of_the_two_goes(crm, hubspot):
    hubspot.upsert([contact("1")])
    clone = crm.people.clone(crm.contact_by_number("1")["id"])
    crm.people.delete(clone.id)

    assert crm.ledger.duplicates() == {}


def test_totals_count_what_is_there(crm, hubspot):
    hubspot.upsert([contact("1"), contact("2")])
    hubspot.upsert([order("9")], "orders")
    crm.people.create({"lastname": "Walk-in"})

    assert crm.ledger.totals() == {
        "calls": 2,
        "contacts": 3,
        "contacts_with_key": 2,
        "orders": 1,
        "orders_with_key": 1,
    }


def test_eight_callers_of_one_new_key_make_one_record(crm):
    def upsert(_: int) -> int:
        face = Hubspot(crm)
        with face.http:
            return face.upsert([contact("1")]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(upsert, range(40))) == [200] * 40

    assert crm.ledger.writes_for("1") == Writes(creates=1, updates=0, noops=39)


def test_forgetting_empties_the_lists_and_keeps_the_counts(crm, hubspot):
    hubspot.upsert([contact("1")])
    crm.ledger.forget()

    assert list(crm.ledger.calls) == []
    assert crm.ledger.creates_for("1") == 1


def test_our_own_bug_is_a_500_that_stands_in_the_ledger(crm, hubspot, monkeypatch, capsys):
    monkeypatch.setattr(crm.core.store.contacts, "find", None)

    assert hubspot.upsert([contact("1")]).status_code == 500
    assert "TypeError" in crm.ledger.bugs[0]
    assert "TypeError" in capsys.readouterr().err
    crm.ledger.bugs.clear()
