"""Many invented contacts at once, for figures that depend on how full a CRM is."""

from __future__ import annotations

from crm.practice.people import DEFAULT_USER, person
from crm.practice.record import Source
from crm.practice.store import Store
from crm.practice.tokens import DEFAULT_APP, app_label

FIRST = ("Ada", "Bela", "Chiara", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Luca")
LAST = ("Amsel", "Birke", "Cedro", "Dachs", "Erle", "Falke", "Ginster", "Hasel", "Ilex", "Jasmin", "Kiefer", "Linde")
TOWNS = (("1003", "Lausanne"), ("1204", "Genève"), ("3011", "Bern"), ("4051", "Basel"), ("8001", "Zürich"))
CHUNK = 2_000
FIRST_NUMBER = 50_000_000


def seed(store: Store, count: int, *, keyed: bool = True) -> dict[str, int]:
    """Add `count` contacts. keyed: with contact numbers from 50000000 on, as if the bridge had made them."""
    source = Source("INTEGRATION", DEFAULT_APP, app_label(DEFAULT_APP)) if keyed else person(DEFAULT_USER)
    for start in range(0, count, CHUNK):
        with store.lock:  # let calls in between
            first = store.contacts.next_id
            for offset in range(min(CHUNK, count - start)):
                store.contacts.create(_contact(first + offset, keyed=keyed), source)
            store.flush()
    return {"contacts": len(store.contacts.rows)}


def _contact(number: int, *, keyed: bool) -> dict[str, str]:
    zip_code, town = TOWNS[number % len(TOWNS)]
    values = {
        "s360_contact_number": str(FIRST_NUMBER + number),
        "s360_title": "UNDEFINED",
        "firstname": FIRST[number % len(FIRST)],
        "lastname": LAST[number // len(FIRST) % len(LAST)],
        "email": f"contact{number}@example.org",
        "mobilephone": f"+4179{number % 10**7:07d}",
        "address": f"Rue du Test {number % 200}",
        "zip": zip_code,
        "city": town,
        "address_country": "CH",
        "s360_contact_type": "INDIVIDUAL",
        "consent_newsletter": "yes" if number % 3 else "no",
    }
    return values if keyed else {name: value for name, value in values.items() if name != "s360_contact_number"}
