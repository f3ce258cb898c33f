"""`saveIndividualContactData` over real HTTP: effects are counted in the ledger."""

import pytest

NUMBER = "0000100000"


def test_an_update_changes_only_what_was_sent_and_comes_back_through_the_webhook(s360, call, receiver):
    before = s360.contact(NUMBER)
    answer = call.save(contactNumber=NUMBER, individualLastname="Vandenberg-Peeters").json()
    assert (answer["statusCode"], answer["contactNumber"]) == ("success", NUMBER)
    person = before["individualContact"] | {"individualLastname": "Vandenberg-Peeters"}
    assert s360.contact(NUMBER) == before | {"individualContact": person}
    (effect,) = s360.ledger.effects(NUMBER)
    old = before["individualContact"]["individualLastname"]
    assert (effect.kind, effect.changed) == ("update", {"individualLastname": [old, "Vandenberg-Peeters"]})
    s360.execute("contacts")
    assert receiver.requests[0].records == [s360.contact(NUMBER)]


def test_a_create_gets_the_next_number_and_a_repeated_create_makes_another_contact(s360, call):
    fields = {"individualFirstname": "Noor", "individualLastname": "Sorrelby", "email": "noor@example.org"}
    first, second = call.save(**fields).json()["contactNumber"], call.save(**fields).json()["contactNumber"]
    assert first != second
    assert [effect.number for effect in s360.ledger.creates()] == [first, second]
    created = s360.contact(first)
    assert created["individualContact"] == fields
    assert (created["type"], created["role"], created["state"]) == ("INDIVIDUAL", "PUBLIC", "ACTIVE")
    assert [ticket.key for ticket in s360.queue("contacts")] == [first, second]


def test_a_repeated_update_is_needless_and_the_ledger_says_so(s360, call):
    for _ in range(2):
        call.save(contactNumber=NUMBER, email="same@example.org")
    assert len(s360.ledger.effects(NUMBER)) == 2
    (needless,) = s360.ledger.needless()
    assert needless.changed == {}


def test_absent_and_null_leave_a_value_and_so_does_an_empty_text_unless_it_may_clear(s360, call):
    before = s360.contact(NUMBER)
    call.save(contactNumber=NUMBER, email=None, cellPhoneNumber="")
    assert s360.contact(NUMBER) == before
    s360.api.work.saving.empty_string_clears = True
    call.save(contactNumber=NUMBER, cellPhoneNumber="")
    assert s360.contact(NUMBER)["individualContact"]["cellPhoneNumber"] == ""


def test_values_are_rewritten_as_the_real_one_does(s360, call):
    call.save(contactNumber=NUMBER, individualTitle="DR", individualFirstname="  Noor ", email="Noor@Example.ORG")
    person = s360.contact(NUMBER)["individualContact"]
    assert (person["individualTitle"], person["individualFirstname"]) == ("UNDEFINED", "Noor")
    assert person["email"] == "noor@example.org"


def test_rewrites_can_be_chosen(s360, call):
    s360.rewrite("upper_last_name", "phone_spaces", "compose", "cut")
    call.save(
        contactNumber=NUMBER,
        individualTitle="DR",
        individualLastname="Sorrelby",
        individualFirstname="Zoe\u0301" + "x" * 200,
        cellPhoneNumber="+32 470.11-22",
        email="A@example.org",
    )
    person = s360.contact(NUMBER)["individualContact"]
    assert person["individualTitle"] == "DR"
    assert person["individualLastname"] == "SORRELBY"
    assert person["individualFirstname"] == "Zoé" + "x" * 97
    assert person["cellPhoneNumber"] == "+324701122"
    assert person["email"] == "A@example.org"
    with pytest.raises(ValueError, match="reverse"):
        s360.rewrite("reverse")


