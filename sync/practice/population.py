"""Who exists in the practice S-360 at the start, and under which numbers.

A population is arithmetic, not storage: contact 81,000 of seed 1 is computed when it is asked for and is the same
every time. So 100,000 contacts start at once, and only what has been changed since needs to be kept.

A block of 40 contacts (30 orders) holds every trap once; see `contact_payload` and `order_payload`.
"""

from collections.abc import Iterator
from typing import Any

from sync.practice.contact_payload import CONTACT_BLOCK, LONG_NUMBER, TWIN_NUMBER, build_contact
from sync.practice.order_payload import build_order

Payload = dict[str, Any]

FIRST_NUMBER = 100_000
NUMBER_STEP = 37
LONG_BASE = 30_000_000_000_000_000_000  # 20 digits, the longest S-360 allows; beyond 64 bits on purpose
FIRST_ORDER_ID = 10_000_912_204  # beyond 32 bits, like the real ones
ORDER_STEP = 13


class Population:
    """Contacts 0..contacts-1 and orders 0..orders-1 of one seed. Indexes beyond those are newcomers, equally fixed."""

    def __init__(self, seed: int, contacts: int, orders: int) -> None:
        self.seed = seed
        self.contacts = contacts
        self.orders = orders

    def contact_number(self, index: int) -> str:
        """Text of 6 to 20 digits. `0000100000` and `100000` are both present, and are two different people."""
        if index % CONTACT_BLOCK == TWIN_NUMBER:
            return str(FIRST_NUMBER + (index - 1) * NUMBER_STEP)
        number = FIRST_NUMBER + index * NUMBER_STEP
        if index % CONTACT_BLOCK == LONG_NUMBER:
            return str(LONG_BASE + number)
        return f"{number:010d}"

    def contact_index(self, number: str) -> int | None:
        """The index behind a number this arithmetic could have given out, whether or not it has; None for any other."""
        if not (number.isascii() and number.isdigit()):
            return None
        value = int(number)
        index = (value % LONG_BASE - FIRST_NUMBER) // NUMBER_STEP
        for candidate in (index, index + 1):
            if candidate >= 0 and self.contact_number(candidate) == number:
                return candidate
        return None

    def order_id(self, index: int) -> int:
        return FIRST_ORDER_ID + index * ORDER_STEP

    def order_index(self, order_id: int) -> int | None:
        index, rest = divmod(order_id - FIRST_ORDER_ID, ORDER_STEP)
        return index if rest == 0 and index >= 0 else None

    def contact(self, index: int) -> Payload:
        """The contact as first created, every block present that this contact has."""
        return build_contact(self.seed, index, self.contact_number(index), self.contact_number)

    def order(self, index: int) -> Payload:
        """The inside of `orderDetailsData`, with movements and tickets."""
        return build_order(self.seed, index, self.order_id, self._purchaser)

    def numbers(self) -> Iterator[str]:
        return (self.contact_number(index) for index in range(self.contacts))

    def order_ids(self) -> Iterator[int]:
        return (self.order_id(index) for index in range(self.orders))

    def _purchaser(self, draw: int) -> str | None:
        return self.contact_number(draw % self.contacts) if self.contacts else None
