"""What holds for every screen alike: it opens, it needs its permission, its queries do not grow, ledgers refuse
edits."""

import pytest
from django.contrib import admin
from django.urls import reverse

from crm.models import Binding, Connection, FieldMapping, Pairing
from sync.admin.base import ConsoleAdmin, PageAdmin
from sync.models import (
    Allowance,
    ApiAccess,
    Attempt,
    Cause,
    Contact,
    Delivery,
    DeliveryRecord,
    FieldPolicy,
    Institution,
    OperatorAction,
    Order,
    OutboxEntry,
    PaceBucket,
    SyncRun,
    WebhookEndpoint,
)
from tests.admin_support import Crowd, signed_in

pytestmark = pytest.mark.django_db

LEDGERS = [
    Attempt,
    Binding,
    Cause,
    Contact,
    Delivery,
    DeliveryRecord,
    OperatorAction,
    Order,
    OutboxEntry,
    PaceBucket,
    SyncRun,
]
SETTINGS = [Allowance, ApiAccess, Connection, FieldMapping, FieldPolicy, Institution, Pairing, WebhookEndpoint]


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(model, pk):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def view_of(model):
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


@pytest.fixture
def crowd():
    crowd = Crowd().grow(1)
    OperatorAction.objects.create(actor="noor", verb="requeue", subject="1 outbox entries")
    return crowd


def test_this_list_of_screens_is_complete():
    ours = {model for model, screen in admin.site._registry.items() if isinstance(screen, ConsoleAdmin)}
    ledgers = {model for model, screen in admin.site._registry.items() if isinstance(screen, PageAdmin)}

    assert ours == {*LEDGERS, *SETTINGS}
    assert ledgers == set(LEDGERS)


@pytest.mark.parametrize("model", [*LEDGERS, *SETTINGS])
def test_list_and_page_open_for_those_who_may_see_them(model, crowd):
    client = signed_in(view_of(model))
    row = model.objects.first()

    assert client.get(list_of(model)).status_code == 200
    assert client.get(page_of(model, row.pk)).status_code == 200
    assert client.get(page_of(model, 0)).status_code == 302


@pytest.mark.parametrize("model", [*LEDGERS, *SETTINGS])
def test_list_and_page_are_closed_to_everybody_else(model, crowd):
    client = signed_in()

    assert client.get(list_of(model)).status_code == 403
    assert client.get(page_of(model, model.objects.first().pk)).status_code == 403


@pytest.mark.parametrize("model", LEDGERS)
def test_nobody_edits_a_ledger(model, crowd):
    client = signed_in(is_superuser=True)
    row = model.objects.first()
    url = page_of(model, row.pk)
    before = model.objects.filter(pk=row.pk).values().get()

    assert client.post(url, {"state": "settled"}).status_code == 403
    assert client.get(url.replace("/change/", "/delete/")).status_code == 403
    assert client.post(url.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert client.get(list_of(model) + "add/").status_code == 403
    assert client.post(list_of(model), {"action": "delete_selected", "_selected_action": [row.pk]}).status_code in (
        200,
        302,
    )
    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", LEDGERS)
def test_history_of_a_ledger_row_is_its_own_page(model, crowd):
    row = model.objects.first()
    client = signed_in(is_superuser=True)

    answer = client.get(page_of(model, row.pk).replace("/change/", "/history/"))

    assert (answer.status_code, answer["Location"]) == (302, page_of(model, row.pk))


def addresses(crowd):
    pages = (
        crowd.contact,
        crowd.order,
        crowd.cause,
        crowd.run,
        crowd.delivery,
        crowd.attempt,
        crowd.contact.institution,
    )
    others = (crowd.connection, crowd.endpoint, OutboxEntry.objects.first(), Binding.objects.first())
    return [
        *(list_of(model) for model in (*LEDGERS, *SETTINGS)),
        *(page_of(type(row), row.pk) for row in (*pages, *others)),
        reverse("admin:index"),
    ]


def test_queries_of_a_screen_do_not_grow_with_its_rows(crowd, django_assert_max_num_queries):
    client = signed_in(is_superuser=True)
    client.get(reverse("admin:index"))
    few = {}
    for url in addresses(crowd):
        with django_assert_max_num_queries(45, info=url) as seen:
            assert client.get(url).status_code == 200
        few[url] = len(seen)
    crowd.grow(49)
    for url, count in few.items():
        with django_assert_max_num_queries(count, info=url):
            assert client.get(url).status_code == 200


def test_lists_never_count_beyond_their_cap(crowd, monkeypatch):
    monkeypatch.setattr("sync.admin.paging.CAP", 1)
    crowd.grow(3)

    answer = signed_in(is_superuser=True).get(list_of(Contact))

    assert "more than 1" in answer.content.decode()


def test_sidebar_offers_only_what_a_person_may_open(crowd):
    answer = signed_in("sync.view_contact").get(reverse("admin:index")).content.decode()

    assert list_of(Contact) in answer
    assert f'href="{list_of(Institution)}"' not in answer
