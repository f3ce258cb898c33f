"""Doubled, held, reordered and unanswered deliveries, and old ones sent again."""

import pytest


def emails(receiver) -> list[str]:
    return [request.records[0]["individualContact"]["email"] for request in receiver.requests]


def test_a_doubled_array_is_posted_twice_and_accepted_once(s360, receiver):
    s360.fault("doubled", times=1)
    s360.flag("contacts", ["0000100000", "100000"])
    execution = s360.execute("contacts")
    assert [request.body for request in receiver.requests] == [receiver.requests[0].body] * 2
    assert execution.succeeded == 2
    assert [delivery.note for delivery in execution.deliveries] == ["doubled", ""]
    assert s360.queue("contacts") == []


def test_a_held_array_arrives_after_the_next_one_with_its_old_state(s360, receiver):
    s360.fault("held", times=1)
    s360.edit("0000100000", email="old@example.org")
    first = s360.execute("contacts")
    assert (first.held, receiver.requests, first.all_accepted) == (1, [], True)
    s360.edit("0000100000", email="new@example.org")
    second = s360.execute("contacts")
    assert emails(receiver) == ["new@example.org", "old@example.org"]
    assert (second.taken, second.succeeded) == (2, 2)
    assert s360.queue("contacts") == []


def test_what_is_held_by_hand_waits_until_it_is_released(s360, receiver):
    s360.edit("0000100000", email="old@example.org")
    s360.execute("contacts", hold=True)
    s360.edit("0000100000", email="new@example.org")
    s360.execute("contacts")
    s360.execute("contacts")
    assert emails(receiver) == ["new@example.org"]
    assert s360.release("contacts").succeeded == 1
    assert emails(receiver) == ["new@example.org", "old@example.org"]


def test_a_held_array_that_is_refused_is_queued_again(s360, receiver):
    s360.flag("contacts", ["0000100000"])
    s360.execute("contacts", hold=True)
    receiver.statuses = [500]
    assert s360.release("contacts").errors == 1
    assert [(ticket.key, ticket.attempts) for ticket in s360.queue("contacts")] == [("0000100000", 1)]


def test_arrays_can_come_in_another_order(s360, receiver):
    s360.fault("reordered", times=1)
    s360.flag_all("contacts")
    s360.execute("contacts")
    numbers = s360.numbers()
    assert receiver.numbers == numbers[100:] + numbers[50:100] + numbers[:50]


def test_an_answer_nobody_waits_for_is_a_refusal_although_the_body_arrived(s360, receiver):
    s360.fault("no_reply", times=1)
    s360.flag("contacts", ["0000100000"])
    first = s360.execute("contacts")
    assert (first.timeouts, first.deliveries[0].status, first.deliveries[0].note) == (1, None, "no_reply")
    assert s360.execute("contacts").succeeded == 1
    assert receiver.numbers == ["0000100000", "0000100000"]


def test_an_old_delivery_can_be_sent_again_byte_for_byte(s360, receiver):
    s360.edit("0000100000", email="old@example.org")
    s360.execute("contacts")
    s360.edit("0000100000", email="new@example.org")
    replayed = s360.replay(1)
    assert (replayed.note, replayed.status, replayed.keys) == ("replayed", 200, ("0000100000",))
    assert receiver.requests[1].body == receiver.requests[0].body
    assert [ticket.key for ticket in s360.queue("contacts")] == ["0000100000"]
    with pytest.raises(LookupError):
        s360.replay(99)


def test_a_fault_can_be_for_one_stream_only(s360, receiver):
    s360.fault("no_reply", stream="orders")
    s360.flag("contacts", ["0000100000"])
    s360.flag("orders", s360.order_ids()[:1])
    assert s360.execute("contacts").succeeded == 1
    assert s360.execute("orders").timeouts == 1


def test_a_fault_by_chance_hits_about_its_share_and_the_same_ones_for_a_seed(s360, receiver):
    s360.configure("contacts", per_post=1)
    s360.fault("doubled", probability=0.3)
    s360.flag_all("contacts")
    doubled = len(s360.execute("contacts").deliveries) - 120
    assert 15 < doubled < 60
