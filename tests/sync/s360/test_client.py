"""The client against a practice S-360 over real HTTP: what it reads, what it writes, what it refuses to send."""

import pytest

from sync.http.client import CallFailedError
from sync.practice import PracticeS360
from sync.s360.write_values import FieldNotWritableError
from tests.sync.http.raw_server import RawServer, http
from tests.sync.s360.client_support import Opener, calls, effects

PERSON = {"contact_type": "INDIVIDUAL", "role": "PUBLIC"}


def individual(s360: PracticeS360) -> str:
    return next(
        n for n in s360.numbers() if s360.contact(n)["type"] == "INDIVIDUAL" and s360.contact(n)["role"] != "RELAY"
    )


def failure_of(act):
    with pytest.raises(CallFailedError) as raised:
        act()
    return raised.value.failure


def test_a_contact_is_read_in_canonical_fields(s360, connect):
    number = individual(s360)
    s360.edit(number, email="ada@example.org", town="Gent", individualLastname="Byron")
    contact = connect().read_contact(number)
    assert contact.number == number
    assert contact.view["email"] == "ada@example.org"
    assert contact.view["town"] == "Gent"
    assert contact.view["last_name"] == "Byron"
    assert set(contact.complete_prefixes) == {"consent.", "criterion."}


def test_the_raw_contact_comes_without_the_envelope(s360, connect):
    number = individual(s360)
    raw = connect().get_contact(number, ["GENERAL"])
    assert raw["contactNumber"] == number
    assert not {"statusCode", "statusDetail", "requestId"} & raw.keys()
    assert s360.ledger.calls()[-1].request == {"contactNumber": number, "details": ["GENERAL"]}


def test_a_contact_that_vanished_is_none_and_an_unlisted_refusal_is_not(s360, connect):
    number = individual(s360)
    s360.vanish(number)
    assert connect().get_contact(number) is None
    assert connect().read_contact(number) is None
    failure = failure_of(lambda: connect(api_unknown_record_status_codes=[]).get_contact(number))
    assert (failure.kind, failure.scope, failure.code) == ("permanent", "record", "PRACTICE_CONTACT_UNKNOWN")


def test_an_update_carries_only_what_it_is_given(s360, connect):
    number = individual(s360)
    before = s360.contact(number)
    answered = connect().save_individual_contact(number, {"email": "new@example.org"}, **PERSON)
    assert answered == number
    assert s360.ledger.calls()[-1].request == {
        "individualContactData": {"contactNumber": number, "email": "new@example.org"}
    }
    after = s360.contact(number)
    assert after["individualContact"] == before["individualContact"] | {"email": "new@example.org"}
    assert after.get("addresses") == before.get("addresses")


def test_every_kind_of_field_arrives_and_reads_back_the_same(s360, connect):
    client = connect()
    fields = {
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.org",
        "birth_date": "1985-12-10",
        "address_line1": "1 Square",
        "town": "Gent",
        "zip_code": "9000",
        "address_country": "BE",
        "consent.NEWSLETTER": "yes",
        "consent.PARTNERS": "no",
        "criterion.INTEREST": ["JAZZ", "OPERA"],
    }
    number = client.save_individual_contact(None, fields, **PERSON)
    view = client.read_contact(number).view
    assert {name: view[name] for name in fields} == fields
    assert effects(s360) == 1


def test_a_created_contact_is_found_by_search_and_nobody_else_is(s360, connect):
    client = connect()
    fields = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "criterion.MARK": ["c-17"]}
    number = client.save_individual_contact(None, fields, **PERSON)
    assert [found.number for found in client.search_contact({"email": "ada@example.org"})] == [number]
    assert [found.number for found in client.search_contact({"criterion.MARK": ["c-17"]})] == [number]
    assert client.search_contact({"email": "nobody@example.org"}) == []
    with pytest.raises(ValueError, match="a value to look for"):
        client.search_contact({})


@pytest.mark.parametrize("path", ["found", "contacts.list", "contactNumber"])
def test_a_search_never_says_nobody_because_the_list_is_elsewhere(s360, connect, path):
    failure = failure_of(lambda: connect(search_contact_answer_path=path).search_contact({"email": "a@example.org"}))
    assert (failure.kind, failure.code) == ("permanent", "search_unreadable")


def test_a_search_with_a_hit_that_cannot_be_understood_fails_as_a_whole(s360, connect):
    s360.edit(individual(s360), email="ada@example.org")
    client = connect(contact_number_pattern="X+")
    failure = failure_of(lambda: client.search_contact({"email": "ada@example.org"}))
    assert (failure.kind, failure.code, failure.field) == ("permanent", "record_not_understood", "contactNumber")


def test_an_order_is_read_in_canonical_fields_and_a_missing_one_is_none(s360, connect):
    order_id = s360.order_ids()[0]
    order = connect().read_order(order_id)
    assert order.order_id == order_id
    assert order.view["order_state"] == s360.order(order_id)["orderState"]
    assert s360.ledger.calls()[-1].request == {"orderId": order_id, "granularity": "TICKETS"}
    assert connect().get_order(99_999_999_999) is None


