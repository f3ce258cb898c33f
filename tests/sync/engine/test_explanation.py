from hypothesis import given

from sync.engine.explanation import explain, explain_reason, summary
from sync.engine.plan import Plan, PlanInput, Reason, ReasonCode, plan
from sync.engine.policy import FieldPolicy, PolicySet
from tests.sync.engine.strategies import plan_inputs


def test_every_reason_has_a_sentence_with_all_its_words():
    for code in ReasonCode:
        for data in ("", "s360", "crm", "s360_wins", "latest"):
            sentence = explain_reason(Reason(code, data))
            assert sentence.endswith(".")
            assert "{" not in sentence


def test_winner_and_rule_are_named():
    made = plan(
        PlanInput(
            s360_view={"town": "Brugge"},
            crm_view={"town": "Aalst"},
            agreed={"town": ["Gent", "Gent"]},
            policies=PolicySet([FieldPolicy("town")]),
        )
    )
    assert explain(made) == {"town": "Changed on both sides; S-360 wins: S-360's value goes to the CRM."}


def test_summary_names_fields_by_label_and_never_by_value():
    made = Plan(to_crm={"email": "noor@example.org"}, to_s360={"town": "Gent"})
    assert summary(made) == "to the CRM: E-mail; to S-360: Town"
    assert summary(Plan()) == "nothing to do"


@given(plan_inputs())
def test_no_value_appears_in_an_explanation(data):
    sentences = " ".join(explain(plan(data)).values())
    values = [*data.s360_view.values(), *data.crm_view.values()]
    assert not any(value in sentences for value in values if isinstance(value, str) and len(value) > 5)
