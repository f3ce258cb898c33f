"""Which way may a field travel, and who wins?

One ``FieldPolicy`` a field, set per institution; ``plan.plan`` asks. ``consent.*`` and ``criterion.*`` cover the open
families: an exact name wins over a pattern, a longer pattern over a shorter one. A field without any policy stays
where it is: nobody has decided that it may leave.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from dataclasses import field as derived
from enum import StrEnum

from sync.engine.fields import CACHED_DYNAMIC_FIELDS, CONTACT_FIELDS, ORDER_FIELDS, Entity, FieldKind, kind_of


class Direction(StrEnum):
    BOTH = "both"
    TO_CRM = "to_crm"
    TO_S360 = "to_s360"
    NONE = "none"


class ConflictRule(StrEnum):
    """Both sides moved, to different values."""

    S360_WINS = "s360_wins"
    CRM_WINS = "crm_wins"
    LATEST = "latest"  # by the time *we* saw each value: S-360 sends no time of change
    MOST_RESTRICTIVE = "most_restrictive"  # consent only: "no" beats "yes" beats not answered
    ASK = "ask"


class FirstLinkRule(StrEnum):
    """The two records meet for the first time and differ.

    ``s360_wins`` never writes to S-360. The other two fill whichever side is empty; where both hold a value,
    ``fill_empty`` leaves it to the conflict rule and ``ask`` to a person.
    """

    S360_WINS = "s360_wins"
    FILL_EMPTY = "fill_empty"
    ASK = "ask"


class BlankRule(StrEnum):
    """What a value that became empty does to the other side. Consent is never blanked, whatever is set here."""

    KEEP = "keep"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """The rules of one field, or of a family when ``field`` ends in ``*``. Members or their plain text both work."""

    field: str
    direction: Direction = Direction.BOTH
    conflict: ConflictRule = ConflictRule.S360_WINS
    first_link: FirstLinkRule = FirstLinkRule.S360_WINS
    blank: BlankRule = BlankRule.KEEP
    # Read for every field of every record, so worked out once.
    opens_crm: bool = derived(init=False, repr=False, compare=False)
    opens_s360: bool = derived(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "opens_crm", self.direction in (Direction.BOTH, Direction.TO_CRM))
        object.__setattr__(self, "opens_s360", self.direction in (Direction.BOTH, Direction.TO_S360))


class PolicySet:
    """All policies of one entity of one institution; look-ups are cached, so build it once and keep it."""

    def __init__(self, policies: Iterable[FieldPolicy]) -> None:
        given = tuple(policies)
        self._exact = {policy.field: policy for policy in given if not policy.field.endswith("*")}
        patterns = (policy for policy in given if policy.field.endswith("*"))
        self._patterns = sorted(patterns, key=lambda policy: len(policy.field), reverse=True)
        self._cache = dict(self._exact)

    def of(self, field: str) -> FieldPolicy:
        """The policy of a field, named after it; total."""
        policy = self._cache.get(field)
        if policy is None:
            policy = self._look_up(field)
            if len(self._cache) < CACHED_DYNAMIC_FIELDS:
                self._cache[field] = policy
        return policy

    def _look_up(self, field: str) -> FieldPolicy:
        for pattern in self._patterns:
            if field.startswith(pattern.field[:-1]):
                return replace(pattern, field=field)
        return FieldPolicy(field, direction=Direction.NONE)

    def overridden_by(self, policies: Iterable[FieldPolicy]) -> "PolicySet":
        """A new set in which the given policies replace those of the same field or pattern."""
        merged = {policy.field: policy for policy in (*self._exact.values(), *self._patterns)}
        return PolicySet((merged | {policy.field: policy for policy in policies}).values())

    def limited_to(self, fields: Iterable[str]) -> "PolicySet":
        """A new set in which only these fields (or patterns) travel: those the CRM's mapping knows."""
        return PolicySet(replace(self.of(field), field=field) for field in fields)


# S-360's save call takes an individual's own data; what follows from its account or its structure is read-only there.
_S360_READ_ONLY = frozenset({"contact_type", "role", "state", "structure_name", "function"})


def _contact_policies() -> tuple[FieldPolicy, ...]:
    named = (
        FieldPolicy(field, Direction.TO_CRM if field in _S360_READ_ONLY else Direction.BOTH) for field in CONTACT_FIELDS
    )
    consent = FieldPolicy("consent.*", Direction.BOTH, ConflictRule.MOST_RESTRICTIVE, FirstLinkRule.FILL_EMPTY)
    return (*named, consent, FieldPolicy("criterion.*"))


def _order_policies() -> tuple[FieldPolicy, ...]:
    return tuple(FieldPolicy(field, Direction.TO_CRM, blank=BlankRule.CLEAR) for field in ORDER_FIELDS)


_DEFAULTS = {Entity.CONTACT: _contact_policies(), Entity.ORDER: _order_policies()}


def default_policies(entity: Entity = Entity.CONTACT) -> tuple[FieldPolicy, ...]:
    """What a new institution starts with: S-360 wins, blanks never travel, orders go to the CRM only."""
    return _DEFAULTS[entity]


def policy_problems(policy: FieldPolicy) -> tuple[str, ...]:
    """What an operator should be told before saving this policy; empty when nothing contradicts itself."""
    consent = kind_of(policy.field) is FieldKind.CONSENT
    problems = []
    if consent and policy.blank == BlankRule.CLEAR:
        problems.append(f"{policy.field}: a consent is never blanked; choose 'keep'.")
    if not consent and policy.conflict == ConflictRule.MOST_RESTRICTIVE:
        problems.append(f"{policy.field}: 'most restrictive' has a meaning for consents only.")
    return tuple(problems)
