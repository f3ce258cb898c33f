"""Life in the ticketing system: clerks and customers edit contacts, sign up and buy, at a chosen rate."""

import threading
import time
from collections.abc import Callable

from sync.practice import invented
from sync.practice.dice import Dice
from sync.practice.fields import Payload
from sync.practice.world import UnknownRecordError, World

TICK_SECONDS = 0.05
HIGHEST_RATE = 5000
# out of 1000 events; the rest are edits of an existing contact
ORDERS, NEWCOMERS, INVALIDATIONS, ANONYMISATIONS = 300, 60, 4, 2


class LiveEditor:
    """A thread making so many changes a second, the same ones in the same order for one seed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.rate = 0.0
        self.made = 0

    def set_rate(self, per_second: float) -> None:
        """0 stops it. Raises ValueError for a rate that is not one."""
        if not 0 <= per_second <= HIGHEST_RATE:
            raise ValueError(f"the edit rate must be between 0 and {HIGHEST_RATE} a second")
        self.rate = per_second
        if per_second and self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="practice-edits", daemon=True)
            self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def edit_once(self) -> str:
        """Make the next change; answers what it was, for the log."""
        dice = Dice(self._world.population.seed, "life", self.made)
        self.made += 1
        draw = dice.below(1000)
        if draw < ORDERS:
            return self._order(dice)
        if draw < ORDERS + NEWCOMERS:
            return f"new contact {self._world.add_newcomer()['contactNumber']}"
        return self._change(dice, draw - ORDERS - NEWCOMERS)

    # inside

    def _loop(self) -> None:
        owed, last = 0.0, time.monotonic()
        while not self._stopped:
            self._wake.wait(TICK_SECONDS if self.rate else None)
            self._wake.clear()
            now = time.monotonic()
            owed = min(owed + (now - last) * self.rate, self.rate) if self.rate else 0.0
            last = now
            while owed >= 1 and not self._stopped:
                self.edit_once()
                owed -= 1

    def _order(self, dice: Dice) -> str:
        newcomer = self._world.add_newcomer() if dice.chance(10) else None  # buys at once: the order may arrive first
        changes = {"contactReference": newcomer["contactNumber"]} if newcomer else {}
        return f"new order {self._world.add_order(changes)['orderId']}"

    def _change(self, dice: Dice, draw: int) -> str:
        population = self._world.population
        count = population.contacts + self._world.new_contacts
        if not count:
            return "nobody to edit"
        number = population.contact_number(dice.below(count))
        try:
            contact = self._world.contact(number)
            if contact["state"] == "ACCOUNT_DELETED":
                return f"{number} is anonymised"
            if draw < ANONYMISATIONS:
                self._world.anonymise(number)
                return f"anonymised {number}"
            if draw < ANONYMISATIONS + INVALIDATIONS:
                self._world.edit(number, {"state": "INACTIVE"})
                return f"invalidated {number}"
            self._world.edit(number, dice.pick(STRUCTURE_EDITS if contact["type"] == "STRUCTURE" else EDITS)(dice))
        except UnknownRecordError:
            return f"{number} is gone"
        return f"edited {number}"


def _phone(dice: Dice) -> Payload:
    return {"cellPhoneNumber": f"{dice.pick(invented.PLACES)[4]}4{dice.below(10**8):08d}"}


def _email(dice: Dice) -> Payload:
    return {"email": f"moved.{dice.below(10**8)}@{dice.pick(invented.MAIL_HOSTS)}"}


def _name(dice: Dice) -> Payload:
    return {"individualLastname": f"{dice.pick(invented.LAST_NAMES)}-{dice.pick(invented.LAST_NAMES)}"[:100]}


def _move(dice: Dice) -> Payload:
    country, _language, zip_code, town, _dialling = dice.pick(invented.PLACES)
    line1 = f"{dice.pick(invented.STREETS)} {dice.below(180) + 1}"
    return {"line1": line1, "zipCode": zip_code, "town": town, "countryCode": country}


def _consent(dice: Dice) -> Payload:
    return {"authorizations": {dice.pick(("NEWSLETTER", "PARTNERS", "SMS")): dice.pick((True, False, None))}}


def _interests(dice: Dice) -> Payload:
    return {"contactCriteria": {"INTEREST": [dice.pick(invented.INTERESTS)]}}


def _contact_name(dice: Dice) -> Payload:
    return {"addressName1": f"Service {dice.below(99) + 1}"}


EDITS: tuple[Callable[[Dice], Payload], ...] = (_phone, _email, _name, _move, _consent, _interests)
STRUCTURE_EDITS: tuple[Callable[[Dice], Payload], ...] = (_move, _consent, _contact_name)
