"""What a plan shows and what applying it does, on a real database; refused plans must leave everything as it was."""

import threading
from pathlib import Path

import pytest
from django.db import connection, connections

from crm.models import Connection, ConnectionState, FieldMapping, Pairing
from crm.services.configure import (
    ChangeKind,
    ConfigurationError,
    PlanOutdatedError,
    SecretSource,
    apply_plan,
    build_plan,
    read_configuration,
)
from crm.services.configure.report import plan_lines
from sync.models import ApiAccess, Contact, FieldPolicy, Institution, OperatorAction, WebhookEndpoint
from sync.services.endpoint_secrets import matches
from tests import factories

pytestmark = pytest.mark.django_db

CRM = """
[connections.crm]
connector = "generic_rest"
[connections.crm.settings]
base_url = "https://crm.example.org"
[connections.crm.secrets]
token = { env = "TOKEN" }
[connections.crm.mapping]
preset = false
[connections.crm.mapping.contact]
last_name = "surname"
"""
VENUE = """
[institutions.V]
name = "Venue"
[institutions.V.pairing]
connection = "crm"
[institutions.V.webhooks.contacts]
"""


def plan_of(text: str, *, token: str = "invented-token", rotate=()):
    return build_plan(read_configuration(text, SecretSource({"TOKEN": token}, Path())), rotate=rotate)


def apply(text: str, **options):
    return apply_plan(plan_of(text, **options), actor="tests")


def changes(text: str, **options) -> list[tuple[str, str]]:
    return [(change.kind.value, change.section) for change in plan_of(text, **options).changes]


def faults(text: str, **options) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        plan_of(text, **options)
    return [str(problem) for problem in refused.value.problems]


def test_building_a_plan_changes_nothing():
    assert len(plan_of(CRM + VENUE).changes) == 5
    assert not Institution.objects.exists()
    assert not Connection.objects.exists()


def test_second_run_has_nothing_to_change():
    apply(CRM + VENUE)
    assert changes(CRM + VENUE) == []
    assert apply(CRM + VENUE) == ()
    assert OperatorAction.objects.count() == 1


def test_changed_value_is_shown_before_and_after():
    apply(CRM + VENUE)
    plan = plan_of(CRM + VENUE.replace('"Venue"', '"New venue"'))
    assert list(plan_lines(plan)) == [
        "~ changed [institutions.V]",
        '      name: "Venue" -> "New venue"',
        "0 added, 1 changed, 0 removed.",
    ]


def test_changed_secret_is_shown_as_changed_only():
    apply(CRM)
    plan = plan_of(CRM, token="another-token")
    assert list(plan_lines(plan))[1] == "      secrets.token: changed"
    apply_plan(plan, actor="tests")
    assert Connection.objects.get().secrets == {"token": "another-token"}


def test_new_credentials_let_a_stopped_connection_try_again():
    apply(CRM)
    Connection.objects.update(state=ConnectionState.NEEDS_CREDENTIALS, state_reason="401: refused")
    apply(CRM, token="another-token")
    assert (Connection.objects.get().state, Connection.objects.get().state_reason) == (ConnectionState.OK, "")


def test_new_mapping_lets_a_stopped_connection_try_again():
    apply(CRM)
    Connection.objects.update(state=ConnectionState.NEEDS_CREDENTIALS, state_reason="PROPERTY_DOESNT_EXIST")
    apply(CRM.replace("surname", "last_name"))
    assert Connection.objects.get().state == ConnectionState.OK


def test_connection_an_operator_paused_stays_paused():
    apply(CRM)
    Connection.objects.update(state=ConnectionState.PAUSED)
    apply(CRM, token="another-token")
    assert Connection.objects.get().state == ConnectionState.PAUSED


def test_key_that_is_not_mentioned_keeps_its_value():
    apply(CRM + VENUE)
    Institution.objects.update(webhook_interval_minutes=5, settings={"order_revenue_states": ["CLOSED", "SOLDED"]})
    apply(CRM + VENUE.replace('"Venue"', '"New venue"'))
    institution = Institution.objects.get()
    assert institution.webhook_interval_minutes == 5
    assert institution.settings == {"order_revenue_states": ["CLOSED", "SOLDED"]}


