"""What keeps lists narrow and searches on an index."""

from typing import Final

from django.http import HttpRequest

from sync.models import Institution

WIDE: Final = ("raw", "s360_view", "crm_view", "agreed")  # a record's payload and views: a list shows none of them
MOST_INSTITUTIONS: Final = 1_000


def wide_of(*relations: str) -> list[str]:
    """The wide columns of related records, for `defer`."""
    return [f"{relation}__{name}" for relation in relations for name in WIDE]


def is_list(request: HttpRequest) -> bool:
    """Is this the list rather than one row's page?"""
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")


def institution_ids() -> list[int]:
    """All of them: our unique indexes begin with the institution, so a search names each instead of none."""
    return list(Institution.objects.values_list("pk", flat=True)[:MOST_INSTITUTIONS])
