"""The API as a CRM calls it, over real HTTP."""

import pytest


def test_get_contact_data_answers_the_envelope_next_to_the_contact(s360, call):
    answer = call("getContactData", contactNumber="0000100000")
    assert answer.status_code == 200
    envelope = {"statusCode": "success", "statusDetail": None, "requestId": None}
    assert answer.json() == envelope | s360.contact("0000100000")


def test_get_contact_data_answers_only_the_details_asked_for(call):
    answer = call("getContactData", contactNumber="0000100000", details=["GENERAL"]).json()
    assert "individualContact" in answer
    assert "addresses" not in answer


def test_leading_zeros_tell_two_contacts_apart(call):
    first, second = (call("getContactData", contactNumber=n).json() for n in ("0000100000", "100000"))
    assert (first["contactNumber"], second["contactNumber"]) == ("0000100000", "100000")
    assert first["individualContact"] != second["individualContact"]


@pytest.mark.parametrize("number", ["999", "000000100000", "abc", "-1"])
def test_an_unknown_contact_is_http_200_with_a_failing_status_code(call, number):
    answer = call("getContactData", contactNumber=number)
    assert (answer.status_code, answer.json()["statusCode"]) == (200, "PRACTICE_CONTACT_UNKNOWN")
    assert number in answer.json()["statusDetail"]


@pytest.mark.parametrize("request_body", [{}, {"contactNumber": ""}, {"contactNumber": 100000}])
def test_a_read_without_a_number_as_text_is_refused(call, request_body):
    assert call("getContactData", **request_body).json()["statusCode"] == "PRACTICE_MISSING_VALUE"


def test_merged_and_vanished_contacts_can_no_longer_be_read(s360, call):
    s360.merge("100000", into="0000100000")
    s360.vanish("0000100111")
    for number in ("100000", "0000100111"):
        assert call("getContactData", contactNumber=number).json()["statusCode"] == "PRACTICE_CONTACT_UNKNOWN"


def test_search_by_email_finds_the_whole_family_whatever_the_case(s360, call):
    family = s360.numbers()[3:6]
    email = s360.contact(family[0])["individualContact"]["email"]
    found = call("searchContact", email=f" {email.upper()}").json()["contacts"]
    assert [contact["contactNumber"] for contact in found] == family


def test_search_finds_what_has_been_written_since_and_not_what_was_there_before(s360, call):
    old = s360.contact("0000100000")["individualContact"]["email"]
    assert len(call("searchContact", email=old).json()["contacts"]) == 1
    call.save(contactNumber="0000100000", email="moved@example.org")
    assert call("searchContact", email=old).json()["contacts"] == []
    assert len(call("searchContact", email="moved@example.org").json()["contacts"]) == 1


def test_search_by_a_marker_criterion_finds_the_contact_that_was_created_with_it(call):
    marker = [{"criterionIdCode": "CRM_SYNC", "values": ["crm-4711"]}]
    assert call("searchContact", contactCriteria=marker).json()["contacts"] == []
    created = call.save(individualFirstname="Noor", individualLastname="Sorrelby", contactCriteria=marker).json()
    found = call("searchContact", contactCriteria=marker).json()["contacts"]
    assert [contact["contactNumber"] for contact in found] == [created["contactNumber"]]


def test_search_by_name_compares_every_field_given(s360, call):
    person = s360.contact("0000100000")["individualContact"]
    names = {name: person[name] for name in ("individualFirstname", "individualLastname", "email")}
    assert len(call("searchContact", **names).json()["contacts"]) == 1
    assert call("searchContact", **names | {"individualFirstname": "Nobody"}).json()["contacts"] == []
    assert call("searchContact").json()["statusCode"] == "PRACTICE_MISSING_VALUE"


def test_get_order_details_answers_the_order_at_the_granularity_asked_for(s360, call):
    order_id = s360.order_ids()[0]
    whole = call("getOrderDetails", orderId=order_id).json()
    assert whole["orderDetailsData"] == s360.order(order_id)
    assert whole["statusCode"] == "success"
    short = call("getOrderDetails", orderId=order_id, granularity="OPERATIONS").json()
    assert "movementDatas" not in short["orderDetailsData"]


@pytest.mark.parametrize("order_id", [1, 10_000_912_205, "x", None])
def test_an_unknown_order_is_refused(call, order_id):
    assert call("getOrderDetails", orderId=order_id).json()["statusCode"] == "PRACTICE_ORDER_UNKNOWN"


def test_an_unknown_method_is_404_and_a_body_that_is_not_json_400(call):
    assert call("deleteEverything").status_code == 404
    path = "/tnco/backend-apis/contactInformationPublicService/v2_21/getContactData"
    token = {"Authorization": "Bearer " + call("x").request.headers["Authorization"].split()[1]}
    assert call.client.post(path, content=b"<xml/>", headers=token).status_code == 400


def test_every_call_is_in_the_ledger_by_arrival_with_its_outcome(s360, call):
    call("getContactData", contactNumber="0000100000")
    call("getContactData", contactNumber="999")
    call("getContactData", contactNumber="0000100000", token="wrong")
    calls = s360.ledger.calls("getContactData")
    assert [(c.number, c.status, c.status_code) for c in calls] == [
        ("0000100000", 200, "success"), ("999", 200, "PRACTICE_CONTACT_UNKNOWN"), ("0000100000", 401, ""),
    ]  # fmt: skip
    assert calls[0].arrived <= calls[1].arrived <= calls[2].arrived
    assert s360.ledger.most_calls_within(60) == 3
