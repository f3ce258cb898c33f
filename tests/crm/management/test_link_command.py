"""`manage.py link`, as a script calls it."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.models import Binding
from sync.models import Cause, OperatorAction
from tests.flows.world import a_world, contact_record

NUMBER = "0048213"
EMAIL = f"noor.{NUMBER}@example.org"


@pytest.fixture
def world(transactional_db):
    with a_world() as made:
        person = {"firstname": "Noor", "lastname": "Vandenberg", "email": EMAIL, "city": "Brugge"}
        made.known = str(made.crm.people.create(person).id)
        made.deliver(contact_record(NUMBER))
        made.work()
        yield made


def link(*args):
    out = StringIO()
    call_command("link", *args, stdout=out)
    return out.getvalue()


def test_a_dry_run_compares_and_writes_nothing(world):
    told = link(NUMBER, "--institution", "MYVENUE", "--dry-run")

    assert f"record: {world.known}" in told
    assert "Town" in told.split("differ: ")[1].splitlines()[0]
    assert "Brugge" not in told
    assert not Binding.objects.exists()
    assert OperatorAction.objects.count() == 0


def test_a_contact_is_linked_to_the_record_the_refusal_named(world):
    told = json.loads(link(NUMBER, "--institution", "MYVENUE", "--json", "--actor", "noor", "--reason", "known"))

    assert (told["record"], told["linked"], told["requeued"]) == (world.known, True, True)
    assert Binding.objects.get().remote_id == world.known
    action = OperatorAction.objects.get(verb="record_linked")
    assert (action.actor, action.reason) == ("noor", "known")


def test_a_record_named_by_its_id_is_taken(world):
    other = str(world.crm.people.create({"lastname": "Vandenberg"}).id)
    link(NUMBER, "--institution", "MYVENUE", "--remote-id", other)
    assert Binding.objects.get().remote_id == other


def test_the_certain_matches_of_a_cause_are_shown_and_linked(world):
    cause = str(Cause.objects.get().pk)
    shown = json.loads(link("--cause", cause, "--dry-run", "--json"))
    assert shown["certain"] == [{"contact": NUMBER, "record": world.known}]
    assert not Binding.objects.exists()

    assert "linked: 1" in link("--cause", cause)
    assert Binding.objects.get().remote_id == world.known


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        ((), "or --cause", 2),
        ((NUMBER,), "--institution", 2),
        ((NUMBER, "--institution", "MYVENUE", "--cause", "1"), "or --cause", 2),
        (("0000009", "--institution", "MYVENUE"), "no contact 0000009", 1),
        ((NUMBER, "--institution", "MYVENUE", "--remote-id", "987654"), "no record 987654", 1),
        (("--cause", "987654"), "no cause 987654", 1),
    ],
)
def test_what_cannot_be_linked_is_said_and_changes_nothing(world, args, message, code):
    with pytest.raises(CommandError, match=message) as raised:
        link(*args)
    assert raised.value.returncode == code
    assert not Binding.objects.exists()
