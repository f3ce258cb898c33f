from hypothesis import given
from hypothesis import strategies as st

from sync.practice.firehose import Firehose


def keys(firehose: Firehose) -> list[str]:
    return [ticket.key for ticket in firehose.waiting()]


def test_several_changes_of_one_record_are_one_entry():
    firehose = Firehose()
    assert firehose.add(["a", "b", "a"]) == 2
    assert firehose.add(["b"]) == 0
    assert keys(firehose) == ["a", "b"]


def test_a_change_while_on_its_way_is_queued_once_more():
    firehose = Firehose()
    firehose.add(["a"])
    taken = firehose.take(10)
    firehose.add(["a"])
    firehose.settle(taken)
    assert keys(firehose) == ["a"]
    assert firehose.on_its_way == 0


def test_a_refused_record_comes_before_those_that_came_later():
    firehose = Firehose()
    firehose.add(["a", "b"])
    taken = firehose.take(2)
    firehose.add(["c"])
    assert firehose.refuse(taken, 12) == []
    assert keys(firehose) == ["a", "b", "c"]


def test_a_refused_record_that_changed_meanwhile_stays_one_entry_and_keeps_its_count():
    firehose = Firehose()
    firehose.add(["a"])
    taken = firehose.take(1)
    firehose.add(["a"])
    firehose.refuse(taken, 12)
    assert [(ticket.key, ticket.attempts) for ticket in firehose.waiting()] == [("a", 1)]


def test_the_last_attempt_gives_the_record_up():
    firehose = Firehose()
    firehose.add(["a"])
    given_up = [firehose.refuse(firehose.take(1), 3) for _ in range(3)]
    assert given_up == [[], [], ["a"]]
    assert (len(firehose), firehose.on_its_way) == (0, 0)


def test_put_back_does_not_count_an_attempt():
    firehose = Firehose()
    firehose.add(["a"])
    firehose.put_back(firehose.take(1))
    assert firehose.waiting()[0].attempts == 0


@given(st.lists(st.sampled_from(["add", "take", "settle", "refuse"]), max_size=60))
def test_nothing_is_lost_whatever_happens(steps):
    firehose, taken, added, settled = Firehose(), [], 0, 0
    for step in steps:
        if step == "add":
            firehose.add([f"k{added}"])
            added += 1
        elif step == "take":
            taken.append(firehose.take(2))
        elif taken:
            tickets = taken.pop(0)
            if step == "settle":
                firehose.settle(tickets)
                settled += len(tickets)
            else:
                firehose.refuse(tickets, 1000)
    assert len(firehose) + firehose.on_its_way + settled == added


def test_what_is_stored_while_on_its_way_is_still_waiting_after_a_restart():
    firehose = Firehose()
    firehose.add(["a", "b"])
    firehose.take_unsaved()
    taken = firehose.take(1)
    firehose.refuse(taken, 12)
    waiting, settled = firehose.take_unsaved()
    assert [(ticket.key, ticket.attempts) for ticket in waiting] == [("a", 1)]
    assert settled == []
    firehose.settle(firehose.take(2))
    waiting, settled = firehose.take_unsaved()
    assert (waiting, sorted(settled)) == ([], ["a", "b"])


def test_a_restored_queue_keeps_its_order():
    firehose, restored = Firehose(), Firehose()
    firehose.add(["c", "a", "b"])
    restored.restore(reversed(firehose.waiting()))
    restored.add(["d"])
    assert keys(restored) == ["c", "a", "b", "d"]
