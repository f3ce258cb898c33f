"""Filters of the lists: each names a handful of choices itself, so that drawing it reads nothing."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from sync.models import IN_FLIGHT_STATES, EntryState, Institution

Choice = tuple[str, str]
AGES: Final = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
SHOWN_INSTITUTIONS: Final = 200
AGE_CHOICES: Final = (
    ("5m", "Older than 5 minutes"),
    ("1h", "Older than an hour"),
    ("1d", "Older than a day"),
    ("7d", "Older than a week"),
)


class ChoiceFilter(SimpleListFilter):
    """`choices_given`, and in `condition` what each of them means; one without a condition shows everything."""

    choices_given: Sequence[Choice] = ()

    def condition(self, value: str) -> Q:
        return Q()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[Choice]:
        return self.choices_given

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None or value not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(self.condition(value))


def choice_filter(
    title: str, name: str, choices: Sequence[Choice], conditions: Callable[[str], Q]
) -> type[ChoiceFilter]:
    """A filter with these choices; `conditions` turns the chosen value into a Q."""
    return type(
        f"{name.title()}Filter",
        (ChoiceFilter,),
        {
            "title": title,
            "parameter_name": name,
            "choices_given": tuple(choices),
            "condition": lambda self, value: conditions(value),
        },
    )


def field_filter(title: str, name: str, choices: Any, *, field: str = "") -> type[ChoiceFilter]:
    """Equality with one of the model's choices."""
    given = [(str(value), str(label)) for value, label in choices]
    return choice_filter(title, name, given, lambda value: Q(**{field or name: value}))


def age_filter(field: str) -> type[ChoiceFilter]:
    """Rows whose `field` lies further back than the chosen age, on the database's clock."""
    return choice_filter("age", "age", AGE_CHOICES, lambda value: Q(**{f"{field}__lt": Now() - AGES[value]}))


class InstitutionFilter(ChoiceFilter):
    """The institutions, by code: one query, and there are few."""

    title = "institution"
    parameter_name = "institution"
    field = "institution_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[Choice]:
        return [(str(pk), code) for pk, code in Institution.objects.values_list("pk", "code")[:SHOWN_INSTITUTIONS]]

    def condition(self, value: str) -> Q:
        return Q(**{self.field: int(value)})


def _entry_state(value: str) -> Q:
    match value:
        case "waiting":
            return Q(state=EntryState.WAITING, waits_for="")
        case "held":
            return Q(state=EntryState.WAITING, waits_for="contact")
        case "in_flight":
            return Q(state__in=[state for state in IN_FLIGHT_STATES if state != EntryState.UNCERTAIN])
        case _:
            return Q(state=value)


EntryStateFilter = choice_filter(
    "state",
    "state",
    (
        ("parked", "Parked"),
        ("waiting", "Waiting"),
        ("held", "Waits for its contact"),
        ("in_flight", "In flight"),
        ("uncertain", "Uncertain"),
        ("settled", "Settled"),
    ),
    _entry_state,
)
