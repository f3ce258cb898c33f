"""What holds for every record, every policy and every history of the plan."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine.after_send import after_crm_send, after_s360_send, agree, pair_for_winner
from sync.engine.canonical import canonical_value, same
from sync.engine.explanation import explain, summary
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import Plan, PlanInput, Side, plan
from sync.engine.policy import BlankRule, ConflictRule, Direction, FieldPolicy, FirstLinkRule, PolicySet
from tests.sync.engine.strategies import CORE_FIELDS, agreed_pairs, plan_inputs, policy_sets, views

ALIVE = (Lifecycle.ACTIVE, Lifecycle.INVALIDATED)
quiet_inputs = plan_inputs(in_flight=False, lifecycles=ALIVE, frozen=(False,))


def carry_out(data: PlanInput, made: Plan) -> PlanInput:
    """The record after everything the plan wanted was sent and settled, without any rewrite."""
    agreed = agree(data.agreed, made.agree)
    agreed, crm_view = after_crm_send(agreed, data.crm_view, made.to_crm)
    agreed, s360_view = after_s360_send(agreed, data.s360_view, made.to_s360)
    return dataclasses.replace(data, agreed=agreed, crm_view=crm_view, s360_view=s360_view)


@given(plan_inputs())
@settings(max_examples=300)
def test_every_record_has_a_plan_and_each_field_at_most_one_decision(data):
    made = plan(data)
    assert plan(data) == made
    decided = [*made.to_crm, *made.to_s360, *made.agree, *made.conflicts]
    assert len(decided) == len(set(decided))
    assert set(decided) <= made.reasons.keys()
    assert explain(made).keys() == made.reasons.keys()
    assert all("{" not in sentence for sentence in explain(made).values())
    assert summary(made)


@given(views(canonical=False), views(canonical=False), agreed_pairs(), policy_sets())
def test_plan_of_untidy_views_is_the_plan_of_their_canonical_form(s360, crm, agreed, rules):
    tidy = [{name: canonical_value(name, value) for name, value in view.items()} for view in (s360, crm)]
    given_plan = plan(PlanInput(s360_view=s360, crm_view=crm, agreed=agreed, policies=rules))
    tidy_plan = plan(PlanInput(s360_view=tidy[0], crm_view=tidy[1], agreed=agreed, policies=rules))
    assert (given_plan.to_crm, given_plan.to_s360) == (tidy_plan.to_crm, tidy_plan.to_s360)
    assert (given_plan.agree, given_plan.conflicts) == (tidy_plan.agree, tidy_plan.conflicts)


@given(quiet_inputs)
@settings(max_examples=300)
def test_plan_carried_out_leaves_nothing_to_send_nor_to_agree(data):
    settled = carry_out(data, plan(data))
    again = plan(settled)
    assert again.sends_nothing
    assert again.conflicts == plan(data).conflicts
    # A contact just born in S-360 agrees on what may not travel there one plan later; then all is quiet.
    assert not plan(carry_out(settled, again)).agree


@given(quiet_inputs)
def test_echo_of_either_side_is_nothing(data):
    settled = carry_out(data, plan(data))
    echoed = dataclasses.replace(settled, s360_view=dict(settled.s360_view), crm_view=dict(settled.crm_view))
    assert plan(echoed).sends_nothing


@given(quiet_inputs, views(), views())
def test_rewritten_values_are_agreed_and_not_sent_on(data, crm_rewrites, s360_rewrites):
    """Each side may make anything of what it is given; a read straight after the write tells us what."""
    made = plan(data)
    agreed, crm_view = after_crm_send(agree(data.agreed, made.agree), data.crm_view, made.to_crm, crm_rewrites)
    agreed, s360_view = after_s360_send(agreed, data.s360_view, made.to_s360, s360_rewrites)
    again = plan(dataclasses.replace(data, agreed=agreed, crm_view=crm_view, s360_view=s360_view))
    assert again.sends_nothing


@given(plan_inputs())
def test_absent_field_is_never_cleared(data):
    """What a side has not sent cannot be what clears the other."""
    made = plan(data)
    assert all(name in data.s360_view for name in made.to_crm)
    assert all(name in data.crm_view for name in made.to_s360)


@given(plan_inputs())
def test_only_a_value_that_is_there_is_sent(data):
    made = plan(data)
    assert all(same(name, value, data.s360_view[name]) for name, value in made.to_crm.items())
    assert all(same(name, value, data.crm_view[name]) for name, value in made.to_s360.items())


@given(plan_inputs())
def test_blank_travels_only_where_the_policy_clears_and_never_for_consent(data):
    made = plan(data)
    for sent in (made.to_crm, made.to_s360):
        for name, value in sent.items():
            if value is None:
                assert not name.startswith("consent.")
                assert data.policies.of(name).blank is BlankRule.CLEAR or data.lifecycle is Lifecycle.ANONYMISED


@given(plan_inputs())
def test_direction_frozen_and_lifecycle_close_their_side(data):
    made = plan(data)
    anonymised = data.lifecycle is Lifecycle.ANONYMISED
    assert all(data.policies.of(name).opens_crm or anonymised for name in made.to_crm)
    assert all(data.policies.of(name).opens_s360 for name in made.to_s360)
    if data.frozen or data.lifecycle not in ALIVE:
        assert not made.to_s360
    if data.frozen or data.lifecycle in (Lifecycle.MERGED, Lifecycle.ERASED):
        assert not made.to_crm


@given(plan_inputs(in_flight=True))
def test_field_in_flight_is_sent_again_only_the_same_way_and_only_when_it_changed(data):
    made = plan(data)
    for name in data.in_flight_crm:
        assert name not in made.to_s360
        assert name not in made.agree
        assert name not in made.to_crm or not same(name, made.to_crm[name], data.in_flight_crm[name])
    for name in data.in_flight_s360:
        assert name not in made.to_crm
        assert name not in made.to_s360 or not same(name, made.to_s360[name], data.in_flight_s360[name])


def mirrored(data: PlanInput) -> PlanInput:
    """The same record with the two systems exchanged, rules included."""
    ways = {Direction.TO_CRM: Direction.TO_S360, Direction.TO_S360: Direction.TO_CRM}
    winners = {ConflictRule.S360_WINS: ConflictRule.CRM_WINS, ConflictRule.CRM_WINS: ConflictRule.S360_WINS}
    rules = (data.policies.of(name) for name in CORE_FIELDS)
    turned = (
        dataclasses.replace(
            rule,
            direction=ways.get(rule.direction, rule.direction),
            conflict=winners.get(rule.conflict, rule.conflict),
        )
        for rule in rules
    )
    return dataclasses.replace(
        data,
        s360_view=data.crm_view,
        crm_view=data.s360_view,
        agreed={name: [pair[1], pair[0]] for name, pair in data.agreed.items()},
        policies=PolicySet(turned),
    )


@given(plan_inputs(in_flight=False, lifecycles=ALIVE))
def test_decisions_about_agreed_fields_are_the_same_seen_from_either_side(data):
    """First links are not symmetric (S-360 is the older relation); everything after them is."""
    straight, turned = plan(data), plan(mirrored(data))
    for name in data.agreed:
        assert straight.to_crm.get(name, "-") == turned.to_s360.get(name, "-")
        assert straight.to_s360.get(name, "-") == turned.to_crm.get(name, "-")
        assert (name in straight.conflicts) == (name in turned.conflicts)
        assert (name in straight.agree) == (name in turned.agree)


@given(quiet_inputs, st.sampled_from(Side))
def test_resolved_conflict_sends_the_winner_and_is_gone(data, winner):
    for name, conflict in plan(data).conflicts.items():
        resolved = dataclasses.replace(data, agreed={**data.agreed, name: list(pair_for_winner(conflict, winner))})
        made = plan(resolved)
        assert name not in made.conflicts
        chosen, target = (conflict.s360, made.to_crm) if winner is Side.S360 else (conflict.crm, made.to_s360)
        stopped = chosen is None and data.policies.of(name).blank is BlankRule.KEEP
        one_way = data.policies.of(name).direction is not Direction.BOTH
        assert target.get(name, "-") == chosen or stopped or one_way
        assert not plan(carry_out(resolved, made)).conflicts.get(name)


@given(st.lists(st.sampled_from(["Gent", "Brugge", "Aalst"]), min_size=1, max_size=12))
def test_every_real_change_is_sent_once_and_repeats_never(history):
    data = PlanInput(s360_view={}, crm_view={}, agreed={}, policies=PolicySet([FieldPolicy("town")]))
    sent: list[object] = []
    for value in history:
        for _ in range(2):  # every delivery comes twice
            data = dataclasses.replace(data, s360_view={"town": value})
            made = plan(data)
            sent.extend(made.to_crm.values())
            data = carry_out(data, made)
    assert sent == [value for place, value in enumerate(history) if place == 0 or history[place - 1] != value]


@given(policy_sets(), views(), views())
def test_first_link_with_s360_wins_never_writes_an_ordinary_field_to_s360(rules, s360, crm):
    first = [dataclasses.replace(rules.of(name), first_link=FirstLinkRule.S360_WINS) for name in CORE_FIELDS]
    made = plan(PlanInput(s360_view=s360 | {"town": "Gent"}, crm_view=crm, agreed={}, policies=PolicySet(first)))
    assert all(name.startswith("consent.") for name in made.to_s360)
