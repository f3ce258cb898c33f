"""The methods of the practice S-360's API: names and answers as platform.secutix.com documents them.

Where the vendor publishes a method without its request (searchContact), the member names are ours and said so here.
To add a method: write a function of (ApiWork, request) and name it in METHODS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.practice.contact_payload import ALL_DETAILS, Payload, with_details
from sync.practice.order_payload import with_granularity
from sync.practice.save_contact import RefusedError, Saved, Saving, save_individual
from sync.practice.search_index import SearchIndex
from sync.practice.world import UnknownRecordError, World

MOST_FOUND = 100
ENVELOPE = {"statusCode": "success", "statusDetail": None, "requestId": None}


@dataclass(slots=True)
class ApiWork:
    """What the methods work on."""

    world: World
    index: SearchIndex
    saving: Saving = field(default_factory=Saving)


def get_contact_data(work: ApiWork, request: Mapping[str, Any]) -> tuple[Payload, Saved | None]:
    """One contact, with the blocks named in `details` (all of ours when left out)."""
    number = _text(request, "contactNumber")
    try:
        contact = work.world.contact(number)
    except UnknownRecordError as problem:
        raise RefusedError("PRACTICE_CONTACT_UNKNOWN", str(problem)) from None
    return with_details(contact, request.get("details") or ALL_DETAILS), None


def search_contact(work: ApiWork, request: Mapping[str, Any]) -> tuple[Payload, Saved | None]:
    """Contacts whose fields equal all those given: `email`, names, phones (case does not count), and one criterion.

    Assumed: request members are the contact's own names; the answer lists whole contacts under `contacts`.
    """
    wanted = {name: str(value).strip().lower() for name, value in request.items() if isinstance(value, str) and value}
    criteria = {(c.get("criterionIdCode"), v) for c in request.get("contactCriteria", []) for v in c.get("values", [])}
    if not wanted and not criteria:
        raise RefusedError("PRACTICE_MISSING_VALUE", "searchContact needs at least one field to look for")
    found = []
    for number in work.index.candidates(wanted, criteria):
        contact = work.world.contact(number)
        if _matches(contact, wanted, criteria):
            found.append(contact)
        if len(found) == MOST_FOUND:
            break
    return {"contacts": found}, None


def save_individual_contact_data(work: ApiWork, request: Mapping[str, Any]) -> tuple[Payload, Saved | None]:
    saved = save_individual(work.world, request, work.saving)
    return {"contactNumber": saved.number}, saved


def get_order_details(work: ApiWork, request: Mapping[str, Any]) -> tuple[Payload, Saved | None]:
    try:
        order = work.world.order(int(request.get("orderId", 0)))
    except (UnknownRecordError, TypeError, ValueError):
        raise RefusedError("PRACTICE_ORDER_UNKNOWN", f"order {request.get('orderId')!r} does not exist") from None
    return {"orderDetailsData": with_granularity(order, str(request.get("granularity", "TICKETS")))}, None


Method = Callable[[ApiWork, Mapping[str, Any]], tuple[Payload, Saved | None]]
# keyed by module, service and method, as they stand in the path
METHODS: dict[tuple[str, str, str], Method] = {
    ("tnco", "contactInformationPublicService", "getContactData"): get_contact_data,
    ("tnco", "contactInformationPublicService", "searchContact"): search_contact,
    ("tnco", "contactInformationPublicService", "saveIndividualContactData"): save_individual_contact_data,
    ("tnseb", "externalOrderService", "getOrderDetails"): get_order_details,
}


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError("PRACTICE_MISSING_VALUE", f"{name} is mandatory, and text")
    return value


def _matches(contact: Payload, wanted: Mapping[str, str], criteria: set[tuple[Any, Any]]) -> bool:
    fields = contact | contact.get("individualContact", {})
    if any(str(fields.get(name) or "").strip().lower() != value for name, value in wanted.items()):
        return False
    own = {(c["criterionIdCode"], v) for c in contact.get("contactCriteria", []) for v in c["values"]}
    return criteria <= own