def test_complete_settings_return_what_is_not_listed_to_its_default():
    apply(CRM + VENUE)
    Institution.objects.update(settings={"json_amount_divisor": 100, "echo_window_minutes": 60})
    text = CRM + VENUE + '[institutions.V.settings]\nmanage = "all"\njson_amount_divisor = 100\n'
    plan = plan_of(text)
    assert list(plan_lines(plan))[1] == "      settings.echo_window_minutes: 60 -> (default)"
    apply_plan(plan, actor="tests")
    assert Institution.objects.get().settings == {"json_amount_divisor": 100}


def test_policies_not_listed_stay_until_the_section_is_complete():
    apply(VENUE.replace('[institutions.V.pairing]\nconnection = "crm"\n', ""))
    factories.FieldPolicyFactory(institution=Institution.objects.get(), field="gender")
    text = '[institutions.V.policies.contact]\nemail = { conflict = "ask" }\n'
    plan = plan_of(text)
    assert "[institutions.V.policies] not in the file and left as it is: contact gender" in plan.notes
    apply_plan(plan, actor="tests")
    assert set(FieldPolicy.objects.values_list("field", flat=True)) == {"email", "gender"}
    complete = '[institutions.V.policies]\nmanage = "all"\n' + text
    assert changes(complete) == [("removed", "institutions.V.policies.contact.gender")]
    apply(complete)
    assert set(FieldPolicy.objects.values_list("field", flat=True)) == {"email"}


def test_notes_stay_short_and_only_where_the_file_speaks():
    apply(CRM.replace("preset = false", "preset = true"))
    (note,) = plan_of(CRM.replace("surname", "name")).notes
    assert note.startswith("[connections.crm.mapping] not in the file and left as it is: contact address_country, ")
    assert note.endswith(" more")
    assert plan_of('base_url = "https://console.example.org"').notes == ()


def test_suggested_mapping_fills_gaps_and_never_lies_over_an_operators_choice():
    apply(CRM.replace("preset = false", "preset = true"))
    mapped = FieldMapping.objects.filter(entity="contact")
    assert mapped.get(field="last_name").remote_name == "surname"
    mapped.filter(field="email").update(remote_name="mail_address")
    mapped.filter(field="phone").delete()
    assert changes(CRM.replace("preset = false", "preset = true")) == [
        ("added", "connections.crm.mapping.contact.phone")
    ]
    apply(CRM.replace("preset = false", "preset = true"))
    assert mapped.get(field="email").remote_name == "mail_address"


def test_field_left_out_is_switched_off_where_it_is_mapped():
    apply(CRM)
    apply(CRM.replace('last_name = "surname"', "last_name = false"))
    assert FieldMapping.objects.get().is_enabled is False
    apply(CRM)
    assert FieldMapping.objects.get().is_enabled is True


def test_value_map_alone_needs_a_name_where_the_field_is_not_mapped_yet():
    text = CRM.replace('last_name = "surname"', '"consent.SMS" = { value_map = { yes = "1" } }')
    assert "remote_name: missing" in faults(text)[0]


def test_institution_that_holds_contacts_is_never_removed():
    apply(CRM + VENUE)
    factories.ContactFactory(institution__code="OLD")
    shown = faults('[institutions]\nmanage = "all"\n' + VENUE + CRM)
    refusal = "holds contacts, orders or deliveries, so it is not removed"
    way_out = "to stop it write is_enabled = false under [institutions.OLD]"
    assert shown == [f"line 1, [institutions] OLD: {refusal}; {way_out}"]
    assert Institution.objects.filter(code="OLD", is_enabled=True).exists()
    assert Contact.objects.count() == 1


def test_institution_without_data_is_removed_only_by_a_complete_list():
    factories.InstitutionFactory(code="OLD")
    assert plan_of(CRM + VENUE).notes[0] == "[institutions] not in the file and left as it is: OLD"
    complete = '[institutions]\nmanage = "all"\n' + VENUE + CRM
    assert ("removed", "institutions.OLD") in changes(complete)
    apply(complete)
    assert list(Institution.objects.values_list("code", flat=True)) == ["V"]


