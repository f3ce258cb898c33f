import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.engine.canonical import canonical_view
from sync.engine.lifecycle import Lifecycle
from sync.s360.contacts import ContactPayload, ContactReader
from sync.s360.problems import RecordRejected
from sync.s360.settings import S360Settings
from tests.sync.s360.samples import CONTACT, contact, person

READER = ContactReader(S360Settings())


def read(record: Any, **settings: Any) -> ContactPayload:
    return ContactReader(S360Settings.from_mapping(settings)).read(record)


def test_documented_example_is_read_field_by_field() -> None:
    payload = READER.read(CONTACT)
    assert payload.number == "0048213"
    assert payload.view == {
        "title": "MRS",
        "first_name": "Noor",
        "last_name": "Vandenberg",
        "email": "noor.vandenberg@example.org",
        "mobile_phone": "+32470112233",
        "birth_date": "1986-05-19",
        "language": "nl",
        "country": "BE",
        "address_line1": "Kerkstraat 7",
        "zip_code": "9000",
        "town": "Gent",
        "address_country": "BE",
        "contact_type": "INDIVIDUAL",
        "role": "PUBLIC",
        "state": "ACTIVE",
        "consent.NEWSLETTER": "yes",
        "consent.PARTNERS": None,
        "criterion.INTEREST": ["DANCE", "OPERA"],
    }
    assert payload.lifecycle is Lifecycle.ACTIVE
    assert payload.warnings == ()
    assert payload.complete_prefixes == ("consent.", "criterion.")


def test_reading_changes_nothing_in_the_record() -> None:
    record = contact()
    READER.read(record)
    assert record == CONTACT


def test_view_is_in_canonical_form() -> None:
    record = person(
        email=" Noor.Vandenberg@Example.ORG ", cellPhoneNumber="0032 470 11 22 33", individualFirstname=" Noor  M. "
    )
    view = READER.read(record).view
    assert view["email"] == "noor.vandenberg@example.org"
    assert view["mobile_phone"] == "+32470112233"
    assert view["first_name"] == "Noor M."
    assert view == canonical_view(view)


@pytest.mark.parametrize("block", ["individualContact", "addresses", "authorizations", "contactCriteria"])
@pytest.mark.parametrize("as_null", [False, True])
def test_block_that_was_not_selected_leaves_its_fields_absent(block: str, *, as_null: bool) -> None:
    record = contact()
    full = READER.read(record).view
    if as_null:
        record[block] = None
    else:
        del record[block]
    view = READER.read(record).view
    assert set(view) < set(full)
    assert None not in [view[field] for field in view if field != "consent.PARTNERS"]


def test_missing_field_is_absent_and_null_or_blank_is_known_empty() -> None:
    record = person(individualTitle=None, email="", individualLastname="  ")
    del record["individualContact"]["language"]
    view = READER.read(record).view
    assert view["title"] is None
    assert view["email"] is None
    assert view["last_name"] is None
    assert "language" not in view


def test_main_address_is_chosen_by_its_flag_not_by_its_place() -> None:
    addresses = [{"isMain": False, "town": "Brugge"}, {"isMain": True, "town": "Gent"}]
    assert READER.read(contact(addresses=addresses)).view["town"] == "Gent"
    assert READER.read(contact(addresses=[{"town": "Brugge"}])).view["town"] == "Brugge"


def test_address_list_sent_empty_means_no_address_and_empty_criteria_mean_none() -> None:
    payload = READER.read(contact(addresses=[], contactCriteria=[], authorizations=[]))
    assert payload.view["town"] is None
    assert "criterion.INTEREST" not in payload.view
    assert payload.complete_prefixes == ("consent.", "criterion.")


def test_list_that_was_not_sent_is_not_complete() -> None:
    record = contact()
    del record["contactCriteria"]
    assert READER.read(record).complete_prefixes == ("consent.",)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(True, "yes"), (False, "no"), (None, None)],
)
def test_three_answers_to_an_authorisation_are_kept_apart(sent: Any, expected: str | None) -> None:
    view = READER.read(contact(authorizations=[{"code": "MAIL", "authorized": sent}])).view
    assert view["consent.MAIL"] == expected
    assert "consent.MAIL" in view


def test_authorisation_without_answer_stays_absent() -> None:
    assert "consent.MAIL" not in READER.read(contact(authorizations=[{"code": "MAIL"}])).view


