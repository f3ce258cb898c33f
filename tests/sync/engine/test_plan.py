"""The table of ``sync/engine/plan.py``, case by case. Properties over all cases are in test_plan_properties.py."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sync.engine.explanation import explain
from sync.engine.fields import Entity
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import Conflict, Plan, PlanInput, Reason, ReasonCode, plan
from sync.engine.policy import (
    BlankRule,
    ConflictRule,
    Direction,
    FieldPolicy,
    FirstLinkRule,
    PolicySet,
    default_policies,
)

ABSENT = object()
EARLY, LATE = datetime(2025, 3, 1, 9, tzinfo=UTC), datetime(2025, 3, 1, 10, tzinfo=UTC)


def decide(field="town", s360=ABSENT, crm=ABSENT, pair=None, policy=None, **rest) -> Plan:
    views = {"s360_view": s360, "crm_view": crm}
    return plan(
        PlanInput(
            **{name: {} if value is ABSENT else {field: value} for name, value in views.items()}
            | rest.pop("views", {}),
            agreed={} if pair is None else {field: list(pair)},
            policies=PolicySet([policy or FieldPolicy(field)]),
            **rest,
        )
    )


def consent(**rules) -> FieldPolicy:
    return FieldPolicy("consent.NEWS", **{"conflict": ConflictRule.MOST_RESTRICTIVE} | rules)


# Agreed before


def test_neither_side_moved_is_nothing():
    assert decide(s360="Gent", crm="Gent", pair=("Gent", "Gent")) == Plan()


def test_rewritten_value_that_was_agreed_is_nothing():
    assert decide("title", s360=None, crm="DR", pair=(None, "DR")) == Plan()


def test_other_spelling_of_the_agreed_value_is_nothing():
    assert decide("email", s360=" NOOR@example.org", crm="noor@example.org", pair=["noor@example.org"] * 2) == Plan()


def test_s360_only_moved_goes_to_the_crm():
    made = decide(s360="Brugge", crm="Gent", pair=("Gent", "Gent"))
    assert made == Plan(to_crm={"town": "Brugge"}, reasons={"town": Reason(ReasonCode.S360_MOVED)})


def test_crm_only_moved_goes_to_s360():
    made = decide(s360="Gent", crm="Brugge", pair=("Gent", "Gent"))
    assert made == Plan(to_s360={"town": "Brugge"}, reasons={"town": Reason(ReasonCode.CRM_MOVED)})


def test_both_moved_to_the_same_value_agree_silently():
    made = decide("email", s360="b@example.org", crm=" B@example.org", pair=["a@example.org"] * 2)
    assert made.sends_nothing
    assert made.agree == {"email": ("b@example.org", "b@example.org")}


def test_s360_catching_up_with_a_rewrite_sends_nothing():
    made = decide("first_name", s360="NOOR", crm="NOOR", pair=("Noor", "NOOR"))
    assert made.sends_nothing
    assert made.agree == {"first_name": ("NOOR", "NOOR")}


def test_sent_values_are_canonical():
    assert decide("email", s360=" New@Example.org", crm="a@example.org", pair=["a@example.org"] * 2).to_crm == {
        "email": "new@example.org"
    }


def test_absent_field_never_clears_nor_moves():
    clearing = FieldPolicy("town", blank=BlankRule.CLEAR)
    assert decide(crm="Gent", pair=("Gent", "Gent"), policy=clearing) == Plan()
    assert decide(s360="Gent", pair=("Gent", "Gent"), policy=clearing) == Plan()


def test_absent_on_one_side_lets_the_other_side_move():
    assert decide(s360="Brugge", pair=("Gent", "Gent")).to_crm == {"town": "Brugge"}
    assert decide(crm="Brugge", pair=("Gent", "Gent")).to_s360 == {"town": "Brugge"}


# Blanks


def test_blank_is_kept_from_the_other_side_by_default():
    made = decide(s360=None, crm="Gent", pair=("Gent", "Gent"))
    assert made == Plan(reasons={"town": Reason(ReasonCode.BLANK_KEPT, "crm")})
    assert explain(made) == {"town": "Emptied on one side: an empty value does not clear the CRM."}


def test_blank_clears_where_the_policy_says_so():
    clearing = FieldPolicy("town", blank=BlankRule.CLEAR)
    assert decide(s360=None, crm="Gent", pair=("Gent", "Gent"), policy=clearing).to_crm == {"town": None}
    assert decide(s360="Gent", crm=None, pair=("Gent", "Gent"), policy=clearing).to_s360 == {"town": None}


def test_blank_that_may_not_clear_is_no_half_of_a_conflict():
    asking = FieldPolicy("town", conflict=ConflictRule.ASK)
    made = decide(s360=None, crm="Brugge", pair=("Gent", "Gent"), policy=asking)
    assert made.to_s360 == {"town": "Brugge"}
    assert not made.conflicts


def test_undefined_title_does_not_overwrite_a_richer_one():
    assert decide("title", s360="UNDEFINED", crm="MR", pair=("MR", "MR")).sends_nothing


def test_both_sides_emptied_agree():
    assert decide(s360=None, crm=None, pair=("Gent", "Gent")).agree == {"town": (None, None)}


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("blank", BlankRule)
def test_consent_is_never_blanked(answer, blank):
    policy = consent(blank=blank)
    assert decide("consent.NEWS", None, answer, (answer, answer), policy).sends_nothing
    assert decide("consent.NEWS", answer, None, (answer, answer), policy).sends_nothing


# Directions


def test_closed_direction_keeps_the_edit_where_it_is():
    made = decide(s360="Gent", crm="Brugge", pair=("Gent", "Gent"), policy=FieldPolicy("town", Direction.TO_CRM))
    assert made == Plan(reasons={"town": Reason(ReasonCode.DIRECTION_CLOSED, "s360")})
    made = decide(s360="Brugge", crm="Gent", pair=("Gent", "Gent"), policy=FieldPolicy("town", Direction.TO_S360))
    assert made == Plan(reasons={"town": Reason(ReasonCode.DIRECTION_CLOSED, "crm")})


def test_edit_that_may_not_travel_is_no_half_of_a_conflict():
    asking = FieldPolicy("town", Direction.TO_CRM, ConflictRule.ASK)
    made = decide(s360="Brugge", crm="Aalst", pair=("Gent", "Gent"), policy=asking)
    assert made.to_crm == {"town": "Brugge"}
    assert not made.conflicts


def test_unmapped_field_goes_nowhere_and_is_not_agreed():
    made = decide(s360="Brugge", crm="Brugge", policy=FieldPolicy("town", Direction.NONE))
    assert made == Plan(reasons={"town": Reason(ReasonCode.DIRECTION_CLOSED)})


# Conflicts


@pytest.mark.parametrize(
    ("rule", "to_crm", "to_s360"),
    [
        (ConflictRule.S360_WINS, {"town": "Brugge"}, {}),
        (ConflictRule.CRM_WINS, {}, {"town": "Aalst"}),
    ],
)
def test_conflict_rule_names_the_winner(rule, to_crm, to_s360):
    made = decide(s360="Brugge", crm="Aalst", pair=("Gent", "Gent"), policy=FieldPolicy("town", conflict=rule))
    assert (made.to_crm, made.to_s360, made.conflicts) == (to_crm, to_s360, {})


@pytest.mark.parametrize(
    ("s360_at", "crm_at", "to_crm", "to_s360"),
    [(LATE, EARLY, {"town": "Brugge"}, {}), (EARLY, LATE, {}, {"town": "Aalst"})],
)
def test_latest_seen_value_wins(s360_at, crm_at, to_crm, to_s360):
    made = decide(
        s360="Brugge",
        crm="Aalst",
        pair=("Gent", "Gent"),
        policy=FieldPolicy("town", conflict=ConflictRule.LATEST),
        s360_seen_at={"town": s360_at},
        crm_seen_at={"town": crm_at},
    )
    assert (made.to_crm, made.to_s360) == (to_crm, to_s360)


@pytest.mark.parametrize(
    ("s360_at", "crm_at"),
    [(None, None), ({}, {}), ({"town": LATE}, None), (None, {"town": LATE}), ({"town": LATE},) * 2],
)
def test_unknown_or_equal_times_ask_a_person(s360_at, crm_at):
    made = decide(
        s360="Brugge",
        crm="Aalst",
        pair=("Gent", "Gent"),
        policy=FieldPolicy("town", conflict=ConflictRule.LATEST),
        s360_seen_at=s360_at,
        crm_seen_at=crm_at,
    )
    assert made.sends_nothing
    assert made.conflicts == {"town": Conflict("Brugge", "Aalst", ("Gent", "Gent"), "latest")}


def test_asking_rule_shows_both_values_and_where_they_came_from():
    asking = FieldPolicy("town", conflict=ConflictRule.ASK)
    made = decide(s360="Brugge", crm="Aalst", pair=("Gent", "gent"), policy=asking)
    assert made.sends_nothing
    assert made.conflicts == {"town": Conflict("Brugge", "Aalst", ("Gent", "gent"), "ask")}
    assert explain(made) == {"town": "The two sides differ and the rule is to ask: a person decides."}


@pytest.mark.parametrize(
    ("s360", "crm", "to_crm", "to_s360"),
    [
        ("no", "yes", {"consent.NEWS": "no"}, {}),
        ("yes", "no", {}, {"consent.NEWS": "no"}),
        ("withdrawn", "yes", {"consent.NEWS": "withdrawn"}, {}),
    ],
)
def test_most_restrictive_consent_wins(s360, crm, to_crm, to_s360):
    made = decide("consent.NEWS", s360, crm, (None, None), consent())
    assert (made.to_crm, made.to_s360) == (to_crm, to_s360)


def test_consent_given_anew_on_one_side_only_travels():
    assert decide("consent.NEWS", "yes", "no", ("no", "no"), consent()).to_crm == {"consent.NEWS": "yes"}


def test_two_unreadable_consents_ask_a_person():
    made = decide("consent.NEWS", "withdrawn", "revoked", (None, None), consent())
    assert made.conflicts.keys() == {"consent.NEWS"}
    assert (
        explain(made)["consent.NEWS"] == "The two sides differ and neither is the more restrictive: a person decides."
    )


def test_most_restrictive_on_an_ordinary_field_asks():
    policy = FieldPolicy("town", conflict=ConflictRule.MOST_RESTRICTIVE)
    assert decide(s360="a", crm="b", pair=("c", "c"), policy=policy).conflicts.keys() == {"town"}


# First link


def test_s360_fills_a_crm_that_was_never_seen():
    for rule in FirstLinkRule:
        made = decide(s360="Gent", policy=FieldPolicy("town", first_link=rule))
        assert made == Plan(to_crm={"town": "Gent"}, reasons={"town": Reason(ReasonCode.FIRST_SENT, "crm")})


def test_empty_value_is_not_sent_to_a_crm_that_was_never_seen():
    assert decide(s360=None, policy=FieldPolicy("town", blank=BlankRule.CLEAR)) == Plan()


def test_equal_values_agree_at_the_first_link():
    assert decide(s360="Gent", crm=" Gent").agree == {"town": ("Gent", "Gent")}
    assert decide(s360=None, crm="").agree == {"town": (None, None)}


@pytest.mark.parametrize(
    ("rule", "s360", "crm", "to_crm", "to_s360", "agree"),
    [
        (FirstLinkRule.S360_WINS, "Gent", "Aalst", {"town": "Gent"}, {}, {}),
        (FirstLinkRule.S360_WINS, "Gent", None, {"town": "Gent"}, {}, {}),
        (FirstLinkRule.S360_WINS, None, "Aalst", {}, {}, {"town": (None, "Aalst")}),
        (FirstLinkRule.FILL_EMPTY, "Gent", None, {"town": "Gent"}, {}, {}),
        (FirstLinkRule.FILL_EMPTY, None, "Aalst", {}, {"town": "Aalst"}, {}),
        (FirstLinkRule.FILL_EMPTY, "Gent", "Aalst", {"town": "Gent"}, {}, {}),
        (FirstLinkRule.ASK, "Gent", None, {"town": "Gent"}, {}, {}),
        (FirstLinkRule.ASK, None, "Aalst", {}, {"town": "Aalst"}, {}),
    ],
)
def test_first_link_rule_decides_when_the_two_differ(rule, s360, crm, to_crm, to_s360, agree):
    made = decide(s360=s360, crm=crm, policy=FieldPolicy("town", first_link=rule))
    assert (made.to_crm, made.to_s360, made.agree, made.conflicts) == (to_crm, to_s360, agree, {})


def test_asking_at_the_first_link_asks_only_where_both_hold_a_value():
    made = decide(s360="Gent", crm="Aalst", policy=FieldPolicy("town", first_link=FirstLinkRule.ASK))
    assert made.sends_nothing
    assert made.conflicts == {"town": Conflict("Gent", "Aalst", None, "ask")}


def test_fill_empty_leaves_two_values_to_the_conflict_rule():
    policy = FieldPolicy("town", conflict=ConflictRule.CRM_WINS, first_link=FirstLinkRule.FILL_EMPTY)
    assert decide(s360="Gent", crm="Aalst", policy=policy).to_s360 == {"town": "Aalst"}


def test_difference_that_may_not_travel_is_taken_as_given_and_later_edits_are_seen():
    policy = FieldPolicy("town", Direction.TO_S360)
    first = decide(s360="Gent", crm="Aalst", policy=policy)
    assert first == Plan(agree={"town": ("Gent", "Aalst")}, reasons={"town": Reason(ReasonCode.FIRST_KEPT)})
    assert decide(s360="Gent", crm="Ieper", pair=first.agree["town"], policy=policy).to_s360 == {"town": "Ieper"}


def test_first_link_never_resubscribes():
    for first_link in (FirstLinkRule.S360_WINS, FirstLinkRule.FILL_EMPTY):
        made = decide("consent.NEWS", "yes", "no", policy=consent(first_link=first_link))
        assert (made.to_crm, made.to_s360) == ({}, {"consent.NEWS": "no"})


def test_contact_born_in_the_crm_goes_to_s360_whole():
    made = decide(crm="Aalst")
    assert made == Plan(to_s360={"town": "Aalst"}, reasons={"town": Reason(ReasonCode.FIRST_SENT, "s360")})


def test_crm_value_does_not_overwrite_what_s360_has_not_shown():
    for rule in FirstLinkRule:
        made = decide(crm="Aalst", policy=FieldPolicy("town", first_link=rule), views={"s360_view": {"email": None}})
        assert made.sends_nothing
        assert made.agree == {"town": (None, "Aalst")}


def test_edit_of_a_field_s360_never_sent_travels_after_the_first_link():
    known = {"views": {"s360_view": {"email": None}}}
    assert decide(crm="Ieper", pair=(None, "Aalst"), **known).to_s360 == {"town": "Ieper"}
    assert decide(crm=None, **known).agree == {"town": (None, None)}


def test_refusal_in_the_crm_reaches_s360_even_where_s360_has_not_shown_its_own():
    known = {"views": {"s360_view": {"email": None}}}
    assert decide("consent.NEWS", crm="no", policy=consent(), **known).to_s360 == {"consent.NEWS": "no"}
    assert decide("consent.NEWS", crm="yes", policy=consent(), **known).sends_nothing


# In flight


def test_value_on_its_way_is_not_sent_again():
    made = decide(s360="Brugge", crm="Gent", pair=("Gent", "Gent"), in_flight_crm={"town": "Brugge"})
    assert made == Plan(reasons={"town": Reason(ReasonCode.IN_FLIGHT)})


def test_edit_during_a_send_is_one_more_send():
    made = decide(s360="Aalst", crm="Gent", pair=("Gent", "Gent"), in_flight_crm={"town": "Brugge"})
    assert made == Plan(to_crm={"town": "Aalst"}, reasons={"town": Reason(ReasonCode.MOVED_AGAIN, "crm")})
    made = decide(s360="Gent", crm="Aalst", pair=("Gent", "Gent"), in_flight_s360={"town": "Brugge"})
    assert made == Plan(to_s360={"town": "Aalst"}, reasons={"town": Reason(ReasonCode.MOVED_AGAIN, "s360")})


def test_edit_taken_back_during_a_send_is_sent_again():
    made = decide(s360="Gent", crm="Gent", pair=("Gent", "Gent"), in_flight_crm={"town": "Brugge"})
    assert made.to_crm == {"town": "Gent"}


def test_what_the_target_shows_during_a_send_waits_for_its_outcome():
    for shown in ("Brugge", "BRUGGE", "Aalst"):
        made = decide(s360="Brugge", crm=shown, pair=("Gent", "Gent"), in_flight_crm={"town": "Brugge"})
        assert made == Plan(reasons={"town": Reason(ReasonCode.IN_FLIGHT)})


def test_field_in_flight_both_ways_waits():
    flying = {"in_flight_crm": {"town": "Brugge"}, "in_flight_s360": {"town": "Brugge"}}
    assert decide(s360="Gent", crm="Gent", pair=("Gent", "Gent"), **flying).sends_nothing


def test_other_fields_are_planned_while_one_is_in_flight():
    made = plan(
        PlanInput(
            s360_view={"town": "Brugge", "email": "b@example.org"},
            crm_view={"town": "Gent", "email": "a@example.org"},
            agreed={"town": ["Gent", "Gent"], "email": ["a@example.org", "a@example.org"]},
            policies=PolicySet([FieldPolicy("*")]),
            in_flight_crm={"town": "Brugge"},
        )
    )
    assert made.to_crm == {"email": "b@example.org"}


# Frozen, lifecycle


def test_frozen_record_sends_nothing_and_says_so():
    made = decide(s360="Brugge", crm="Gent", pair=("Gent", "Gent"), frozen=True)
    assert made == Plan(reasons={"town": Reason(ReasonCode.FROZEN)})


@pytest.mark.parametrize("lifecycle", [Lifecycle.ANONYMISED, Lifecycle.MERGED, Lifecycle.ERASED])
def test_contact_that_is_no_more_is_never_written_to_s360(lifecycle):
    made = decide(s360="Gent", crm="Brugge", pair=("Gent", "Gent"), lifecycle=lifecycle)
    assert not made.to_s360
    assert explain(made)["town"].startswith("The state of this contact does not allow sending")


@pytest.mark.parametrize("lifecycle", [Lifecycle.MERGED, Lifecycle.ERASED])
def test_merged_or_erased_contact_is_written_nowhere_and_agrees_on_nothing(lifecycle):
    asking = FieldPolicy("town", conflict=ConflictRule.ASK, first_link=FirstLinkRule.ASK)
    for pair in (None, ("Gent", "Gent")):
        assert decide(s360="Aalst", crm="Brugge", pair=pair, policy=asking, lifecycle=lifecycle).is_empty


def test_invalidated_contact_still_travels():
    made = decide(s360="Brugge", crm="Gent", pair=("Gent", "Gent"), lifecycle=Lifecycle.INVALIDATED)
    assert made.to_crm == {"town": "Brugge"}


@pytest.mark.parametrize("pair", [None, ("Noor", "Noor"), ("Anna", "Anna")])
@pytest.mark.parametrize("direction", [Direction.BOTH, Direction.TO_CRM, Direction.TO_S360])
@pytest.mark.parametrize("rule", ConflictRule)
@pytest.mark.parametrize("first_link", FirstLinkRule)
@pytest.mark.parametrize("name", ["XXXXXXXX", None])
def test_anonymisation_reaches_the_crm_whatever_the_policy(pair, direction, rule, first_link, name):
    policy = FieldPolicy("first_name", direction, rule, first_link)
    made = decide("first_name", name, "Noor", pair, policy, lifecycle=Lifecycle.ANONYMISED)
    assert (made.to_crm, made.to_s360, made.conflicts) == ({"first_name": name}, {}, {})


def test_anonymisation_leaves_what_is_not_personal_to_its_policy():
    assert decide("country", None, "BE", ("BE", "BE"), lifecycle=Lifecycle.ANONYMISED).sends_nothing


# Histories


def test_there_and_back_again_is_three_changes():
    held: dict[str, Any] = {"town": "Aalst"}
    agreed: dict[str, Any] = {"town": ["Aalst", "Aalst"]}
    sent = []
    for value in ("Brugge", "Brugge", "Aalst", "Aalst", "Brugge"):
        made = plan(
            PlanInput(
                s360_view={"town": value}, crm_view=held, agreed=agreed, policies=PolicySet([FieldPolicy("town")])
            )
        )
        for written in made.to_crm.values():
            sent.append(written)
            held, agreed = {"town": written}, {"town": [written, written]}
    assert sent == ["Brugge", "Aalst", "Brugge"]


def test_orders_follow_s360_only_and_clear_with_it():

    rules = PolicySet(default_policies(Entity.ORDER))
    made = plan(
        PlanInput(
            s360_view={"amount": "91", "products": None, "order_state": "CLOSED"},
            crm_view={"amount": "91.00", "products": "Winter gala", "order_state": "DRAFT"},
            agreed={name: [value, value] for name, value in (("products", "Winter gala"), ("order_state", "CLOSED"))},
            policies=rules,
        )
    )
    assert (made.to_crm, made.to_s360) == ({"products": None}, {})
    assert made.agree == {"amount": ("91.00", "91.00")}
    assert made.reasons["order_state"] == Reason(ReasonCode.DIRECTION_CLOSED, "s360")
