"""Links what certainly belongs together under one cause, and says of everything else why it was left.

Certain means: the CRM's record carries no number, e-mail address *and* last name agree, the first names do not differ,
and no other contact claims the same record. Families, relays and structures share addresses, so an e-mail address alone
never decides.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crm.services.link_records.candidate import Candidate, look_at, named_records
from crm.services.link_records.far_end import LinkRefusedError, far_end_of
from crm.services.link_records.link import link_contact
from sync.engine.canonical import canonical_value
from sync.models import Cause, Contact, OutboxEntry
from sync.services.audit import note_action

LOOKED_AT: Final = 500  # parked contacts compared at once, the oldest first: five calls to a CRM that takes a hundred
LINKED_AT_ONCE: Final = 100
SECONDS: Final = 20.0  # a person waits for the page


@dataclass(frozen=True, slots=True)
class Left:
    """A contact that was not linked, and why."""

    contact_id: int
    number: str
    remote_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """`certain` can be linked without looking; `left` needs a person. `rest`: parked ones that were not compared."""

    certain: Sequence[Candidate]
    left: Sequence[Left]
    rest: int


@dataclass(frozen=True, slots=True)
class BulkReport:
    """`linked` contacts; `left` with reasons; `rest`: not reached this time, so ask again."""

    linked: int
    left: Sequence[Left]
    rest: int

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Reason and how many were left for it, the most frequent first."""
        return reasons_of(self.left)


def reasons_of(left: Iterable[Left]) -> list[tuple[str, int]]:
    return Counter(each.reason for each in left).most_common()


def sort_candidates(cause: Cause, limit: int = LOOKED_AT) -> Sorted:
    """Compare the cause's parked contacts with the records their refusals named. Reads only.

    Raises LinkRefusedError when the CRM cannot be read.
    """
    parked = OutboxEntry.objects.filter(cause=cause, state="parked", contact__isnull=False).order_by("id")
    contacts = list(Contact.objects.filter(pk__in=parked.values("contact_id")[:limit]).defer("raw").order_by("pk"))
    named = named_records([contact.pk for contact in contacts])
    nameless = [Left(c.pk, str(c), "", "the CRM named no record") for c in contacts if c.pk not in named]
    pairs = [(contact, named[contact.pk]) for contact in contacts if contact.pk in named]
    candidates = look_at(far_end_of(cause.institution_id), pairs) if pairs else {}
    claims = Counter(named.values())
    certain, left = [], nameless
    for candidate in candidates.values():
        reason = "several contacts claim one CRM record" if claims[candidate.remote_id] > 1 else doubt(candidate)
        if reason:
            left.append(Left(candidate.contact.pk, str(candidate.contact), candidate.remote_id, reason))
        else:
            certain.append(candidate)
    return Sorted(certain, left, max(0, parked.count() - len(contacts)))


def doubt(candidate: Candidate) -> str:
    """Why a person should look at this one; empty when it certainly matches."""
    if candidate.carries_another_number:
        return "the CRM record carries another number"
    if candidate.obstacle:
        return "it cannot be linked as it stands"
    if not _agrees(candidate, "email"):
        return "the e-mail addresses do not agree"
    if not _agrees(candidate, "last_name"):
        return "the last names do not agree"
    first, theirs = (_name(view.get("first_name")) for view in (candidate.contact.s360_view, candidate.view))
    if first and theirs and first != theirs:
        return "the first names do not agree: it may be somebody of the same family"
    return ""


def _agrees(candidate: Candidate, field: str) -> bool:
    ours, theirs = (canonical_value(field, view.get(field)) for view in (candidate.contact.s360_view, candidate.view))
    return bool(ours) and _name(ours) == _name(theirs)


def _name(value: object) -> str:
    return str(value or "").casefold()


def link_free_candidates(
    cause: Cause,
    actor: str,
    reason: str,
    *,
    key: str | None = None,
    limit: int = LINKED_AT_ONCE,
    looked_at: int = LOOKED_AT,
    seconds: float = SECONDS,
) -> BulkReport:
    """Link every contact of the cause that certainly matches, one by one; each link is whole before the next begins.

    Compares the oldest `looked_at` and stops after `limit` links or `seconds`; a repeat goes on with the rest. `key`:
    unique per form sent; a second click raises AlreadyDoneError. Raises LinkRefusedError when the CRM cannot be read.
    """
    begun = time.monotonic()
    found = sort_candidates(cause, looked_at)
    counts = {"certain": len(found.certain), "left": len(found.left), "not_compared": found.rest}
    note_action(actor, "link_cause", f"cause {cause.pk}", reason=reason, before=counts, key=key)
    linked, left = 0, list(found.left)
    chosen = list(found.certain[:limit])
    while chosen and time.monotonic() - begun < seconds:
        candidate = chosen.pop(0)
        try:
            link_contact(candidate.contact.pk, candidate.remote_id, actor, reason)
            linked += 1
        except LinkRefusedError as refused:
            left.append(Left(candidate.contact.pk, str(candidate.contact), candidate.remote_id, str(refused)))
    return BulkReport(linked, left, found.rest + len(chosen) + len(found.certain[limit:]))