def test_webhook_with_deliveries_is_switched_off_and_keeps_them():
    apply(CRM + VENUE)
    endpoint = WebhookEndpoint.objects.get()
    factories.DeliveryFactory(endpoint=endpoint)
    text = '[institutions.V.webhooks]\nmanage = "all"\n[institutions.V.webhooks.orders]\n'
    plan = plan_of(text)
    assert [(change.kind, change.section) for change in plan.changes] == [
        (ChangeKind.ADDED, "institutions.V.webhooks.orders"),
        (ChangeKind.CHANGED, "institutions.V.webhooks.contacts"),
    ]
    apply_plan(plan, actor="tests")
    endpoint.refresh_from_db()
    assert endpoint.is_enabled is False
    assert endpoint.deliveries.count() == 1
    assert changes(text) == []


def test_webhook_without_deliveries_is_removed_by_a_complete_list():
    apply(CRM + VENUE)
    apply('[institutions.V.webhooks]\nmanage = "all"\n[institutions.V.webhooks.orders]\n')
    assert list(WebhookEndpoint.objects.values_list("label", flat=True)) == ["orders"]


def test_nameless_webhook_made_in_the_admin_is_taken_over():
    institution = factories.InstitutionFactory(code="V")
    factories.WebhookEndpointFactory(institution=institution)
    assert apply("[institutions.V.webhooks.contacts]\nexpected_batch_size = 10\n") == ()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.label, endpoint.expected_batch_size) == ("contacts", 10)


def test_webhook_keeps_its_stream():
    apply(VENUE.replace('[institutions.V.pairing]\nconnection = "crm"\n', ""))
    shown = faults('[institutions.V.webhooks.contacts]\nstream = "orders"\n')
    assert "this URL receives contacts" in shown[0]


def test_rotation_gives_one_new_url_and_keeps_the_old_one_for_a_while():
    (first,) = apply(CRM + VENUE)
    (second,) = apply(CRM + VENUE, rotate=["V/contacts"])
    endpoint = WebhookEndpoint.objects.get()
    assert first.path != second.path
    assert matches(second.path.split("/")[-2], endpoint.secret_digest)
    assert matches(first.path.split("/")[-2], endpoint.previous_secret_digest)
    assert endpoint.previous_secret_expires_at is not None
    assert first.path.split("/")[-2] not in repr(first)


def test_rotation_of_an_unknown_webhook_is_refused():
    apply(CRM + VENUE)
    assert "V/order: the configuration has no such webhook" in faults(CRM + VENUE, rotate=["V/order"])[0]


def test_second_credential_is_set_once_and_changed_when_its_secret_changes():
    text = '[institutions.V.webhooks.contacts]\nauth_mode = "bearer"\nauth_secret = { env = "TOKEN" }\n'
    apply(text)
    assert changes(text) == []
    assert changes(text, token="another-token") == [("changed", "institutions.V.webhooks.contacts")]
    apply(text, token="another-token")
    assert matches("another-token", WebhookEndpoint.objects.get().auth_digest)
    apply('[institutions.V.webhooks.contacts]\nauth_mode = "none"\n')
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.auth_mode, endpoint.auth_digest) == ("none", "")


def test_second_credential_needs_its_secret_once():
    text = '[institutions.V.webhooks.contacts]\nauth_mode = "header"\nauth_name = "X-Hook"\n'
    assert "auth_secret: missing" in faults(text)[0]
    apply(text + 'auth_secret = { env = "TOKEN" }\n')
    assert changes(text) == []
    apply(text.replace("X-Hook", "X-Other"))
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.auth_name == "X-Other"
    assert matches("invented-token", endpoint.auth_digest)


def test_what_a_connector_needs_is_needed_once():
    without = CRM.replace('token = { env = "TOKEN" }\n', "").replace('base_url = "https://crm.example.org"\n', "")
    found = faults(without.replace("generic_rest", "hubspot"))
    assert "line 5, [connections.crm.secrets] access_token: missing" in found[0]
    apply(CRM)
    assert changes(without) == []


def test_what_the_schema_cannot_say_the_connector_says():
    text = CRM.replace(
        'base_url = "https://crm.example.org"', 'base_url = "https://crm.example.org"\nfind_path = "{collection}"'
    )
    assert faults(text) == ["line 6, [connections.crm.settings] find_path: find_path must hold {key}"]


