"""The screens of the pace: the buckets with their reset, allowances of two people, the panel of the home page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sync.models import Allowance, Lane, OperatorAction, PaceBucket
from sync.services.pace import budget, note_throttled, take_permit
from tests.admin_support import confirm, said, signed_in
from tests.factories import ApiAccessFactory, WebhookEndpointFactory
from tests.factories.pace import AllowanceFactory, PaceBucketFactory
from tests.sync.services.pace.clock import let_pass

pytestmark = pytest.mark.django_db
ADD = ("sync.view_allowance", "sync.add_allowance")
APPROVE = ("sync.view_allowance", "sync.approve_allowance")


def do(model, row, verb):
    return reverse(f"admin:sync_{model}_do", args=[row.pk, verb])


def test_reset_needs_a_reason_and_its_permission():
    bucket = PaceBucketFactory(rate_factor=0.5)
    client = signed_in("sync.view_pacebucket", "sync.reset_pace", username="ada")

    confirm(client, do("pacebucket", bucket, "reset"), reason="")
    assert PaceBucket.objects.get().rate_factor == 0.5
    confirm(client, do("pacebucket", bucket, "reset"), reason="SecuTix called")

    assert PaceBucket.objects.get().rate_factor == 1
    assert OperatorAction.objects.get().actor == "ada"
    assert signed_in("sync.view_pacebucket").get(do("pacebucket", bucket, "reset")).status_code == 403


def ask(client, institution, **change):
    now = timezone.now()
    fields = {
        "institution": institution.pk,
        "starts_at_0": f"{now:%Y-%m-%d}",
        "starts_at_1": f"{now:%H:%M:%S}",
        "ends_at_0": f"{now + timedelta(days=1):%Y-%m-%d}",
        "ends_at_1": f"{now:%H:%M:%S}",
        "calls_per_minute": 300,
        "ticket": "SX-4711",
        "note": "",
    }
    return client.post(reverse("admin:sync_allowance_add"), fields | change)


def test_allowance_is_asked_by_one_and_approved_by_another():
    institution = ApiAccessFactory().institution
    ada, ben = signed_in(*ADD, *APPROVE, username="ada"), signed_in(*APPROVE, username="ben")

    assert ask(ada, institution).status_code == 302
    asked = Allowance.objects.get()
    assert (asked.asked_by, asked.approved_by, asked.ticket) == ("ada", "", "SX-4711")

    answer = confirm(ada, do("allowance", asked, "approve"))
    assert said(answer) == ["You asked for it yourself: another person has to approve it."]
    assert Allowance.objects.get().approved_by == ""

    confirm(ben, do("allowance", asked, "approve"))
    assert Allowance.objects.get().approved_by == "ben"
    verbs = OperatorAction.objects.order_by("id").values_list("verb", "actor")
    assert list(verbs) == [("ask_allowance", "ada"), ("approve_allowance", "ben")]


def test_more_than_twice_the_contract_is_typed():
    asked = AllowanceFactory(calls_per_minute=600)
    ben = signed_in(*APPROVE, username="ben")

    confirm(ben, do("allowance", asked, "approve"), typed="60")
    assert Allowance.objects.get().approved_by == ""
    confirm(ben, do("allowance", asked, "approve"), typed="600")
    assert Allowance.objects.get().approved_by == "ben"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"calls_per_minute": 180}, "The contract allows 180 calls a minute already."),
        ({"ends_at_0": "2020-01-01"}, "It must end after it starts."),
        ({"ticket": " "}, "This field is required."),
    ],
)
def test_allowance_that_makes_no_sense_is_not_taken(change, sentence):
    institution = ApiAccessFactory().institution

    answer = ask(signed_in(*ADD), institution, **change)

    assert sentence in answer.content.decode()
    assert not Allowance.objects.exists()


def test_what_was_asked_for_cannot_be_edited():
    asked = AllowanceFactory()
    client = signed_in(*ADD, "sync.change_allowance")

    answer = client.post(reverse("admin:sync_allowance_change", args=[asked.pk]), {"calls_per_minute": 999})

    assert answer.status_code == 403
    assert Allowance.objects.get().calls_per_minute == 300


def test_allowance_is_ended_before_its_time_once():
    running = AllowanceFactory(approved_by="ben", approved_at=timezone.now())
    let_pass(1)
    client = signed_in(*APPROVE)
    assert budget(running.institution_id).limit_per_minute == 300

    confirm(client, do("allowance", running, "end"))
    assert budget(running.institution_id).limit_per_minute == 180
    assert said(confirm(client, do("allowance", running, "end"))) == ["It has been ended already."]


def test_home_page_shows_calls_by_lane_ceiling_refusals_and_the_next_slot():
    institution = WebhookEndpointFactory().institution
    ApiAccessFactory(institution=institution)
    take_permit(institution.pk, Lane.LIVE, "contact", "get")
    let_pass(60)
    take_permit(institution.pk, Lane.LIVE, "contact", "get")
    page = signed_in("sync.view_pacebucket").get(reverse("admin:index")).content.decode()

    assert "Calls to S-360" in page
    assert "118 a minute" in page
    assert "never in our way" in page
    assert reverse("admin:sync_pacebucket_change", args=[PaceBucket.objects.get().pk]) in page

    note_throttled(institution.pk)
    page = signed_in().get(reverse("admin:index")).content.decode()
    assert "pausing, " in page
    assert "seemed to spend 179 a minute when S-360 refused us" in page
    assert "too many a minute." in page


def test_lost_bucket_is_an_alarm_until_it_is_reset():
    bucket = PaceBucketFactory(remade_at=timezone.now())
    WebhookEndpointFactory(institution=bucket.institution)
    client = signed_in(is_superuser=True)
    assert "was lost or spoiled in the database" in client.get(reverse("admin:index")).content.decode()

    confirm(client, do("pacebucket", bucket, "reset"))

    assert "was lost or spoiled in the database" not in client.get(reverse("admin:index")).content.decode()
