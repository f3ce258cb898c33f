from hypothesis import given

from sync.engine.after_send import after_crm_send, after_s360_send, agree, pair_for_winner, rewrites
from sync.engine.plan import Conflict, PlanInput, Side, plan
from sync.engine.policy import FieldPolicy, PolicySet
from tests.sync.engine.strategies import agreed_pairs, views

RULES = PolicySet([FieldPolicy("town")])


def test_sent_value_becomes_both_halves_and_the_targets_view():
    after = after_crm_send({"town": ["Gent", "Gent"]}, {"town": "Gent", "email": None}, {"town": "Brugge"})
    assert after.agreed == {"town": ["Brugge", "Brugge"]}
    assert after.view == {"town": "Brugge", "email": None}


def test_rewrite_stands_in_the_half_of_the_side_that_rewrote():
    assert after_crm_send({}, {}, {"town": "Gent"}, {"town": "GENT"}).agreed == {"town": ["Gent", "GENT"]}
    assert after_s360_send({}, {}, {"title": "DR"}, {"title": "UNDEFINED"}).agreed == {"title": [None, "DR"]}


def test_field_missing_from_the_read_counts_as_held_as_sent():
    after = after_crm_send({}, {}, {"town": "Gent", "email": "a@example.org"}, {"email": "b@example.org"})
    assert after.agreed == {"town": ["Gent", "Gent"], "email": ["a@example.org", "b@example.org"]}


def test_news_from_the_target_during_the_send_is_kept_and_planned():
    before = {"town": "Gent"}
    after = after_crm_send({"town": ["Gent", "Gent"]}, {"town": "Aalst"}, {"town": "Brugge"}, before=before)
    assert after.agreed == {"town": ["Brugge", "Brugge"]}
    assert after.view == {"town": "Aalst"}
    made = plan(
        PlanInput(s360_view={"town": "Brugge"}, crm_view=after.view, agreed=after.agreed, policies=RULES),
    )
    assert made.to_s360 == {"town": "Aalst"}


def test_loser_of_a_conflict_is_not_taken_for_news():
    shown = {"town": "Aalst"}
    after = after_crm_send({"town": ["Gent", "Gent"]}, shown, {"town": "Brugge"}, before=shown)
    assert after.view == {"town": "Brugge"}


def test_read_after_the_write_outranks_what_came_meanwhile():
    after = after_crm_send({}, {"town": "Aalst"}, {"town": "Brugge"}, {"town": "BRUGGE"}, before={"town": "Gent"})
    assert after.view == {"town": "BRUGGE"}


def test_rewrites_lists_only_what_really_changed():
    sent = {"email": "a@example.org", "town": "Gent", "title": "DR"}
    assert rewrites(sent, {"email": " A@example.org", "town": "GENT"}) == {"town": ("Gent", "GENT")}


def test_agreed_pairs_are_json_lists_and_the_stored_ones_stay_untouched():
    stored = {"town": ("Gent", "Gent")}
    assert agree(stored, {"email": ("a@example.org", None)}) == {
        "town": ["Gent", "Gent"],
        "email": ["a@example.org", None],
    }
    assert stored == {"town": ("Gent", "Gent")}


def test_winner_of_a_conflict_is_the_only_side_that_has_moved():
    conflict = Conflict("Brugge", "Aalst", ("Gent", "GENT"), "ask")
    assert pair_for_winner(conflict, Side.S360) == ("Gent", "Aalst")
    assert pair_for_winner(conflict, Side.CRM) == ("Brugge", "GENT")


@given(agreed_pairs(), views(), views(), views())
def test_settling_twice_is_settling_once(agreed, view, sent, came_back):
    once = after_crm_send(agreed, view, sent, came_back)
    assert after_crm_send(once.agreed, once.view, sent, came_back) == once