def test_same_authorisation_twice_takes_the_most_restrictive_answer() -> None:
    answers = [{"code": "MAIL", "authorized": True}, {"code": "MAIL", "authorized": False}, {"code": "MAIL"}]
    assert READER.read(contact(authorizations=answers)).view["consent.MAIL"] == "no"
    assert READER.read(contact(authorizations=answers[::-1])).view["consent.MAIL"] == "no"


def test_answer_no_map_knows_is_left_out_with_a_warning() -> None:
    payload = READER.read(contact(authorizations=[{"code": "MAIL", "authorized": "PERHAPS"}]))
    assert "consent.MAIL" not in payload.view
    assert "authorization_value_map" in payload.warnings[0].note


def test_names_inside_authorisations_and_criteria_are_settings() -> None:
    payload = read(
        contact(
            authorizations=[{"type": {"key": "MAIL"}, "answer": "Y"}],
            contactCriteria=[{"key": "FAN", "codes": ["B", "A", "B"]}],
        ),
        authorization_code_path="type.key",
        authorization_value_path="answer",
        authorization_value_map={"Y": "yes", "N": "no"},
        criterion_code_path="key",
        criterion_values_path="codes",
    )
    assert payload.view["consent.MAIL"] == "yes"
    assert payload.view["criterion.FAN"] == ["A", "B"]


def test_criterion_sent_twice_has_the_values_of_both() -> None:
    criteria = [{"criterionIdCode": "FAN", "values": ["B"]}, {"criterionIdCode": "FAN", "values": ["A", "B"]}]
    assert READER.read(contact(contactCriteria=criteria)).view["criterion.FAN"] == ["A", "B"]


@pytest.mark.parametrize(
    ("record", "place", "note"),
    [
        (person(individualTitle="PROF"), "individualContact.individualTitle", "not a documented value, kept"),
        (contact(type="ROBOT"), "type", "not a documented value, kept"),
        (contact(state="SLEEPING"), "state", "not a documented value, kept"),
        (person(individualCountryCode="Belgium"), "individualContact.individualCountryCode", "not an ISO 3166-1"),
    ],
)
def test_value_no_documentation_lists_is_kept_with_a_warning(record: dict[str, Any], place: str, note: str) -> None:
    payload = READER.read(record)
    (warning,) = payload.warnings
    assert warning.field == place
    assert note in warning.note
    assert payload.lifecycle is Lifecycle.ACTIVE


def test_unknown_fields_are_nobodys_business() -> None:
    record = contact(brandNew={"deep": [1, 2]}, statusCode="success")
    assert READER.read(record).view == READER.read(CONTACT).view


def test_structure_is_read_by_its_own_block() -> None:
    record = {
        "contactNumber": "0090001",
        "type": "STRUCTURE",
        "role": "PUBLIC",
        "structureContact": {"officialName": "Friends of the Hall"},
    }
    payload = READER.read(record)
    assert payload.view == {"contact_type": "STRUCTURE", "role": "PUBLIC", "structure_name": "Friends of the Hall"}


@pytest.mark.parametrize(
    ("changes", "lifecycle"),
    [
        ({}, Lifecycle.ACTIVE),
        ({"state": "INACTIVE"}, Lifecycle.INVALIDATED),
        ({"state": "ACCOUNT_DELETED"}, Lifecycle.ANONYMISED),
        ({"state": "WHATEVER"}, Lifecycle.ACTIVE),
        ({"state": None}, Lifecycle.ACTIVE),
        ({"endValidityDate": "2024-01-01T00:00:00.000+00:00"}, Lifecycle.INVALIDATED),
        ({"endValidityDate": ""}, Lifecycle.ACTIVE),
        ({"endValidityDate": "2024-01-01T00:00:00.000+00:00", "state": "ACCOUNT_DELETED"}, Lifecycle.ANONYMISED),
    ],
)
def test_state_and_validity_tell_where_the_contact_stands(changes: dict[str, Any], lifecycle: Lifecycle) -> None:
    assert READER.read(contact(**changes)).lifecycle is lifecycle


