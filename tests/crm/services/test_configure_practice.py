"""The configuration `make run` brings up: the same after every start, and never in an operator's way."""

import pytest
from django.test import Client

from crm.models import Connection, FieldMapping, Pairing
from crm.practice import PracticeCrm
from crm.services.configure.practice import ensure_practice_configuration, is_practice_wanted
from crm.services.open_connector import open_connector
from sync.models import Delivery, Institution, WebhookEndpoint
from sync.services.endpoints import rotate_secret
from tests import factories

pytestmark = pytest.mark.django_db
WHERE = {"base_url": "http://localhost:8000/", "crm_url": "http://127.0.0.1:9100", "crm_token": "practice-token"}


def test_second_start_finds_the_same_urls_and_changes_nothing():
    first = ensure_practice_configuration(**WHERE)
    second = ensure_practice_configuration(**WHERE)
    assert first == second
    assert first.contacts_url.startswith("http://localhost:8000/hooks/practice/contacts/")
    assert WebhookEndpoint.objects.count() == 2
    assert Pairing.objects.get().connection == Connection.objects.get()
    assert first.contacts_url.split("/")[-2] not in repr(first)


def test_url_opens_the_door():
    setup = ensure_practice_configuration(**WHERE)
    path = setup.contacts_url.removeprefix("http://localhost:8000")
    answer = Client().post(path, data="[]", content_type="application/json")
    assert answer.status_code == 200
    assert Delivery.objects.get().institution.code == "PRACTICE"


def test_crm_that_moved_is_followed():
    ensure_practice_configuration(**WHERE)
    ensure_practice_configuration(**{**WHERE, "crm_url": "http://127.0.0.1:9200/", "crm_token": "new-token"})
    connection = Connection.objects.get()
    assert connection.settings["base_url"] == "http://127.0.0.1:9200"
    assert connection.secrets == {"access_token": "new-token"}


def test_what_an_operator_changed_stays():
    ensure_practice_configuration(**WHERE)
    FieldMapping.objects.get(entity="contact", field="phone").delete()
    Institution.objects.update(name="My rehearsal", webhook_interval_minutes=5)
    ensure_practice_configuration(**WHERE)
    assert not FieldMapping.objects.filter(entity="contact", field="phone").exists()
    assert Institution.objects.get().name == "My rehearsal"


def test_rotated_url_is_pointed_back_at_the_next_start():
    first = ensure_practice_configuration(**WHERE)
    rotate_secret(WebhookEndpoint.objects.get(label="contacts").pk)
    assert ensure_practice_configuration(**WHERE) == first
    path = first.contacts_url.removeprefix("http://localhost:8000")
    assert Client().post(path, data="[]", content_type="application/json").status_code == 200


def test_practice_is_wanted_until_a_real_institution_exists():
    assert is_practice_wanted()
    ensure_practice_configuration(**WHERE)
    assert is_practice_wanted()
    factories.InstitutionFactory(code="MYVENUE")
    assert not is_practice_wanted()


@pytest.mark.parametrize("connector", ["hubspot", "generic_rest"])
def test_practice_crm_finds_nothing_wrong_with_the_connection(connector):
    with PracticeCrm(token="practice-token") as crm:
        ensure_practice_configuration(**{**WHERE, "crm_url": crm.url}, connector=connector)
        report = open_connector(Connection.objects.get()).check()
    assert [item for item in report.items if item.state == "fail"] == []
