"""What hypothesis draws from for the engine: fields of every kind, values people and systems really write, views."""

from typing import Any

from hypothesis import strategies as st

from sync.engine.canonical import CONTACT_FIELDS, ORDER_FIELDS, FieldKind, canonical_value, kind_of
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import PlanInput
from sync.engine.policy import BlankRule, ConflictRule, Direction, FieldPolicy, FirstLinkRule, PolicySet

FIELDS = (*CONTACT_FIELDS, *ORDER_FIELDS, "consent.NEWS", "criterion.INTEREST", "nobody_knows_me")
# A few fields, one of each behaviour, so that random pairs of views often meet on the same ones.
CORE_FIELDS = (
    "first_name",
    "email",
    "mobile_phone",
    "title",
    "country",
    "is_revenue",
    "consent.NEWS",
    "criterion.TASTE",
)

_WORDS = {
    FieldKind.EMAIL: ["noor@example.org", "NOOR@example.org", " noor@example.org ", "other@example.org"],
    FieldKind.PHONE: ["+32470112233", "0032 470 11 22 33", "+32 (0)470/11.22.33", "0470112233", "+3212345678"],
    FieldKind.COUNTRY: ["BE", "be", "GB", "UK", " fr "],
    FieldKind.TITLE: ["MR", "Mr.", "Mrs", "UNDEFINED", "Mr and Mrs", "Dr"],
    FieldKind.DATE: ["1986-05-19", "19.05.1986", "1986-05-19T00:00:00.000+00:00", "2001-01-01", "soon"],
    FieldKind.LANGUAGE: ["nl", "NL", "nl-BE", "fr_BE", "en"],
    FieldKind.CONSENT: ["yes", "no", "YES", "true", "false", "maybe"],
    FieldKind.CODE: ["PUBLIC", " PUBLIC", "RELAY", "public"],
    FieldKind.DECIMAL: ["91.00", "91", "91.0", "-0", "12.345", "a lot", "1e999999"],
    FieldKind.INTEGER: ["2", "02", "2.0", "-3", "many"],
    FieldKind.TIMESTAMP: ["2024-03-18T18:41:07.330+00:00", "2024-03-18T19:41:07.330+01:00", "2024-03-18 18:41:07"],
    FieldKind.TEXT: ["Noor", " Noor ", "Noor  Vandenberg", "Jos\u00e9", "Jose\u0301", "Peeters"],
}
_EMPTY = st.sampled_from([None, "", "   "])


def values_of(field: str) -> st.SearchStrategy:
    """Values as one of the two systems would say them for this field."""
    kind = kind_of(field)
    if kind is FieldKind.BOOLEAN:
        return st.one_of(st.booleans(), st.none())
    if kind is FieldKind.CODES:
        return st.one_of(st.lists(st.sampled_from(["OPERA", "DANCE", "JAZZ", " JAZZ"]), max_size=3), st.none())
    return st.one_of(st.sampled_from(_WORDS[kind]), _EMPTY)


def any_values() -> st.SearchStrategy:
    """Everything, sense or nonsense."""
    scalars = st.one_of(st.none(), st.booleans(), st.text(max_size=30), st.integers(), st.floats(), st.decimals())
    return st.one_of(scalars, st.dates(), st.datetimes(), st.lists(st.text(max_size=8), max_size=4))


@st.composite
def views(draw, fields=CORE_FIELDS, *, canonical: bool = True) -> dict[str, Any]:
    """A view over some of the fields; canonical, as the doors store them, unless told otherwise."""
    known = draw(st.lists(st.sampled_from(fields), unique=True))
    view = {field: draw(values_of(field)) for field in known}
    return {field: canonical_value(field, value) for field, value in view.items()} if canonical else view


@st.composite
def agreed_pairs(draw, fields=CORE_FIELDS) -> dict[str, Any]:
    known = draw(st.lists(st.sampled_from(fields), unique=True))
    return {f: [canonical_value(f, draw(values_of(f))), canonical_value(f, draw(values_of(f)))] for f in known}


@st.composite
def policies(draw, field: str) -> FieldPolicy:
    return FieldPolicy(
        field,
        draw(st.sampled_from(Direction)),
        draw(st.sampled_from(ConflictRule)),
        draw(st.sampled_from(FirstLinkRule)),
        draw(st.sampled_from(BlankRule)),
    )


@st.composite
def policy_sets(draw, fields=CORE_FIELDS) -> PolicySet:
    return PolicySet([draw(policies(field)) for field in fields])


@st.composite
def plan_inputs(draw, *, in_flight: bool = True, lifecycles=Lifecycle, frozen=(False, True)) -> PlanInput:
    flying = draw(views()) if in_flight else {}
    return PlanInput(
        s360_view=draw(views()),
        crm_view=draw(views()),
        agreed=draw(agreed_pairs()),
        policies=draw(policy_sets()),
        in_flight_crm=flying,
        in_flight_s360=draw(views()) if in_flight else {},
        frozen=draw(st.sampled_from(frozen)),
        lifecycle=draw(st.sampled_from(lifecycles)),
    )
