"""CRM connections in the admin: settings by connector, secrets that go in and never come out, and their verbs."""

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import Binding, Connection, ConnectionState, FieldMapping, Pairing
from crm.practice import PracticeCrm
from sync.models import OperatorAction
from tests.admin_support import confirm, said, signed_in
from tests.factories import BindingFactory, ConnectionFactory, FieldMappingFactory, InstitutionFactory, PairingFactory

pytestmark = pytest.mark.django_db(transaction=True)

INTEGRATOR = (
    "crm.view_connection",
    "crm.add_connection",
    "crm.change_connection",
    "crm.delete_connection",
    "crm.operate_connection",
    "crm.view_fieldmapping",
    "crm.add_fieldmapping",
    "crm.change_fieldmapping",
    "crm.view_pairing",
    "crm.add_pairing",
    "crm.view_binding",
    "sync.view_institution",
)
SECRET = "a-token-nobody-may-see"


@pytest.fixture
def client():
    return signed_in(*INTEGRATOR, username="noor")


@pytest.fixture
def practice():
    with PracticeCrm(token=SECRET) as crm:
        yield crm


@pytest.fixture
def connection(practice):
    made = ConnectionFactory(connector="hubspot", settings={"base_url": practice.url, "allow_private_addresses": True})
    made.secrets = {"access_token": SECRET}
    made.save()
    return made


def page(connection):
    return reverse("admin:crm_connection_change", args=[connection.pk])


def do(connection, verb):
    return reverse("admin:crm_connection_do", args=[connection.pk, verb])


def form_of(client, connection, **changed):
    """The page's form as a browser would send it back, with some fields changed."""
    form = client.get(page(connection)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "on" if value is True else value for name, value in values.items() if value not in (None, False)}
    sent = {name: "{}" if value == {} else value for name, value in sent.items()}
    return {**sent, **changed}


def test_new_connection_starts_paused_with_the_suggested_mapping(client):
    answer = client.post("/admin/crm/connection/add/", {"name": "our-crm", "connector": "hubspot"})

    connection = Connection.objects.get()
    assert answer["Location"] == page(connection)
    assert connection.state == ConnectionState.PAUSED
    assert FieldMapping.objects.filter(connection=connection, entity="contact", field="email").exists()
    assert FieldMapping.objects.filter(connection=connection, entity="order").exists()
    assert "New: enter its settings, check it, then resume it." in client.get(page(connection)).content.decode()


def test_secret_goes_in_and_never_comes_out(client, connection):
    fresh = "another-token-nobody-may-see"

    client.post(page(connection), form_of(client, connection, secret_access_token=fresh))

    connection.refresh_from_db()
    assert connection.secrets["access_token"] == fresh
    for url in (page(connection), "/admin/crm/connection/"):
        assert fresh not in client.get(url).content.decode()
    action = OperatorAction.objects.get()
    assert action.after == {"secret_access_token": "(a secret)"}


def test_empty_secret_keeps_the_stored_one(client, connection):
    answer = client.post(page(connection), form_of(client, connection, name="renamed", secret_access_token=""))

    assert answer.status_code == 302
    connection.refresh_from_db()
    assert (connection.name, connection.secrets["access_token"]) == ("renamed", SECRET)


def test_needed_secret_is_asked_for(client):
    connection = ConnectionFactory(connector="hubspot", settings={})

    answer = client.post(page(connection), form_of(client, connection))

    assert "is needed." in answer.content.decode()


def test_setting_a_connector_cannot_use_is_named(client):
    connection = ConnectionFactory(connector="generic_rest")

    answer = client.post(page(connection), form_of(client, connection, setting_base_url="ftp://crm.example.org"))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    connection.refresh_from_db()
    assert connection.settings == {"base_url": "https://crm.example.org"}


def test_saving_does_not_undo_what_a_worker_wrote_meanwhile(client, connection):
    sent = form_of(client, connection, name="renamed")
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.OVER_LIMIT, state_reason="429")

    client.post(page(connection), sent)

    connection.refresh_from_db()
    assert (connection.name, connection.state) == ("renamed", ConnectionState.OVER_LIMIT)


def test_new_credentials_let_a_stopped_connection_try_again(client, connection):
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.NEEDS_CREDENTIALS)

    client.post(page(connection), form_of(client, connection, secret_access_token="fresh"))

    connection.refresh_from_db()
    assert connection.state == ConnectionState.OK


def test_pause_keeps_who_and_why(client, connection):
    answer = confirm(client, do(connection, "pause"), reason="the CRM is being moved")

    connection.refresh_from_db()
    assert (connection.state, connection.state_reason) == (ConnectionState.PAUSED, "noor: the CRM is being moved")
    assert said(answer) == [f"{connection.name} is paused."]
    assert OperatorAction.objects.get().verb == "pause_connection"


def test_pause_needs_a_reason(client, connection):
    confirm(client, do(connection, "pause"), reason="")

    connection.refresh_from_db()
    assert connection.state == ConnectionState.OK