def test_api_access_needs_address_and_operator_once():
    found = faults('[institutions.V.api]\npartner = "example"\n')
    assert [each.split("] ")[1].split(";")[0] for each in found] == ["base_url: missing", "virtual_operator: missing"]


def test_pairing_with_a_connection_nobody_knows_is_refused():
    assert "no connection 'crm'; there are: none" in faults(VENUE)[0]


def test_pairing_that_would_create_every_record_again_is_refused():
    apply(CRM + VENUE)
    contact = factories.ContactFactory(institution=Institution.objects.get())
    factories.BindingFactory(connection=Connection.objects.get(), contact=contact)
    other = (CRM + VENUE).replace("connections.crm", "connections.other").replace('"crm"', '"other"')
    assert "would be created a second time" in faults(other)[0]
    prefixed = (CRM + VENUE).replace('connection = "crm"', 'connection = "crm"\nkey_prefix = "V-"')
    assert "would be created a second time" in faults(prefixed)[0]
    assert Pairing.objects.get().connection.name == "crm"


def test_pairing_without_ties_may_move_and_the_old_connection_may_go():
    apply(CRM + VENUE)
    other = (CRM + VENUE).replace("connections.crm", "connections.other").replace('"crm"', '"other"')
    apply('[connections]\nmanage = "all"\n' + other)
    assert Pairing.objects.get().connection.name == "other"
    assert list(Connection.objects.values_list("name", flat=True)) == ["other"]


def test_connection_that_still_serves_is_not_removed():
    apply(CRM + VENUE)
    shown = faults('[connections]\nmanage = "all"\n')
    assert "is_enabled = false under [connections.crm]" in shown[0]


def test_connector_of_a_connection_with_ties_is_not_exchanged():
    apply(CRM)
    factories.BindingFactory(connection=Connection.objects.get())
    text = '[connections.crm]\nconnector = "hubspot"\n[connections.crm.secrets]\naccess_token = { env = "TOKEN" }\n'
    assert "is generic_rest and its records are tied to ours" in faults(text)[0]


def test_api_access_is_added_and_changed():
    text = '[institutions.V.api]\nbase_url = "https://v.ws.secutix.com"\nvirtual_operator = "V_CRM"\n'
    apply(text + 'secret = { env = "TOKEN" }\nbudget_share = 0.5\n')
    assert ApiAccess.objects.get().secret == "invented-token"
    assert changes(text + 'secret = { env = "TOKEN" }\nbudget_share = 0.50\n') == []
    apply(text + 'secret = { env = "TOKEN" }\n', token="another-token")
    assert ApiAccess.objects.get().secret == "another-token"


def test_models_own_validators_have_the_last_word():
    shown = faults("[institutions.my-venue]\n")
    assert "line 1, [institutions.my-venue] code: Upper-case letters" in shown[0]


def test_plan_that_is_outdated_is_not_applied():
    apply(CRM + VENUE)
    plan = plan_of(CRM + VENUE.replace('"Venue"', '"New venue"'))
    Institution.objects.update(name="Changed meanwhile")
    with pytest.raises(PlanOutdatedError):
        apply_plan(plan, actor="tests")
    assert Institution.objects.get().name == "Changed meanwhile"


def test_failure_in_the_middle_applies_nothing(monkeypatch):
    plan = plan_of(CRM + VENUE)

    def fail(*_: object, **__: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr("crm.services.configure.plan_webhooks.create_endpoint", fail)
    with pytest.raises(ConnectionResetError):
        apply_plan(plan, actor="tests")
    assert not Connection.objects.exists()
    assert not OperatorAction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_same_plan_applied_by_two_people_at_once_happens_once():
    plans = [plan_of(CRM + VENUE), plan_of(CRM + VENUE)]
    outcomes: list[str] = []

    def work(plan) -> None:
        try:
            apply_plan(plan, actor="tests")
            outcomes.append("applied")
        except PlanOutdatedError:
            outcomes.append("outdated")
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work, args=[plan]) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["applied", "outdated"]
    assert WebhookEndpoint.objects.count() == 1
    assert connection.in_atomic_block is False
