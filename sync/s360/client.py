"""What the console asks of S-360, in canonical fields: read a contact or an order, look for a contact, save a person.

"Backend API: methods" of S-360. Every failure is a CallFailedError whose Failure says of what kind it is and whether a
write may have been applied. Nothing is repeated here; when to try again is for the caller to decide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from sync.engine.canonical import Value
from sync.engine.failures import Failure
from sync.http.client import CallFailedError, HttpClient
from sync.s360.access import ApiSettings
from sync.s360.api import GET_CONTACT, GET_ORDER, SAVE_CONTACT, SEARCH_CONTACT, Permit, S360Api, always
from sync.s360.contacts import ContactPayload, ContactReader, NumberReader
from sync.s360.envelope import CONTACT_NUMBER, ORDER_ID, OrderRoot, orders_in
from sync.s360.envelope_answer import RecordUnknownError
from sync.s360.orders import OrderPayload, OrderReader
from sync.s360.paths import ABSENT, WrongShapeError, compile_path, find
from sync.s360.problems import RecordRejected
from sync.s360.request_template import NUMBER, fill, placeholders
from sync.s360.settings import S360Settings
from sync.s360.write_values import wire_values

DETAILS: Final = ("GENERAL", "ADDRESSES", "AUTHORIZATIONS", "CRITERIA")
GRANULARITY: Final = "TICKETS"
INDIVIDUAL: Final = "INDIVIDUAL"
RELAY: Final = "RELAY"
Payload = TypeVar("Payload")


class S360Client:
    """Calls one institution's S-360. Cheap to build, safe to share between threads; connections live in ``http``."""

    def __init__(
        self,
        access: ApiSettings,
        settings: S360Settings,
        http: HttpClient,
        *,
        permit: Permit = always,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.api = S360Api(access, settings, http, permit=permit, clock=clock)
        self._contacts = ContactReader(settings)
        self._orders = OrderReader(settings)
        self._number = NumberReader(settings)

    def get_contact(self, number: str, details: Sequence[str] = DETAILS) -> dict[str, Any] | None:
        """The contact as S-360 has it now, without the envelope; None when S-360 does not know the number.

        Raises CallFailedError. ``answers_other_contact`` carries the number that came instead (a head of duplicates?)
        in ``conflicting_remote_id``.
        """
        try:
            contact = self.api.call(GET_CONTACT, {CONTACT_NUMBER: number, "details": list(details)})
        except RecordUnknownError:
            return None
        self._require_number(contact.get(CONTACT_NUMBER), number, wrote=False)
        return contact

    def read_contact(self, number: str) -> ContactPayload | None:
        """``get_contact`` in canonical fields. Raises CallFailedError, also when the record cannot be understood."""
        contact = self.get_contact(number)
        return None if contact is None else _understood(self._contacts.read, contact)

    def search_contact(self, fields: Mapping[str, Value]) -> list[ContactPayload]:
        """The contacts that have all these values (canonical names); at least one is needed. Raises CallFailedError.

        A list that is not there, or a contact in it that cannot be understood, fails the search: "nobody has it" is
        never said by mistake. S-360 may stop at a number of hits nobody documents.
        """
        template = self.settings.search_contact_template
        request = fill(template, wire_values(fields, placeholders(template), self.settings))
        if not request:
            raise ValueError("a search needs a value to look for")
        answer = self.api.call(SEARCH_CONTACT, request)
        found = _at(answer, self.settings.search_contact_answer_path)
        if not isinstance(found, list):
            raise CallFailedError(_not_understood("search_unreadable", "the answer has no search_contact_answer_path"))
        return [_understood(self._contacts.read, contact) for contact in found]

    def save_individual_contact(
        self, number: str | None, fields: Mapping[str, Value], *, contact_type: str | None, role: str | None
    ) -> str:
        """Write these canonical fields of one person, and no others; answers the contact's number.

        Without ``number`` a contact is created: **never repeat that on doubt**, each repeat makes another contact. An
        update may be repeated. None or "" empties a field where ``api_clear_with_empty_string`` allows it.
        ``contact_type`` and ``role`` are what is known of the contact: structures and relays are refused unless
        ``allow_structure_writes``.

        Raises CallFailedError; a FieldNotWritableError is raised before anything is sent.
        """
        self._refuse_structure(contact_type, role)
        template = self.settings.save_contact_template
        values = wire_values(fields, placeholders(template), self.settings)
        if not values:
            raise ValueError("there is nothing to save")
        if number is not None:
            values[NUMBER] = number
        answer = self.api.call(SAVE_CONTACT, fill(template, values))
        saved = _at(answer, self.settings.save_contact_number_path)
        if number is not None and (saved is None or saved == ""):
            return number
        return self._require_number(saved, number, wrote=True)

    def get_order(self, order_id: int, granularity: str = GRANULARITY) -> dict[str, Any] | None:
        """The order as S-360 has it now; None when S-360 does not know it. Raises CallFailedError."""
        try:
            answer = self.api.call(GET_ORDER, {ORDER_ID: order_id, "granularity": granularity})
        except RecordUnknownError:
            return None
        orders = orders_in(answer, OrderRoot.AUTO)
        order = orders[0] if len(orders) == 1 else None
        if not isinstance(order, dict) or order.get(ORDER_ID) != order_id:
            raise CallFailedError(_not_understood("answers_other_order", "the answer is not the order asked for"))
        return order

    def read_order(self, order_id: int) -> OrderPayload | None:
        """``get_order`` in canonical fields. Raises CallFailedError, also when the record cannot be understood."""
        order = self.get_order(order_id)
        return None if order is None else _understood(self._orders.read, order)

    def _refuse_structure(self, contact_type: str | None, role: str | None) -> None:
        if self.settings.allow_structure_writes:
            return
        if contact_type not in (None, "", INDIVIDUAL) or role == RELAY:
            text = "structures and relays are written by hand in S-360, unless allow_structure_writes is true"
            raise CallFailedError(Failure("permanent", "record", "structure_write", text))

    def _require_number(self, answered: Any, asked: str | None, *, wrote: bool) -> str:
        """The number in an answer, which must be the one asked for. Without one nobody knows whose answer it is."""
        try:
            number = self._number.read({CONTACT_NUMBER: answered})
        except RecordRejected as rejected:
            text = f"the answer's contact number cannot be used: {rejected.reason}"
            failure = Failure("transient", "record", "number_missing", text, outcome_unknown=wrote)
            raise CallFailedError(failure) from None
        if asked is not None and number != asked:
            text = f"S-360 was asked for contact {asked} and answered for {number}: merged?"
            failure = Failure("permanent", "record", "answers_other_contact", text, conflicting_remote_id=number)
            raise CallFailedError(replace(failure, outcome_unknown=wrote))
        return number


def _understood(read: Callable[[Any], Payload], record: Any) -> Payload:
    try:
        return read(record)
    except RecordRejected as rejected:
        text = f"{rejected.field}: {rejected.reason}"
        raise CallFailedError(
            Failure("permanent", "record", "record_not_understood", text, field=rejected.field)
        ) from None


def _not_understood(code: str, text: str) -> Failure:
    return Failure("permanent", "record", code, text)


def _at(answer: dict[str, Any], path: str) -> Any:
    try:
        value = find(answer, compile_path(path))
    except WrongShapeError:
        return None
    return None if value is ABSENT else value
