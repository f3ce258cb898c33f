"""Webhook URLs: made and rotated in the admin, shown once, and never seen again."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from sync.models import OperatorAction, WebhookEndpoint
from sync.services.endpoints import create_endpoint
from tests.admin_support import confirm, said, signed_in
from tests.factories import DeliveryFactory, InstitutionFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/sync/webhookendpoint/add/"
INTEGRATOR = (
    "sync.view_webhookendpoint",
    "sync.add_webhookendpoint",
    "sync.change_webhookendpoint",
    "sync.delete_webhookendpoint",
    "sync.rotate_secret",
)


def fields(**changed):
    return {
        "stream": "contacts",
        "label": "",
        "expected_batch_size": "50",
        "auth_mode": "none",
        "auth_name": "",
        "auth_secret": "",
        "allowed_networks": "",
        "column_map": "{}",
        "confirm_fields": "",
        "is_enabled": "on",
        **changed,
    }


def url_in(answer):
    return re.search(r'<code id="console-secret">(http[^<]+)</code>', answer.content.decode())[1]


def post(url, **headers):
    path = "/" + url.split("/", 3)[3]
    return Client().post(path, b'[{"contactNumber": "0000001"}]', content_type="application/json", headers=headers)


def change(endpoint):
    return reverse("admin:sync_webhookendpoint_change", args=[endpoint.pk])


def do(endpoint, verb):
    return reverse("admin:sync_webhookendpoint_do", args=[endpoint.pk, verb])


def test_new_url_is_shown_once_and_works():
    institution = InstitutionFactory(code="OPERAHALL")
    client = signed_in(*INTEGRATOR)

    answer = client.post(ADD, fields(institution=institution.pk))

    url = url_in(answer)
    assert url.startswith("http://testserver/hooks/operahall/contacts/")
    assert "no-store" in answer["Cache-Control"]
    assert post(url).status_code == 200
    secret = url.rstrip("/").rsplit("/", 1)[1]
    endpoint = WebhookEndpoint.objects.get()
    for page in (change(endpoint), "/admin/sync/webhookendpoint/", f"{change(endpoint).replace('change', 'history')}"):
        assert secret not in client.get(page).content.decode()
    assert secret not in str(list(OperatorAction.objects.values()))
    assert secret not in str(WebhookEndpoint.objects.values().get())


def test_second_credential_is_asked_for_and_kept_as_a_digest():
    institution = InstitutionFactory()
    client = signed_in(*INTEGRATOR)

    refused = client.post(ADD, fields(institution=institution.pk, auth_mode="bearer"))
    assert "Give the secret that S-360 will send" in refused.content.decode()

    url = url_in(
        client.post(ADD, fields(institution=institution.pk, auth_mode="bearer", auth_secret="token-from-s360"))
    )
    assert post(url).status_code == 401
    assert post(url, authorization="Bearer token-from-s360").status_code == 200
    endpoint = WebhookEndpoint.objects.get()
    assert "token-from-s360" not in client.get(change(endpoint)).content.decode()
    assert OperatorAction.objects.get().after["auth_secret"] == "(a secret)"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"allowed_networks": "192.0.2.0/99"}, "192.0.2.0/99 is not a network"),
        ({"column_map": '{"A": "email"}'}, "Only data-export streams have columns"),
        ({"stream": "export-contacts", "column_map": '{"A": "no_such_field"}'}, "no_such_field"),
        ({"auth_mode": "basic", "auth_secret": "x"}, "Give the user name"),
    ],
)
def test_form_says_what_is_wrong(changed, message):
    institution = InstitutionFactory()

    answer = signed_in(*INTEGRATOR).post(ADD, fields(institution=institution.pk, **changed))

    assert message in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_changing_settings_keeps_url_and_credential():
    issued = create_endpoint(InstitutionFactory(), "contacts")
    endpoint = issued.endpoint
    client = signed_in(*INTEGRATOR)

    answer = client.post(change(endpoint), fields(label="main", allowed_networks="192.0.2.0/24\n127.0.0.0/8"))

    assert answer.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.label, endpoint.allowed_networks) == ("main", ["192.0.2.0/24", "127.0.0.0/8"])
    assert post(f"http://testserver{issued.path}").status_code == 200
    action = OperatorAction.objects.get()
    assert action.after == {"label": "main", "allowed_networks": ["192.0.2.0/24", "127.0.0.0/8"]}


def test_saving_a_form_does_not_undo_what_the_door_wrote_meanwhile():
    endpoint = create_endpoint(InstitutionFactory(), "contacts").endpoint
    client = signed_in(*INTEGRATOR)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(refused_count=7, refused_in_a_row=7)

    client.post(change(endpoint), fields(label="main"))

    endpoint.refresh_from_db()
    assert (endpoint.label, endpoint.refused_count, endpoint.refused_in_a_row) == ("main", 7, 7)


def test_rotated_secret_is_shown_once_and_the_old_one_goes_on_for_a_while():
    issued = create_endpoint(InstitutionFactory(), "contacts")
    client = signed_in(*INTEGRATOR)

    answer = confirm(client, do(issued.endpoint, "rotate"))

    new, old = url_in(answer), f"http://testserver{issued.path}"
    assert new != old
    assert (post(new).status_code, post(old).status_code) == (200, 200)
    assert "works for another" in client.get(change(issued.endpoint)).content.decode()

    ended = confirm(client, do(issued.endpoint, "end-previous"))
    assert said(ended) == ["The previous URL no longer works."]
    assert (post(new).status_code, post(old).status_code) == (200, 404)


def test_rotating_needs_its_own_permission():
    endpoint = WebhookEndpointFactory()
    client = signed_in("sync.view_webhookendpoint", "sync.change_webhookendpoint")

    assert client.get(do(endpoint, "rotate")).status_code == 403
    assert "New secret" not in client.get(change(endpoint)).content.decode()


def test_used_url_cannot_be_deleted_and_an_unused_one_can():
    used, unused = WebhookEndpointFactory(), WebhookEndpointFactory()
    DeliveryFactory(endpoint=used)
    client = signed_in(*INTEGRATOR)

    assert client.post(change(used).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert client.post(change(unused).replace("change", "delete"), {"post": "yes"}).status_code == 302
    assert list(WebhookEndpoint.objects.values_list("pk", flat=True)) == [used.pk]
    assert OperatorAction.objects.get().verb == "remove_settings"


def test_page_tells_of_refusals_at_the_door():
    endpoint = WebhookEndpointFactory(refused_count=12, refused_in_a_row=3, last_refusal="not_json: no JSON at line 1")

    page = signed_in(*INTEGRATOR).get(change(endpoint)).content.decode()

    assert "refused at the door" in page
    assert "not_json: no JSON at line 1" in page
