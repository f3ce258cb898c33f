import pytest

from sync.engine.fields import CONTACT_FIELDS, ORDER_FIELDS, Entity
from sync.engine.policy import (
    BlankRule,
    ConflictRule,
    Direction,
    FieldPolicy,
    FirstLinkRule,
    PolicySet,
    default_policies,
    policy_problems,
)


def test_exact_name_wins_over_pattern_and_longer_pattern_over_shorter():
    rules = PolicySet(
        [
            FieldPolicy("*", Direction.NONE),
            FieldPolicy("criterion.*", Direction.TO_CRM),
            FieldPolicy("criterion.SEAT*", Direction.TO_S360),
            FieldPolicy("criterion.SEAT_ROW", Direction.BOTH),
        ]
    )
    assert rules.of("criterion.SEAT_ROW").direction is Direction.BOTH
    assert rules.of("criterion.SEAT_SIDE").direction is Direction.TO_S360
    assert rules.of("criterion.TASTE") == FieldPolicy("criterion.TASTE", Direction.TO_CRM)
    assert rules.of("town").direction is Direction.NONE


def test_field_without_any_policy_stays_where_it_is():
    assert PolicySet([]).of("town") == FieldPolicy("town", Direction.NONE)


def test_endless_new_codes_do_not_grow_a_policy_set():
    rules = PolicySet([FieldPolicy("criterion.*")])
    for number in range(5000):
        assert rules.of(f"criterion.C{number}").opens_crm
    assert len(rules._cache) <= 4096


@pytest.mark.parametrize(
    ("direction", "opens_crm", "opens_s360"),
    [("both", True, True), ("to_crm", True, False), ("to_s360", False, True), ("none", False, False)],
)
def test_plain_text_of_a_direction_works_like_its_member(direction, opens_crm, opens_s360):
    for given in (direction, Direction(direction)):
        policy = FieldPolicy("town", given)
        assert (policy.opens_crm, policy.opens_s360) == (opens_crm, opens_s360)


def test_every_field_has_a_default_policy():
    contacts = PolicySet(default_policies(Entity.CONTACT))
    orders = PolicySet(default_policies(Entity.ORDER))
    assert all(contacts.of(name).direction is not Direction.NONE for name in CONTACT_FIELDS)
    assert all(
        (orders.of(name).direction, orders.of(name).blank) == (Direction.TO_CRM, BlankRule.CLEAR)
        for name in ORDER_FIELDS
    )


def test_consents_are_restrictive_and_never_blanked_by_default():
    policy = PolicySet(default_policies()).of("consent.NEWS")
    assert (policy.conflict, policy.blank) == (ConflictRule.MOST_RESTRICTIVE, BlankRule.KEEP)


def test_s360s_own_data_goes_to_the_crm_only_by_default():
    rules = PolicySet(default_policies())
    assert {name for name in CONTACT_FIELDS if not rules.of(name).opens_s360} == {
        "contact_type",
        "role",
        "state",
        "structure_name",
        "function",
    }


def test_overriding_replaces_one_field_or_one_pattern_and_keeps_the_rest():
    rules = PolicySet(default_policies()).overridden_by(
        [FieldPolicy("town", Direction.TO_S360), FieldPolicy("criterion.*", Direction.NONE)]
    )
    assert rules.of("town").direction is Direction.TO_S360
    assert rules.of("criterion.TASTE").direction is Direction.NONE
    assert rules.of("email").direction is Direction.BOTH


def test_only_mapped_fields_travel_in_a_limited_set():
    rules = PolicySet(default_policies()).limited_to(["email", "consent.*"])
    assert rules.of("email") == PolicySet(default_policies()).of("email")
    assert rules.of("consent.NEWS").conflict is ConflictRule.MOST_RESTRICTIVE
    assert rules.of("town").direction is Direction.NONE


def test_contradictions_are_named_for_the_operator():
    assert policy_problems(FieldPolicy("consent.NEWS", blank=BlankRule.CLEAR)) == (
        "consent.NEWS: a consent is never blanked; choose 'keep'.",
    )
    assert policy_problems(FieldPolicy("town", conflict=ConflictRule.MOST_RESTRICTIVE)) == (
        "town: 'most restrictive' has a meaning for consents only.",
    )
    assert policy_problems(FieldPolicy("town", first_link=FirstLinkRule.ASK)) == ()
    assert all(policy_problems(policy) == () for entity in Entity for policy in default_policies(entity))
