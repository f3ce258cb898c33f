"""A practice S-360 with a directory takes up where it left off."""

import pytest

from sync.practice import PracticeS360, WebhookAuth


@pytest.fixture
def start(tmp_path, receiver):
    def starting(**options):
        return PracticeS360(seed=3, contacts=60, orders=30, data=tmp_path / "s360", **options)

    return starting


def test_everything_that_differs_from_the_seed_survives(start, receiver):
    with start() as before:
        before.point(contacts=receiver.url, orders=receiver.url, auth=WebhookAuth("bearer", "s3cret"))
        before.configure("contacts", per_execution=7, details=["GENERAL", "ADDRESSES"])
        before.edit("0000100000", email="kept@example.org")
        created = before.create_contact(individualFirstname="Noor", individualLastname="Sorrelby")
        before.merge("100000", into="0000100000")
        order_id = before.add_order(contactReference=created)
        before.execute("orders")
        before.credentials.secret = "rotated"
        before.limit(60, window="fixed")
        before.rewrite("trim")
    with start() as after:
        assert after.credentials.secret == "rotated"
        assert (after.api.throttle.limit.calls, after.api.throttle.limit.window) == (60, "fixed")
        assert after.api.work.saving.rewrites == {"trim"}
        assert after.contact("0000100000")["individualContact"]["email"] == "kept@example.org"
        assert after.contact(created)["individualContact"]["individualLastname"] == "Sorrelby"
        assert "100000" not in after.numbers()
        assert after.order(order_id)["contactReference"] == created
        assert after.runners["contacts"].interface.as_json() == before.runners["contacts"].interface.as_json()
        assert [ticket.key for ticket in after.queue("contacts")] == ["0000100000", created]
        assert after.queue("orders") == []
        assert after.create_contact() not in (created, *before.numbers())


def test_attempts_go_on_counting_after_a_restart(start, receiver):
    receiver.status = 500
    for attempt in range(1, 13):
        with start() as s360:
            s360.point(contacts=receiver.url)
            if attempt == 1:
                s360.flag("contacts", ["0000100000"])
            execution = s360.execute("contacts")
            assert (execution.number, execution.taken) == (attempt, 1)
    assert execution.given_up == ["0000100000"]
    with start() as s360:
        assert s360.queue("contacts") == []
        assert s360.log("contacts").lines("Error")[-1].text == "0000100000: given up after 12 attempts"


def test_the_ledger_survives_and_goes_on_numbering(start, receiver):
    with start() as before:
        before.point(contacts=receiver.url)
        before.flag_all("contacts")
        before.execute("contacts")
        kept = before.ledger.deliveries()
        assert len(kept) == 2
    with start() as after:
        assert after.ledger.deliveries() == kept
        after.flag("contacts", ["0000100000"])
        assert [delivery.sequence for delivery in after.execute("contacts").deliveries] == [3]
        assert after.log("contacts").lines()[-1].number == 4


def test_what_is_held_when_it_stops_is_waiting_when_it_starts(start, receiver):
    with start() as before:
        before.point(contacts=receiver.url)
        before.flag("contacts", ["0000100000"])
        before.execute("contacts", hold=True)
    with start() as after:
        assert [(ticket.key, ticket.attempts) for ticket in after.queue("contacts")] == [("0000100000", 0)]


def test_reset_goes_back_to_the_seed_and_stays_there(start, receiver):
    with start() as before:
        before.edit("0000100000", email="gone@example.org")
        before.create_contact()
        before.reset()
        assert before.queue("contacts") == []
    with start() as after:
        assert after.contact("0000100000") == before.world.population.contact(0)
        assert len(after.numbers()) == 60
        assert after.ledger.deliveries() == []


def test_another_population_is_not_mixed_in(start, tmp_path):
    with start() as s360:
        s360.edit("0000100000", email="a@example.org")
    with pytest.raises(ValueError, match="another population"):
        PracticeS360(seed=4, contacts=60, orders=30, data=tmp_path / "s360")


def test_it_listens_on_the_same_port_again_and_on_a_low_one_by_itself(start):
    with start() as first:
        port = first.port
        assert 20_000 <= port < 32_768
    with start(port=port) as second:
        assert second.url == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"):
            PracticeS360(port=port).start()
