import unicodedata

import pytest

from sync.practice import Population
from sync.practice import contact_payload as traps

POPULATION = Population(1, 400, 0)


def person(trap: int) -> dict[str, object]:
    return POPULATION.contact(trap)["individualContact"]


def test_a_contact_has_the_documented_members():
    contact = POPULATION.contact(30)
    assert set(contact) == {
        "contactNumber", "contactId", "type", "role", "state", "guest", "creationDate", "hasWarning",
        "individualContact", "addresses", "authorizations", "contactCriteria",
    }  # fmt: skip
    assert contact["creationDate"] == "2021-03-01T17:42:44.120+00:00"
    assert set(contact["authorizations"][0]) == {"code", "authorized"}
    assert set(contact["contactCriteria"][0]) == {"criterionIdCode", "values"}


def test_a_family_shares_its_email_and_its_name():
    family = [person(trap) for trap in traps.FAMILY]
    assert len({member["email"] for member in family}) == 1
    assert len({member["individualLastname"] for member in family}) == 1
    assert len({POPULATION.contact_number(trap) for trap in traps.FAMILY}) == 3


def test_a_relay_is_the_same_human_as_a_private_contact_under_another_number():
    relay, private = POPULATION.contact(traps.RELAY), POPULATION.contact(traps.RELAY_IN_PRIVATE)
    assert (relay["role"], private["role"]) != ("RELAY", "RELAY")
    assert relay["function"]
    same = ("individualFirstname", "individualLastname", "email", "birthDate")
    assert [relay["individualContact"][name] for name in same] == [private["individualContact"][name] for name in same]
    assert relay["contactNumber"] != private["contactNumber"]


def test_a_structure_has_a_structure_block_and_no_person():
    structure = POPULATION.contact(traps.STRUCTURE)
    assert structure["type"] == "STRUCTURE"
    assert set(structure["structureContact"]) == {"officialName", "addressName1", "addressName2", "structureType"}
    assert "individualContact" not in structure


def test_an_anonymised_contact_keeps_place_and_number_only():
    contact = POPULATION.contact(traps.ANONYMISED)
    assert contact["state"] == "ACCOUNT_DELETED"
    assert contact["individualContact"]["individualLastname"] == "XXXXXXXX"
    assert "email" not in contact["individualContact"]
    assert set(contact["addresses"][0]) == {"isMain", "zipCode", "town", "countryCode"}


def test_missing_blocks_are_absent_not_empty():
    assert "addresses" not in POPULATION.contact(traps.NO_ADDRESSES_BLOCK)
    assert "authorizations" not in POPULATION.contact(traps.NO_CONSENT_BLOCKS)
    assert "contactCriteria" not in POPULATION.contact(traps.NO_CONSENT_BLOCKS)
    assert "email" not in person(traps.NO_EMAIL)


def test_texts_carry_the_traps_of_real_data():
    assert person(traps.UK_COUNTRY)["individualCountryCode"] == "UK"
    assert person(traps.UNDEFINED_TITLE)["individualTitle"] == "UNDEFINED"
    first = person(traps.DECOMPOSED)["individualFirstname"]
    assert first != unicodedata.normalize("NFC", first)
    assert person(traps.UNTRIMMED)["individualLastname"].endswith(" ")
    assert len(person(traps.LONG_NAME)["individualLastname"]) == 100
    assert person(traps.LOUD_EMAIL)["email"].isupper()
    assert person(traps.NULLS)["email"] is None
    assert person(traps.NULLS)["cellPhoneNumber"] == ""


def test_consent_has_three_values_and_may_be_unanswered_throughout():
    answers = {a["authorized"] for i in range(30, 40) for a in POPULATION.contact(i)["authorizations"]}
    assert answers == {True, False, None}
    unanswered = POPULATION.contact(traps.UNANSWERED)["authorizations"]
    assert [a["authorized"] for a in unanswered] == [None, None, None]


def test_unknown_roles_and_states_occur_as_do_guests_and_invalidated_contacts():
    assert POPULATION.contact(traps.UNKNOWN_ROLE)["role"] == "AMBASSADOR"
    assert POPULATION.contact(traps.UNKNOWN_STATE)["state"] == "UNDER_REVIEW"
    assert POPULATION.contact(traps.GUEST)["guest"] is True
    assert POPULATION.contact(traps.INVALIDATED)["endValidityDate"]


def test_the_main_address_need_not_be_the_first():
    assert [a["isMain"] for a in POPULATION.contact(traps.THREE_ADDRESSES)["addresses"]] == [False, True, False]


@pytest.mark.parametrize(
    ("details", "blocks"),
    [
        (["GENERAL"], {"individualContact"}),
        (["GENERAL", "ADDRESSES"], {"individualContact", "addresses"}),
        (["AUTHORIZATIONS"], {"authorizations"}),
        (["CRITERIA"], {"contactCriteria"}),
    ],
)
def test_a_block_not_selected_is_absent(details, blocks):
    chosen = set(traps.with_details(POPULATION.contact(30), details))
    assert chosen & {"individualContact", "addresses", "authorizations", "contactCriteria"} == blocks
    assert "contactNumber" in chosen


def test_an_export_row_is_flat_with_dots_in_names():
    row = traps.export_row(POPULATION.contact(30))
    assert set(row) == {
        "contactNumber", "creationDate", "role", "type", "individualFirstname", "individualLastname", "cellPhoneNumber",
        "email", "individualCountryCode", "socialConnections.providerUserReference",
    }  # fmt: skip
    assert all(isinstance(value, str) for value in row.values())
