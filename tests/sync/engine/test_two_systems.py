"""Two simulated systems that rewrite what they store, and our hub between them, for as long as hypothesis likes.

Deliveries are lost, repeated and late; sends lose their answer; people edit both sides. After quiet both sides are in
agreement and neither was written to more often than there were real edits.
"""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.engine.after_send import after_crm_send, after_s360_send, agree
from sync.engine.canonical import View, canonical_view
from sync.engine.plan import PlanInput, plan
from sync.engine.policy import ConflictRule, FieldPolicy, PolicySet

FIELDS = ("first_name", "last_name", "town")
VALUES = ("Anna", "Noor", "jos", "Van den Berghe", "x")
# Idempotent or not, lossy or not: what a real system does on storing.
REWRITES = {
    "keeps": lambda text: text,
    "upper case": str.upper,
    "cuts": lambda text: text[:3],
    "adds a dot": lambda text: f"{text}."[:20],
    "forgets": lambda _: "",
}


class System:
    """Stores values, its own way when they come through the API, as typed when a person edits."""

    def __init__(self, name: str, rewrite: str) -> None:
        self.name = name
        self.rewrite = REWRITES[rewrite]
        self.values: dict[str, Any] = dict.fromkeys(FIELDS, "start")
        self.writes = 0

    def write(self, sent: View) -> None:
        self.writes += 1
        self.values.update({field: "" if value is None else self.rewrite(value) for field, value in sent.items()})

    def read(self) -> View:
        return canonical_view(self.values)


class TwoSystems(RuleBasedStateMachine):
    @initialize(
        s360_rewrite=st.sampled_from(sorted(REWRITES)),
        crm_rewrite=st.sampled_from(sorted(REWRITES)),
        conflict=st.sampled_from([ConflictRule.S360_WINS, ConflictRule.CRM_WINS]),
    )
    def meet(self, s360_rewrite, crm_rewrite, conflict):
        self.s360, self.crm = System("s360", s360_rewrite), System("crm", crm_rewrite)
        self.edits = 0
        self.sent_crm: View = {}
        self.sent_s360: View = {}
        same = {field: ["start", "start"] for field in FIELDS}
        self.data = PlanInput(
            s360_view=self.s360.read(),
            crm_view=self.crm.read(),
            agreed=same,
            policies=PolicySet([FieldPolicy("*", conflict=conflict)]),
        )

    # People

    @rule(field=st.sampled_from(FIELDS), value=st.sampled_from(VALUES))
    def person_edits_in_s360(self, field, value):
        self.edits += self.s360.values[field] != value
        self.s360.values[field] = value

    @rule(field=st.sampled_from(FIELDS), value=st.sampled_from(VALUES))
    def person_edits_in_the_crm(self, field, value):
        self.edits += self.crm.values[field] != value
        self.crm.values[field] = value

    # The wire: a delivery carries the state of its moment; a lost one is simply one that never runs

    @rule(times=st.integers(1, 3))
    def s360_delivers(self, times):
        for _ in range(times):
            self.data = replace(self.data, s360_view=self.s360.read())

    @rule(times=st.integers(1, 3))
    def the_crm_is_polled(self, times):
        for _ in range(times):
            self.data = replace(self.data, crm_view=self.crm.read())

    # The hub: intent, call, and a settle that may have to find out by a read whether the call was applied

    @precondition(lambda self: not self.sent_crm)
    @rule(applied=st.booleans())
    def hub_sends_to_the_crm(self, applied):
        made = self._plan()
        if made.to_crm:
            self.sent_crm = made.to_crm
            if applied:
                self.crm.write(made.to_crm)
                self._settle_crm(came_back=self.crm.read())
            # else: the process died between the intent and the call, or the call never arrived

    @precondition(lambda self: self.sent_crm)
    @rule()
    def hub_verifies_the_crm(self):
        """A read that shows the value of before: the send goes back to waiting and is planned anew."""
        self.data = replace(self.data, crm_view=self.crm.read())
        self.sent_crm = {}

    @precondition(lambda self: not self.sent_s360)
    @rule(applied=st.booleans())
    def hub_sends_to_s360(self, applied):
        made = self._plan()
        if made.to_s360:
            self.sent_s360 = made.to_s360
            if applied:
                self.s360.write(made.to_s360)
                self._settle_s360(came_back=self.s360.read())

    @precondition(lambda self: self.sent_s360)
    @rule()
    def hub_verifies_s360(self):
        self.data = replace(self.data, s360_view=self.s360.read())
        self.sent_s360 = {}

    def _plan(self):
        self.data = replace(self.data, in_flight_crm=self.sent_crm, in_flight_s360=self.sent_s360)
        made = plan(self.data)
        self.data = replace(self.data, agreed=agree(self.data.agreed, made.agree))
        return made

    def _settle_crm(self, came_back):
        after = after_crm_send(self.data.agreed, self.data.crm_view, self.sent_crm, came_back)
        self.data = replace(self.data, agreed=after.agreed, crm_view=after.view)
        self.sent_crm = {}

    def _settle_s360(self, came_back):
        after = after_s360_send(self.data.agreed, self.data.s360_view, self.sent_s360, came_back)
        self.data = replace(self.data, agreed=after.agreed, s360_view=after.view)
        self.sent_s360 = {}

    # What must hold

    @invariant()
    def neither_side_is_written_to_more_often_than_people_edit(self):
        assert self.crm.writes + self.s360.writes <= self.edits

    def teardown(self):
        if not hasattr(self, "data"):
            return
        for _ in range(3):  # everything arrives in the end
            self.sent_crm, self.sent_s360 = {}, {}
            self.s360_delivers(1)
            self.the_crm_is_polled(1)
            self.hub_sends_to_the_crm(applied=True)
            self.hub_sends_to_s360(applied=True)
            self.neither_side_is_written_to_more_often_than_people_edit()
        self.s360_delivers(1)
        self.the_crm_is_polled(1)
        assert self._plan().is_empty
        for field in FIELDS:
            assert self.data.agreed[field] == [self.s360.read()[field], self.crm.read()[field]] or not all(
                (self.s360.read()[field], self.crm.read()[field])
            )


TestTwoSystems = TwoSystems.TestCase
TestTwoSystems.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