@pytest.mark.parametrize(
    ("first", "last", "is_anonymous"),
    [
        ("XXXXXXXX", "XXXXXXXX", True),
        ("XXX", "XXX", True),
        ("XX", "XXX", False),
        ("Noor", "XXXXXXXX", False),
        ("XXXXXXXX", None, False),
        ("xxx", "xxx", False),
        ("XXXa", "XXX", False),
    ],
)
def test_both_names_made_only_of_x_mean_anonymised(first: str, last: str | None, *, is_anonymous: bool) -> None:
    record = person(individualFirstname=first, individualLastname=last)
    assert (READER.read(record).lifecycle is Lifecycle.ANONYMISED) is is_anonymous


def test_validity_that_ends_in_the_future_is_still_valid() -> None:
    record = contact(endValidityDate="2030-01-01T00:00:00.000+00:00")
    assert READER.read(record, now=datetime(2026, 1, 1, tzinfo=UTC)).lifecycle is Lifecycle.ACTIVE
    assert READER.read(record, now=datetime(2031, 1, 1, tzinfo=UTC)).lifecycle is Lifecycle.INVALIDATED


def test_merge_is_told_by_whatever_the_site_found_out() -> None:
    by_path = read(contact(head="0000007"), merged_into_path="head")
    assert (by_path.lifecycle, by_path.merged_into) == (Lifecycle.MERGED, "0000007")
    by_state = read(contact(state="ABSORBED"), merged_state_values=["ABSORBED"])
    assert (by_state.lifecycle, by_state.merged_into) == (Lifecycle.MERGED, None)
    assert read(contact(head=None), merged_into_path="head").lifecycle is Lifecycle.ACTIVE


def test_update_time_and_origin_are_read_only_where_a_site_has_them() -> None:
    payload = read(
        contact(changed="2024-03-18 18:41:07", origin={"by": "CRM"}),
        contact_updated_at_path="changed",
        origin_marker_path="origin.by",
        organization_timezone="Europe/Brussels",
    )
    assert payload.updated_at == datetime(2024, 3, 18, 17, 41, 7, tzinfo=UTC)
    assert payload.origin == "CRM"
    assert READER.read(CONTACT).updated_at is None


def test_created_from_is_read_as_origin_only_where_it_is_asked_for() -> None:
    record = contact(createdFrom={"channel": "SHOP", "application": "TICKETSHOP"})
    assert READER.read(record).origin is None
    assert read(record, origin_from_created_from=True).origin == "application=TICKETSHOP, channel=SHOP"
    assert read(contact(createdFrom=None), origin_from_created_from=True).origin is None


NUMBERS: list[tuple[Any, str]] = [
    (48213, "leading zeros"),
    (48213.0, "leading zeros"),
    (True, "expected text"),
    (None, "empty"),
    ("", "empty"),
    (" 0048213", "contact_number_pattern"),
    ("0048213\n", "contact_number_pattern"),
    ("48213x", "contact_number_pattern"),
    ("-5", "contact_number_pattern"),
    ("1" * 21, "contact_number_pattern"),
    ("\u0660\u0661", "contact_number_pattern"),
    ("${contactNumber}", "contact_number_pattern"),
    (["0048213"], "expected text"),
    ({}, "expected text"),
]


