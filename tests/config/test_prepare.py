import json
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def prepare():
    output = StringIO()
    call_command("prepare", stdout=output)
    return json.loads(output.getvalue().splitlines()[-1])


def test_the_first_admin_gets_a_password_that_is_told_once():
    first, second = prepare(), prepare()

    user = get_user_model().objects.get()
    assert (user.username, user.is_superuser, user.is_staff) == ("admin", True, True)
    assert user.check_password(first["password"])
    assert len(first["password"]) >= 16
    assert (second["admin"], second["password"]) == ("admin", None)


def test_a_chosen_password_is_taken_and_not_told(monkeypatch):
    monkeypatch.setenv("ADMIN_USER", "ada")
    monkeypatch.setenv("ADMIN_PASSWORD", "a-long-practice-password")

    told = prepare()

    assert get_user_model().objects.get(username="ada").check_password("a-long-practice-password")
    assert (told["admin"], told["password"]) == ("ada", None)


def test_a_disabled_superuser_does_not_count(django_user_model):
    django_user_model.objects.create_superuser("old", password="x", is_active=False)

    assert prepare()["password"] is not None
