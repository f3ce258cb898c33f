from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.bisect import Bisection, halving_calls


def run(items, accepts) -> tuple[Bisection[Any], list[list[Any]]]:
    """Send what the planner asks for to a system that takes a part as a whole or not at all."""
    work, parts = Bisection(items), []
    while part := work.next_part():
        parts.append(list(part))
        work.report(accepted=accepts(part))
    return work, parts


def without(*bad):
    return lambda part: not set(part) & set(bad)


@pytest.mark.parametrize("bad", range(50))
def test_one_bad_record_of_fifty_is_found_and_the_others_are_applied(bad):
    work, _ = run(range(50), without(bad))
    assert work.refused == [bad]
    assert sorted(work.accepted) == [n for n in range(50) if n != bad]
    assert work.calls <= 4 * log2(50)


@given(st.integers(0, 200), st.sets(st.integers(0, 199), max_size=200))
def test_any_bad_records_are_found_and_nothing_is_lost_nor_sent_twice_accepted(size, bad):
    work, parts = run(range(size), without(*bad))
    assert work.refused == [n for n in range(size) if n in bad]
    assert sorted(work.accepted) == [n for n in range(size) if n not in bad]
    assert work.unsent == []
    assert all(parts)


@given(st.integers(1, 200), st.sets(st.integers(0, 199)))
def test_calls_are_capped_by_halving_and_then_one_each(size, bad):
    work, _ = run(range(size), without(*bad))
    assert work.calls <= halving_calls(size) + size


def test_batch_in_which_all_are_bad_soon_goes_one_by_one():
    work, parts = run(range(64), lambda _: False)
    assert work.calls <= 24 + 64
    assert work.refused == list(range(64))
    assert all(len(part) == 1 for part in parts[24:])


def test_records_that_only_clash_with_each_other_all_get_through():
    """Two records with one key in one call: apart, both are fine."""
    work, _ = run(["a", "twin", "b", "twin"], lambda part: list(part).count("twin") < 2)
    assert sorted(work.accepted) == ["a", "b", "twin", "twin"]
    assert work.refused == []


def test_order_of_sending_is_the_order_of_the_batch():
    _, parts = run(range(4), without(2))
    assert parts == [[0, 1], [2], [3]]


def test_interrupted_work_knows_what_was_not_sent():
    work = Bisection([1, 2, 3, 4])
    assert work.next_part() == [1, 2]
    assert work.unsent == [1, 2, 3, 4]
    work.report(accepted=True)
    assert work.unsent == [3, 4]


def test_part_is_handed_out_again_until_it_is_reported():
    work = Bisection([1, 2])
    assert work.next_part() == work.next_part() == [1]


def test_report_without_a_part_is_refused():
    with pytest.raises(ValueError, match="No part"):
        Bisection([1, 2]).report(accepted=True)


def test_batch_of_one_or_none_needs_no_halving():
    assert run([7], without(7))[0].refused == [7]
    assert run([], without())[0].next_part() is None
