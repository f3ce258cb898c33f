"""`manage.py check_s360`: a line for each question, against a practice S-360 over real HTTP."""

from email.utils import formatdate
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sync.http.client import HttpAnswer
from sync.models import ApiAuthMode
from sync.practice import PracticeS360
from sync.services.check_s360 import check_s360, clock_line
from tests.factories import ApiAccessFactory, InstitutionFactory
from tests.sync.http.raw_server import RawServer, http

pytestmark = pytest.mark.django_db
NUMBER = "0000100000"


@pytest.fixture
def s360():
    with PracticeS360(seed=1, contacts=20, orders=5) as running:
        yield running


@pytest.fixture
def institution(s360):
    ours = s360.credentials
    access = ApiAccessFactory(
        institution=InstitutionFactory(code=ours.institution),
        base_url=s360.url,
        virtual_operator=ours.operator,
        partner=ours.partner,
        secret=ours.secret,
    )
    return access.institution


def answers(institution, number: str = "") -> dict[str, bool | None]:
    return {line.name: line.passed for line in check_s360(institution, number)}


ALL_WELL = {
    "settings": True,
    "reachable": True,
    "TLS": None,
    "credentials": True,
    "clock": True,
    "version": True,
    "call": True,
}


@pytest.mark.parametrize("number", ["", NUMBER, "9999999999"])
def test_all_is_well_and_nothing_is_written(s360, institution, number):
    assert answers(institution, number) == ALL_WELL
    (call,) = s360.ledger.calls()
    assert call.method == ("getContactData" if number else "searchContact")
    assert s360.ledger.effects() == []


def test_the_command_prints_a_line_for_each_question(s360, institution):
    output = StringIO()
    call_command("check_s360", "PRACTICE", "--contact", NUMBER, stdout=output)
    lines = output.getvalue().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", "settings"],
        ["ok", "reachable"],
        ["?", "TLS"],
        ["ok", "credentials"],
        ["ok", "clock"],
        ["ok", "version"],
        ["ok", "call"],
    ]
    assert "getContactData works" in lines[-1]


def test_the_command_fails_when_something_fails_and_shows_no_secret(s360, institution):
    s360.credentials.secret = "another-secret"
    output = StringIO()
    with pytest.raises(CommandError, match="PRACTICE cannot be called as it is set up"):
        call_command("check_s360", "PRACTICE", stdout=output)
    assert "FAIL  credentials  S-360 answered 401: the signature is wrong." in output.getvalue()
    assert "practice-secret" not in output.getvalue()


def test_an_unknown_institution_is_told_with_those_there_are(institution):
    with pytest.raises(CommandError, match="no institution HALL; known: PRACTICE"):
        call_command("check_s360", "HALL")


def test_a_wrong_secret_fails_the_credentials_only(s360, institution):
    s360.credentials.secret = "another-secret"
    found = answers(institution)
    assert (found["reachable"], found["credentials"], found["version"], found["call"]) == (True, False, None, False)


def test_a_refused_exchange_fails_the_credentials(s360, institution):
    institution.api_access.auth_mode = ApiAuthMode.TOKEN
    institution.api_access.save()
    s360.credentials.secret = "another-secret"
    assert answers(institution) == {"settings": True, "reachable": True, "credentials": False}


def test_a_version_that_is_not_offered_is_named(s360, institution):
    with RawServer(http("404 Not Found", b"no")) as server:
        institution.api_access.base_url = server.url
        institution.api_access.save()
        found = {line.name: line for line in check_s360(institution)}
    assert found["version"].passed is False
    assert "contactInformationPublicService v2_21 is not offered" in found["version"].text
    assert found["credentials"].passed is None
    assert found["clock"].passed is None


def test_a_limit_that_is_reached_fails_the_call_and_blames_nobody(s360, institution):
    s360.fault("throttled")
    found = answers(institution)
    assert (found["credentials"], found["version"], found["call"]) == (None, None, False)


def test_nobody_there_and_nothing_stored_are_told(institution):
    institution.api_access.base_url = "http://127.0.0.1:9"
    institution.api_access.save()
    assert answers(institution) == {"settings": True, "reachable": False}
    assert answers(InstitutionFactory()) == {"settings": False}


@pytest.mark.parametrize(
    ("ahead", "passed"),
    [(-30.0, False), (-3.0, False), (-1.0, True), (0.0, True), (1.0, True), (3.0, False), (90.0, False)],
)
def test_the_clock_is_compared_with_the_date_of_the_answer(ahead, passed):
    now = 1_700_000_000.5
    answer = HttpAnswer(200, {"date": formatdate(now + ahead, usegmt=True)}, b"")
    line = clock_line(answer, now - 0.05, now + 0.05)
    assert line.passed is passed
    assert ("set up NTP" in line.text) is not passed


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Xxx 2024 00:00:00 GMT"])
def test_without_a_date_the_clock_is_not_known(date):
    assert clock_line(HttpAnswer(200, {"date": date} if date else {}, b""), 1.0, 2.0).passed is None
