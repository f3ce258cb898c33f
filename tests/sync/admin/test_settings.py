"""Institutions, API access and field policies: checked before they are stored, audited, secrets write-only."""

import pytest

from sync.models import ApiAccess, FieldPolicy, Institution, OperatorAction
from tests.admin_support import signed_in
from tests.factories import ApiAccessFactory, ContactFactory, InstitutionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(is_superuser=True, username="noor")


def institution_form(**changed):
    values = {"code": "OPERAHALL", "name": "", "timezone": "UTC", "webhook_interval_minutes": "15", "settings": "{}"}
    return {**values, "is_enabled": "on", **changed}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "opera hall"}, "Upper-case letters"),
        ({"timezone": "Moon/Sea"}, "Moon/Sea is not a time zone"),
        ({"webhook_interval_minutes": "0"}, "greater than or equal to 1"),
        ({"settings": '{"json_amount_divisor": "lots"}'}, "json_amount_divisor"),
        ({"settings": '{"no_such_setting": 1}'}, "no_such_setting"),
    ],
)
def test_institution_that_cannot_work_is_refused(client, changed, message):
    answer = client.post("/admin/sync/institution/add/", institution_form(**changed))

    assert message in answer.content.decode()
    assert not Institution.objects.exists()


def test_change_of_an_institution_is_audited_with_before_and_after(client):
    client.post("/admin/sync/institution/add/", institution_form())
    institution = Institution.objects.get()

    client.post(f"/admin/sync/institution/{institution.pk}/change/", institution_form(webhook_interval_minutes="1"))

    action = OperatorAction.objects.get(verb="change_settings")
    assert (action.actor, action.subject) == ("noor", "institution OPERAHALL")
    assert (action.before, action.after) == ({"webhook_interval_minutes": 15}, {"webhook_interval_minutes": 1})


def test_code_of_an_institution_stays(client):
    institution = InstitutionFactory(code="OPERAHALL")

    client.post(f"/admin/sync/institution/{institution.pk}/change/", institution_form(code="OTHER"))

    institution.refresh_from_db()
    assert institution.code == "OPERAHALL"


def test_institution_with_records_cannot_be_deleted(client):
    institution = ContactFactory().institution

    assert client.post(f"/admin/sync/institution/{institution.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Institution.objects.exists()


def access_form(institution, **changed):
    values = {
        "base_url": "https://hall.ws.example.org",
        "virtual_operator": "CONSOLE",
        "partner": "",
        "auth_mode": "jwt",
        "calls_per_minute": "180",
        "budget_share": "0.66",
        "new_secret": "",
    }
    return {"institution": institution.pk, **values, **changed}


def test_api_secret_goes_in_and_never_comes_out(client):
    institution = InstitutionFactory()
    client.post("/admin/sync/apiaccess/add/", access_form(institution, new_secret="nobody-may-see"))
    access = ApiAccess.objects.get()
    assert access.secret == "nobody-may-see"

    client.post(f"/admin/sync/apiaccess/{access.pk}/change/", access_form(institution, virtual_operator="OTHER"))

    access.refresh_from_db()
    assert (access.virtual_operator, access.secret) == ("OTHER", "nobody-may-see")
    assert "nobody-may-see" not in client.get(f"/admin/sync/apiaccess/{access.pk}/change/").content.decode()
    assert "nobody-may-see" not in str(list(OperatorAction.objects.values()))


def test_list_of_api_access_says_whose_secret_is_missing(client):
    ApiAccessFactory(secret="")

    text = client.get("/admin/sync/apiaccess/").content.decode()

    assert "missing" in text
    assert "118 of 180, which everybody shares" in text


def policy_form(institution, **changed):
    values = {
        "entity": "contact",
        "field": "last_name",
        "direction": "both",
        "conflict": "s360_wins",
        "first_link": "s360_wins",
        "blank": "keep",
    }
    return {"institution": institution.pk, **values, **changed}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"field": "consent.NEWSLETTER", "blank": "clear"}, "a consent is never blanked"),
        ({"conflict": "most_restrictive"}, "has a meaning for consents only"),
    ],
)
def test_policy_that_contradicts_itself_is_refused(client, changed, message):
    answer = client.post("/admin/sync/fieldpolicy/add/", policy_form(InstitutionFactory(), **changed))

    assert message in answer.content.decode()
    assert not FieldPolicy.objects.exists()


def test_policy_is_stored_and_listed(client):
    client.post("/admin/sync/fieldpolicy/add/", policy_form(InstitutionFactory(), direction="to_crm"))

    assert FieldPolicy.objects.get().direction == "to_crm"
    assert "S-360 to CRM only" in client.get("/admin/sync/fieldpolicy/").content.decode()
