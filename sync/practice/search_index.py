"""Finds contacts by e-mail or criterion without computing the whole population at each search."""

import threading
from collections.abc import Iterable, Mapping

from sync.practice.fields import Payload
from sync.practice.world import UnknownRecordError, World


class SearchIndex:
    """Built by the first search (seconds for 100,000 contacts), then kept up. It may name a contact too many, never
    one too few: the search compares the fields themselves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._numbers: dict[str, set[str]] | None = None

    def candidates(self, wanted: Mapping[str, str], criteria: Iterable[tuple[str, str]]) -> list[str]:
        """Numbers worth looking at, in order; all of them when nothing that is asked for is indexed."""
        terms = [f"{code}={value}" for code, value in criteria]
        if "email" in wanted:
            terms.append(wanted["email"])
        if not terms:
            return list(self._world.numbers())
        with self._lock:
            index = self._built()
            return sorted(set[str].intersection(*(index.get(term, set()) for term in terms)))

    def note(self, number: str) -> None:
        """This contact has changed."""
        with self._lock:
            if self._numbers is not None:
                self._add(self._numbers, number)

    def forget(self) -> None:
        with self._lock:
            self._numbers = None

    def _built(self) -> dict[str, set[str]]:
        if self._numbers is None:
            index: dict[str, set[str]] = {}
            for number in self._world.numbers():
                self._add(index, number)
            self._numbers = index
        return self._numbers

    def _add(self, index: dict[str, set[str]], number: str) -> None:
        try:
            contact = self._world.contact(number)
        except UnknownRecordError:
            return
        for term in _terms(contact):
            index.setdefault(term, set()).add(number)


def _terms(contact: Payload) -> list[str]:
    email = contact.get("individualContact", {}).get("email")
    terms = [f"{c['criterionIdCode']}={value}" for c in contact.get("contactCriteria", []) for value in c["values"]]
    return [*terms, email.strip().lower()] if email else terms