def test_lists_are_written_entry_by_entry(s360, call):
    before = {a["code"]: a["authorized"] for a in s360.contact(NUMBER)["authorizations"]}
    call.save(
        contactNumber=NUMBER,
        authorizations=[{"code": "SMS", "authorized": None}, {"code": "POST", "authorized": True}],
        contactCriteria=[{"criterionIdCode": "INTEREST", "values": ["JAZZ"]}],
        addresses=[{"isMain": True, "town": " Gent "}, {"isMain": False, "isBilling": True, "town": "Lyon"}],
    )
    contact = s360.contact(NUMBER)
    after = {a["code"]: a["authorized"] for a in contact["authorizations"]}
    assert after == before | {"SMS": None, "POST": True}
    assert {"criterionIdCode": "INTEREST", "values": ["JAZZ"]} in contact["contactCriteria"]
    assert [c["criterionIdCode"] for c in contact["contactCriteria"]].count("SOURCE") == 1
    assert [(a["isMain"], a["town"]) for a in contact["addresses"]] == [(True, "Gent"), (False, "Lyon")]
    assert contact["addresses"][0]["line1"]


def test_lists_may_also_stand_next_to_the_wrapper(s360, call):
    criteria = [{"criterionIdCode": "CRM_SYNC", "values": ["x1"]}]
    call("saveIndividualContactData", individualContactData={"contactNumber": NUMBER}, contactCriteria=criteria)
    assert criteria[0] in s360.contact(NUMBER)["contactCriteria"]


def test_unknown_fields_are_ignored_and_noted(s360, call):
    call.save(contactNumber=NUMBER, email="x@example.org", favouriteColour="green", state="INACTIVE")
    (effect,) = s360.ledger.effects(NUMBER)
    assert effect.ignored == ["favouriteColour", "state"]
    assert s360.contact(NUMBER)["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"individualCountryCode": "UK"}, "PRACTICE_INVALID_COUNTRY", "individualCountryCode"),
        ({"individualCountryCode": "be"}, "PRACTICE_INVALID_COUNTRY", "individualCountryCode"),
        ({"addresses": [{"isMain": True, "countryCode": "UK"}]}, "PRACTICE_INVALID_COUNTRY", "countryCode"),
        ({"individualLastname": "x" * 101}, "PRACTICE_TOO_LONG", "individualLastname"),
        ({"birthDate": "2024-02-30"}, "PRACTICE_INVALID_DATE", "birthDate"),
        ({"birthDate": "2999-01-01"}, "PRACTICE_INVALID_DATE", "birthDate"),
        ({"email": "nobody"}, "PRACTICE_INVALID_EMAIL", "email"),
        ({"email": 5}, "PRACTICE_INVALID_VALUE", "email"),
        ({"addresses": "Gent"}, "PRACTICE_INVALID_VALUE", "addresses"),
        ({"addresses": ["Gent"]}, "PRACTICE_INVALID_VALUE", "addresses"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_http_200_and_changes_nothing(s360, call, fields, code, field):
    before = s360.contact(NUMBER)
    answer = (
        call.save(contactNumber=NUMBER, email="other@example.org", **fields)
        if "email" not in fields
        else (call.save(contactNumber=NUMBER, **fields))
    )
    assert (answer.status_code, answer.json()["statusCode"]) == (200, code)
    assert answer.json()["statusDetail"].startswith(f"{field}: ")
    assert s360.contact(NUMBER) == before
    assert s360.ledger.effects() == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("777", "PRACTICE_CONTACT_UNKNOWN"),
        ("0000100370", "PRACTICE_CONTACT_ANONYMISED"),
        ("0000100222", "PRACTICE_NOT_AN_INDIVIDUAL"),
        ("0000100259", "PRACTICE_NOT_AN_INDIVIDUAL"),
        (100000, "PRACTICE_INVALID_VALUE"),
    ],
)
def test_contacts_that_cannot_be_written_are_refused(s360, call, number, code):
    assert call.save(contactNumber=number, email="x@example.org").json()["statusCode"] == code
    assert s360.ledger.effects() == []


def test_a_create_without_a_name_and_a_request_without_the_wrapper_are_refused(s360, call):
    assert call.save(email="x@example.org").json()["statusCode"] == "PRACTICE_MISSING_VALUE"
    assert call("saveIndividualContactData", email="x").json()["statusCode"] == "PRACTICE_MISSING_VALUE"
    assert s360.ledger.creates() == []