@pytest.mark.parametrize(("number", "reason"), NUMBERS)
def test_identity_is_text_of_digits_and_nothing_else(number: Any, reason: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        READER.read(contact(contactNumber=number))
    assert caught.value.field == "contactNumber"
    assert reason in caught.value.reason


def test_leading_zeros_are_part_of_the_number() -> None:
    assert READER.read(contact(contactNumber="0048213")).number == "0048213"
    assert READER.read(contact(contactNumber="48213")).number == "48213"
    assert READER.read(contact(contactNumber="1" * 20)).number == "1" * 20


def test_record_without_identity_says_so() -> None:
    with pytest.raises(RecordRejected, match="does not carry it"):
        READER.read({"type": "INDIVIDUAL"})


def test_site_with_other_numbers_changes_the_pattern() -> None:
    assert read(contact(contactNumber="C-12"), contact_number_pattern="[A-Z]-[0-9]+").number == "C-12"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("number as first name", person(individualFirstname=5), "individualContact.individualFirstname"),
    ("true as e-mail", person(email=True), "individualContact.email"),
    ("list as e-mail", person(email=["a@example.org"]), "individualContact.email"),
    ("object as last name", person(individualLastname={}), "individualContact.individualLastname"),
    ("number as phone", person(cellPhoneNumber=32470112233), "individualContact.cellPhoneNumber"),
    ("number as country", person(individualCountryCode=56), "individualContact.individualCountryCode"),
    ("number as birth date", person(birthDate=19860519), "individualContact.birthDate"),
    ("impossible birth date", person(birthDate="1986-02-30"), "individualContact.birthDate"),
    ("birth date in words", person(birthDate="spring"), "individualContact.birthDate"),
    ("number as type", contact(type=1), "type"),
    ("object as state", contact(state={"code": "ACTIVE"}), "state"),
    ("text as person", contact(individualContact="Noor"), "individualContact"),
    ("list as person", contact(individualContact=[{}]), "individualContact"),
    ("object as addresses", contact(addresses={"town": "Gent"}), "addresses"),
    ("text in addresses", contact(addresses=["Gent"]), "addresses"),
    ("text as main flag", contact(addresses=[{"isMain": "true"}]), "addresses.isMain"),
    ("number as post code", contact(addresses=[{"isMain": True, "zipCode": 9000}]), "addresses(isMain).zipCode"),
    ("object as authorisations", contact(authorizations={"code": "A"}), "authorizations"),
    ("text in authorisations", contact(authorizations=["A"]), "authorizations"),
    ("authorisation without code", contact(authorizations=[{"authorized": True}]), "authorizations.code"),
    ("number as authorisation code", contact(authorizations=[{"code": 5, "authorized": True}]), "authorizations.code"),
    ("blank authorisation code", contact(authorizations=[{"code": " ", "authorized": True}]), "authorizations.code"),
    ("endless code", contact(authorizations=[{"code": "A" * 81, "authorized": True}]), "authorizations.code"),
    ("number as answer", contact(authorizations=[{"code": "A", "authorized": 1}]), "authorizations.authorized"),
    ("list as answer", contact(authorizations=[{"code": "A", "authorized": []}]), "authorizations.authorized"),
    ("text as criteria", contact(contactCriteria="OPERA"), "contactCriteria"),
    ("number in criteria", contact(contactCriteria=[5]), "contactCriteria"),
    ("criterion without code", contact(contactCriteria=[{"values": []}]), "contactCriteria.criterionIdCode"),
    ("text as values", contact(contactCriteria=[{"criterionIdCode": "A", "values": "B"}]), "contactCriteria.values"),
    ("number in values", contact(contactCriteria=[{"criterionIdCode": "A", "values": [5]}]), "contactCriteria.values"),
    ("null in values", contact(contactCriteria=[{"criterionIdCode": "A", "values": [None]}]), "contactCriteria.values"),
    ("number as validity", contact(endValidityDate=5), "endValidityDate"),
    ("words as validity", contact(endValidityDate="soon"), "endValidityDate"),
]


@pytest.mark.parametrize(("record", "field"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_type_in_a_mapped_field_rejects_the_record_and_names_the_field(
    record: dict[str, Any], field: str
) -> None:
    with pytest.raises(RecordRejected) as caught:
        READER.read(record)
    assert caught.value.field == field
    assert caught.value.reason


@pytest.mark.parametrize("record", [None, 5, "0048213", [], [CONTACT], True])
def test_record_that_is_no_object_is_rejected(record: Any) -> None:
    with pytest.raises(RecordRejected, match="must be an object"):
        READER.read(record)


def test_rejection_does_not_show_the_person() -> None:
    with pytest.raises(RecordRejected) as caught:
        READER.read(person(email=["noor.vandenberg@example.org"], individualFirstname="Noor"))
    assert "noor" not in str(caught.value).lower()


def test_criterion_without_values_is_left_out_with_a_warning() -> None:
    payload = READER.read(
        contact(contactCriteria=[{"criterionIdCode": "FAN"}, {"criterionIdCode": "X", "values": None}])
    )
    assert "criterion.FAN" not in payload.view
    assert payload.view["criterion.X"] is None
    assert payload.warnings[0].field == "contactCriteria"


def test_field_map_can_point_elsewhere() -> None:
    record = copy.deepcopy(CONTACT)
    record["addresses"].append({"isBilling": True, "town": "Aalst"})
    assert read(record, contact_field_map={"town": "addresses(isBilling).town"}).view["town"] == "Aalst"
