"""The shipped sample is applied as an integrator would apply it, so that it can never rot."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from crm.models import Connection, FieldMapping, Pairing
from sync.models import ApiAccess, FieldPolicy, Institution, OperatorAction, WebhookEndpoint

SAMPLE = Path(__file__).parents[3] / "docs" / "sample-configuration.toml"


@pytest.fixture(autouse=True)
def secrets_in_the_environment(monkeypatch):
    monkeypatch.setenv("VENUE_HUBSPOT_TOKEN", "invented-hubspot-token")
    monkeypatch.setenv("MYVENUE_S360_SECRET", "invented-api-secret")
    monkeypatch.setenv("MYVENUE_HOOK_PASSWORD", "invented-hook-password")


def configure(*arguments: str) -> str:
    output = StringIO()
    call_command("configure", str(SAMPLE), *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_dry_run_of_the_sample_shows_everything_and_changes_nothing():
    output = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("configure", str(SAMPLE), "--dry-run", stdout=output)
    assert stop.value.code == 3
    shown = output.getvalue()
    assert "+ added [connections.venue-crm]" in shown
    assert "+ added [institutions.MYVENUE.webhooks.loyalty-export]" in shown
    assert "invented" not in shown
    assert not Institution.objects.exists()
    assert not Connection.objects.exists()
    assert not OperatorAction.objects.exists()


@pytest.mark.django_db
def test_sample_sets_up_all_that_it_describes():
    configure()
    institution = Institution.objects.get()
    assert (institution.code, institution.timezone) == ("MYVENUE", "Europe/Brussels")
    assert institution.settings["contact_field_map"] == {"phone": "individualContact.phoneNumber2"}
    assert ApiAccess.objects.get().secret == "invented-api-secret"
    assert Connection.objects.get().secrets == {"access_token": "invented-hubspot-token"}
    assert Pairing.objects.get().connection.name == "venue-crm"
    assert set(WebhookEndpoint.objects.values_list("label", "stream", "auth_mode", "is_enabled")) == {
        ("contacts", "contacts", "none", True),
        ("orders", "orders", "basic", True),
        ("loyalty-export", "export-contacts", "none", False),
    }
    assert FieldPolicy.objects.get(field="email").conflict == "ask"
    mapped = dict(FieldMapping.objects.filter(entity="contact").values_list("field", "remote_name"))
    assert mapped["role"] == "s360_role"
    assert mapped["last_name"] == "lastname"
    assert "function" not in mapped


@pytest.mark.django_db
def test_second_run_of_the_sample_has_nothing_to_change():
    configure()
    again = configure()
    assert again.splitlines()[-1] == "Nothing to change."
    assert "/hooks/" not in again
    assert OperatorAction.objects.count() == 1


@pytest.mark.django_db
def test_each_url_is_printed_once_and_below_the_public_address():
    shown = configure()
    urls = [line.split(": ")[1] for line in shown.splitlines() if "/hooks/" in line]
    assert len(urls) == 3
    for endpoint in WebhookEndpoint.objects.all():
        start = f"https://console.example.org/hooks/myvenue/{endpoint.stream}/{endpoint.public_id}/"
        assert sum(url.startswith(start) for url in urls) == 1


@pytest.mark.django_db
def test_json_answer_holds_plan_and_urls_and_no_secret():
    answer = json.loads(configure("--json", "--base-url", "https://other.example.org/"))
    assert answer["applied"] is True
    assert answer["counts"]["removed"] == 0
    assert answer["counts"]["added"] == len(answer["changes"])
    assert [url["name"] for url in answer["urls"]] == ["contacts", "orders", "loyalty-export"]
    assert all(url["url"].startswith("https://other.example.org/hooks/myvenue/") for url in answer["urls"])
    assert "invented" not in json.dumps(answer)


@pytest.mark.django_db
def test_audit_tells_who_and_why_without_secrets():
    configure("--actor", "Ada Example", "--reason", "first set-up")
    action = OperatorAction.objects.get()
    assert (action.actor, action.verb, action.subject) == ("Ada Example", "configure", "sample-configuration.toml")
    assert action.reason == "first set-up"
    told = json.dumps([action.before, action.after])
    assert "added connections.venue-crm" in told
    assert "invented" not in told
    assert "/hooks/" not in told
