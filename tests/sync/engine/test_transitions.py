import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.transitions import (
    DELIVERY_MOVES,
    OUTBOX_IN_FLIGHT,
    OUTBOX_MOVES,
    OUTBOX_OPEN,
    RECORD_BEGINNINGS,
    RECORD_MOVES,
    DeliveryState,
    OutboxOutcome,
    OutboxState,
    RecordOutcome,
    RecordState,
    can_move,
    can_settle,
    sources_of,
)
from sync.models import choices
from sync.models.delivery import DeliveryState as DeliveryStateOfRows

MACHINES = {OutboxState: OUTBOX_MOVES, DeliveryState: DELIVERY_MOVES, RecordState: RECORD_MOVES}


@given(st.lists(st.sampled_from(OutboxState), max_size=40))
def test_random_walk_of_an_entry_never_leaves_settled_and_never_sends_without_a_claim(wishes):
    path = [OutboxState.WAITING]
    for wish in wishes:
        if can_move(path[-1], wish):
            path.append(wish)
    for before, after in itertools.pairwise(path):
        assert before is not OutboxState.SETTLED
        assert after is not OutboxState.SENDING or before is OutboxState.CLAIMED
        assert after is not OutboxState.UNCERTAIN or before is OutboxState.SENDING
        assert before is not OutboxState.UNCERTAIN or after is not OutboxState.SENDING


@pytest.mark.parametrize("machine", MACHINES)
def test_every_arrow_says_why(machine):
    assert all(len(why) > 10 for why in MACHINES[machine].values())


@pytest.mark.parametrize("machine", MACHINES)
def test_only_arrows_of_the_table_can_be_travelled(machine):
    for a, b in itertools.product(machine, repeat=2):
        assert can_move(a, b) == ((a, b) in MACHINES[machine])


@pytest.mark.parametrize(
    ("machine", "start", "end"), [(OutboxState, "waiting", "settled"), (RecordState, "parked", "settled")]
)
def test_every_state_is_reached_and_can_still_end(machine, start, end):
    moves = MACHINES[machine]
    assert _reachable(machine(start), {a: {b for x, b in moves if x is a} for a in machine}) == set(machine)
    assert _reachable(machine(end), {b: {a for a, x in moves if x is b} for b in machine}) == set(machine)


def _reachable(start, steps):
    found, todo = {start}, [start]
    while todo:
        fresh = steps[todo.pop()] - found
        found |= fresh
        todo.extend(fresh)
    return found


def test_machines_do_not_mix_although_their_words_are_the_same():
    assert not can_move(OutboxState.WAITING, RecordState.SETTLED)
    assert not can_move(RecordState.WAITING, DeliveryState.CLAIMED)


def test_done_is_only_said_of_what_was_sent():
    assert {state for state in OutboxState if can_settle(state, OutboxOutcome.DONE)} == {
        OutboxState.SENDING,
        OutboxState.UNCERTAIN,
    }


def test_nothing_in_flight_is_cancelled():
    cancellable = {state for state in OutboxState if can_settle(state, OutboxOutcome.CANCELLED)}
    assert not cancellable & {OutboxState.SENDING, OutboxState.UNCERTAIN, OutboxState.SETTLED}


def test_outcomes_belong_to_their_machine():
    assert not can_settle(OutboxState.CLAIMED, RecordOutcome.APPLIED)
    assert not can_settle(RecordState.WAITING, OutboxOutcome.NOTHING_TO_DO)
    assert can_settle(RecordState.PARKED, RecordOutcome.DISMISSED)
    assert not can_settle(RecordState.SETTLED, RecordOutcome.APPLIED)


def test_each_arrow_into_settled_has_an_outcome():
    for machine, outcomes in ((OutboxState, OutboxOutcome), (RecordState, RecordOutcome)):
        for state in machine:
            assert any(can_settle(state, outcome) for outcome in outcomes) == can_move(state, machine("settled"))


def test_sources_of_a_state_are_the_where_of_its_update():
    assert sources_of(OutboxState.SENDING) == {OutboxState.CLAIMED}
    assert sources_of(OutboxState.WAITING) == {
        OutboxState.CLAIMED,
        OutboxState.SENDING,
        OutboxState.UNCERTAIN,
        OutboxState.PARKED,
    }


def test_states_are_open_or_in_flight_or_settled():
    assert OUTBOX_OPEN | OUTBOX_IN_FLIGHT | {OutboxState.SETTLED} == set(OutboxState)
    assert not OUTBOX_OPEN & OUTBOX_IN_FLIGHT
    assert RecordState.SETTLED not in RECORD_BEGINNINGS


def test_rows_know_exactly_the_states_and_outcomes_of_the_tables():
    assert set(choices.EntryState.values) == set(OutboxState)
    assert set(choices.EntryOutcome.values) == set(OutboxOutcome)
    assert set(choices.RecordState.values) == set(RecordState)
    assert set(choices.RecordOutcome.values) == set(RecordOutcome)
    assert set(DeliveryStateOfRows.values) == set(DeliveryState)
    assert {state.value for state in choices.OPEN_STATES} == {state.value for state in OUTBOX_OPEN}
    assert {state.value for state in choices.IN_FLIGHT_STATES} == {state.value for state in OUTBOX_IN_FLIGHT}