def test_resume_forgets_pause_and_failures(client, connection):
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.PAUSED, state_reason="noor: moved")

    answer = confirm(client, do(connection, "resume"))

    connection.refresh_from_db()
    assert (connection.state, connection.state_reason) == (ConnectionState.OK, "")
    assert said(answer) == [f"{connection.name} is working again."]


def test_check_reads_the_crm_and_keeps_what_it_found(client, connection):
    FieldMappingFactory(connection=connection, field="email", remote_name="no_such_field")

    answer = confirm(client, do(connection, "check"))

    [message] = said(answer)
    assert message.startswith("Something is wrong.")
    assert "no_such_field" in message
    connection.refresh_from_db()
    assert connection.last_check["state"] == "fail"
    assert connection.last_checked_at <= timezone.now()
    assert "no_such_field" in client.get(page(connection)).content.decode()


def test_check_of_an_unreachable_crm_is_a_failing_line(client):
    connection = ConnectionFactory(settings={"base_url": "http://127.0.0.1:1", "allow_private_addresses": True})

    [message] = said(confirm(client, do(connection, "check")))

    assert message.startswith("Something is wrong.")


def test_probe_lets_a_stopped_connection_go_on_when_it_answers(client, connection):
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.BREAKER_OPEN, state_reason="503")

    [message] = said(confirm(client, do(connection, "probe")))

    connection.refresh_from_db()
    assert message.startswith(f"{connection.name} answers; sending goes on.")
    assert connection.state == ConnectionState.OK


def test_probe_leaves_a_connection_stopped_that_still_fails(client):
    connection = ConnectionFactory(
        settings={"base_url": "http://127.0.0.1:1", "allow_private_addresses": True}, state=ConnectionState.BREAKER_OPEN
    )

    confirm(client, do(connection, "probe"))

    connection.refresh_from_db()
    assert connection.state == ConnectionState.BREAKER_OPEN


@pytest.mark.parametrize("verb", ["pause", "resume", "check", "probe"])
def test_operating_needs_its_own_permission(connection, verb):
    client = signed_in("crm.view_connection", "crm.change_connection")

    assert client.get(do(connection, verb)).status_code == 403
    assert client.post(do(connection, verb), {"confirmed": "yes", "key": "x", "reason": "y"}).status_code == 403
    connection.refresh_from_db()
    assert connection.state == ConnectionState.OK


def test_used_connection_cannot_be_deleted_and_an_unused_one_can(client):
    paired, bound, unused = PairingFactory().connection, BindingFactory().connection, ConnectionFactory()

    codes = [
        client.post(page(c).replace("change", "delete"), {"post": "yes"}).status_code for c in (paired, bound, unused)
    ]

    assert codes == [403, 403, 302]
    assert Connection.objects.count() == 2


def test_connection_whose_connector_is_gone_still_opens(client):
    connection = ConnectionFactory(connector="gone_since")

    assert "gone_since" in client.get(page(connection)).content.decode()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"field": "shoe_size"}, "shoe_size is no field of a contact."),
        ({"field": "consent."}, "consent. is no field of a contact."),
        ({"entity": "order", "field": "email"}, "email is no field of an order."),
        ({"value_map": '["MR"]'}, "Write it as"),
        ({"value_map": '{"MR": 1}'}, "Write it as"),
    ],
)
def test_mapping_that_cannot_work_is_refused(client, changed, message):
    connection = ConnectionFactory()
    sent = {
        "connection": connection.pk,
        "entity": "contact",
        "field": "title",
        "remote_name": "t",
        "value_map": "{}",
        **changed,
    }

    answer = client.post("/admin/crm/fieldmapping/add/", sent)

    assert message in answer.content.decode()
    assert not FieldMapping.objects.exists()


@pytest.mark.parametrize("field", ["title", "consent.NEWSLETTER", "consent.*", "criterion.*"])
def test_fixed_fields_and_families_can_be_mapped(client, field):
    connection = ConnectionFactory()
    sent = {"connection": connection.pk, "entity": "contact", "field": field, "remote_name": "t", "value_map": "{}"}

    assert client.post("/admin/crm/fieldmapping/add/", sent).status_code == 302
    assert FieldMapping.objects.get().field == field


def test_mapping_list_by_connection(client):
    one, other = FieldMappingFactory(), FieldMappingFactory()

    answer = client.get(f"/admin/crm/fieldmapping/?connection={one.connection_id}")

    assert [row.pk for row in answer.context["cl"].result_list] == [one.pk]
    assert other.pk != one.pk


def test_pairing_is_audited(client):
    institution, connection = InstitutionFactory(), ConnectionFactory()

    client.post(
        "/admin/crm/pairing/add/", {"institution": institution.pk, "connection": connection.pk, "key_prefix": ""}
    )

    assert Pairing.objects.get().connection == connection
    action = OperatorAction.objects.get()
    assert (action.actor, action.verb) == ("noor", "add_settings")
    assert action.after["institution"] == institution.code


def test_binding_is_found_by_the_crms_whole_id(client):
    binding = BindingFactory(remote_id="70001")
    BindingFactory(remote_id="700012")

    answer = client.get("/admin/crm/binding/?q=70001")

    assert [row.pk for row in answer.context["cl"].result_list] == [binding.pk]
    assert Binding.objects.count() == 2