@pytest.mark.parametrize(
    ("contact_type", "role"), [("STRUCTURE", "PUBLIC"), ("INDIVIDUAL", "RELAY"), ("STRUCTURE", None)]
)
def test_structures_and_relays_are_refused_before_anything_is_sent(s360, connect, contact_type, role):
    def save(client):
        client.save_individual_contact("0000100000", {"email": "a@example.org"}, contact_type=contact_type, role=role)

    failure = failure_of(lambda: save(connect()))
    assert (failure.kind, failure.scope, failure.code) == ("permanent", "record", "structure_write")
    assert calls(s360) == []
    save_allowed = connect(allow_structure_writes=True)
    save(save_allowed)
    assert (calls(s360), effects(s360)) == (["saveIndividualContactData"], 1)


@pytest.mark.parametrize("blank", [None, ""])
def test_nothing_is_made_empty_unless_the_institution_allows_it(s360, connect, blank):
    number = individual(s360)
    s360.edit(number, email="old@example.org")
    with pytest.raises(FieldNotWritableError) as raised:
        connect().save_individual_contact(number, {"email": blank}, **PERSON)
    failure = raised.value.failure
    assert (failure.kind, failure.code, failure.field) == ("misconfigured", "blank_not_sent", "email")
    assert calls(s360) == []
    s360.api.work.saving.empty_string_clears = True
    connect(api_clear_with_empty_string=True).save_individual_contact(number, {"email": blank}, **PERSON)
    assert s360.ledger.calls()[-1].request["individualContactData"]["email"] == ""
    assert connect().read_contact(number).view["email"] is None


@pytest.mark.parametrize("field", ["role", "state", "contact_type", "structure_name", "function", "shoe_size"])
def test_a_field_without_a_place_is_refused_and_named(s360, connect, field):
    with pytest.raises(FieldNotWritableError) as raised:
        connect().save_individual_contact("0000100000", {field: "X", "email": "a@example.org"}, **PERSON)
    assert (raised.value.failure.code, raised.value.failure.field) == ("field_not_writable", field)
    assert calls(s360) == []


def test_saving_nothing_is_a_mistake_of_the_caller(s360, connect):
    with pytest.raises(ValueError, match="nothing to save"):
        connect().save_individual_contact("0000100000", {}, **PERSON)
    assert calls(s360) == []


def test_a_create_whose_answer_names_no_number_may_have_been_applied(s360, connect):
    fields = {"first_name": "Ada", "last_name": "Byron"}
    client = connect(save_contact_number_path="data.contactNumber")
    failure = failure_of(lambda: client.save_individual_contact(None, fields, **PERSON))
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "number_missing", True)
    assert effects(s360) == 1


def test_an_update_needs_no_number_in_the_answer(s360, connect):
    number = individual(s360)
    client = connect(save_contact_number_path="data.contactNumber")
    assert client.save_individual_contact(number, {"first_name": "Ada"}, **PERSON) == number


def test_a_field_is_written_where_the_institution_reads_it(s360, connect):
    number = individual(s360)
    client = connect(contact_field_map={"phone": "individualContact.phoneNumber2", "town": "addresses(kind=HOME).town"})
    client.save_individual_contact(number, {"phone": "+32470000000", "town": "Gent"}, **PERSON)
    assert s360.ledger.calls()[-1].request == {
        "individualContactData": {"contactNumber": number, "phoneNumber2": "+32470000000"},
        "addresses": [{"kind": "HOME", "town": "Gent"}],
    }


def test_the_version_of_each_service_is_a_setting(s360, connect):
    number, order_id = individual(s360), s360.order_ids()[0]
    asked: list[tuple[str, str]] = []
    client = connect(contact_service_version="v3_0", order_service_version="v1_40", permit=lambda *c: asked.append(c))
    client.get_contact(number)
    client.get_order(order_id)
    assert asked == [("contactInformationPublicService", "getContactData"), ("externalOrderService", "getOrderDetails")]


def test_a_permit_that_is_refused_sends_nothing(s360, connect):
    def refuse(service: str, method: str) -> None:
        raise TimeoutError(f"no budget for {method}")

    with pytest.raises(TimeoutError, match="no budget for getContactData"):
        connect(permit=refuse).get_contact("0000100000")
    assert calls(s360) == []


def test_an_answer_for_another_contact_is_told_with_its_number():
    body = b'{"statusCode": "success", "contactNumber": "0000000002"}'
    with RawServer(http("200 OK", body)) as server:
        opener = Opener(server.url)
        read = failure_of(lambda: opener().get_contact("0000000001"))
        opener.close()
    with RawServer(http("200 OK", body)) as server:
        opener = Opener(server.url)
        save = failure_of(lambda: opener().save_individual_contact("0000000001", {"email": "a@example.org"}, **PERSON))
        opener.close()
    assert (read.kind, read.code, read.conflicting_remote_id) == ("permanent", "answers_other_contact", "0000000002")
    assert (read.outcome_unknown, save.outcome_unknown) == (False, True)
    assert save.conflicting_remote_id == "0000000002"
