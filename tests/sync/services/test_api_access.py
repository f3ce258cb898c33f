"""From stored access to a client that can call, or to the sentence that says why not."""

import pytest

from sync.http.client import CallFailedError
from sync.models import ApiAuthMode
from sync.practice import PracticeS360
from sync.services.api_access import open_client
from tests.factories import ApiAccessFactory, InstitutionFactory

pytestmark = pytest.mark.django_db
NUMBER = "0000100000"


@pytest.fixture
def s360():
    with PracticeS360(seed=1, contacts=20, orders=5) as running:
        yield running


def access_to(s360: PracticeS360, **given):
    """The practice's own credentials, stored for an institution of its name."""
    ours = s360.credentials
    stored = {"base_url": s360.url, "virtual_operator": ours.operator, "partner": ours.partner, "secret": ours.secret}
    return ApiAccessFactory(institution=InstitutionFactory(code=ours.institution), **stored | given)


def refusal(institution) -> tuple[str, str]:
    with pytest.raises(CallFailedError) as raised:
        open_client(institution)
    failure = raised.value.failure
    assert (failure.kind, failure.scope) == ("misconfigured", "connection")
    return failure.code, failure.message


@pytest.mark.parametrize("mode", [ApiAuthMode.JWT, ApiAuthMode.TOKEN])
def test_the_stored_access_lets_a_client_read(s360, mode):
    institution = access_to(s360, auth_mode=mode).institution
    contact = open_client(institution).read_contact(NUMBER)
    assert contact is not None
    assert contact.number == NUMBER


def test_a_new_secret_serves_with_the_next_client(s360):
    access = access_to(s360)
    s360.credentials.secret = "rotated-secret"
    with pytest.raises(CallFailedError, match="the signature is wrong"):
        open_client(access.institution).get_contact(NUMBER)
    access.secret = "rotated-secret"
    access.save()
    assert open_client(access.institution).get_contact(NUMBER) is not None


def test_the_settings_of_the_institution_count(s360):
    institution = access_to(s360).institution
    s360.credentials.unit = "milliseconds"
    institution.settings = {"jwt_time_unit": "milliseconds"}
    assert open_client(institution).get_contact(NUMBER) is not None


def test_the_permit_is_asked_before_each_request(s360):
    asked: list[tuple[str, str]] = []
    institution = access_to(s360).institution
    open_client(institution, permit=lambda *call: asked.append(call)).get_contact(NUMBER)
    assert asked == [("contactInformationPublicService", "getContactData")]


def test_what_is_missing_is_named():
    institution = InstitutionFactory(code="HALL")
    assert refusal(institution) == ("api_access_missing", "HALL has no S-360 API access: enter it in the settings")
    access = ApiAccessFactory(institution=institution, secret="")
    assert refusal(institution) == ("api_access_missing", "the API access of HALL has no secret")
    access.secret, access.virtual_operator = "x", ""
    access.save()
    assert refusal(institution) == ("api_access_missing", "the API access of HALL has no virtual_operator")


def test_wrong_settings_are_named_with_the_way_out():
    institution = ApiAccessFactory(institution__code="HALL", institution__settings={"jwt_time_unit": "ms"}).institution
    assert refusal(institution) == (
        "settings",
        "settings of HALL: jwt_time_unit = 'ms': write one of seconds, milliseconds",
    )


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("ftp://hall.example.org", "must begin with https://"),
        ("https://user:pw@hall.example.org", "must not carry a user name"),
        ("https://hall.example.org/?x=1", "must not hold a question mark"),
        ("https://127.1", "four decimal numbers"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(base_url, words):
    code, message = refusal(ApiAccessFactory(base_url=base_url).institution)
    assert code == "address_refused"
    assert words in message


def test_only_https_and_public_addresses_unless_private_ones_are_allowed(settings, s360):
    settings.ALLOW_PRIVATE_HOSTS = False
    code, message = refusal(access_to(s360).institution)
    assert (code, "only https is allowed" in message) == ("address_refused", True)
    loopback = ApiAccessFactory(base_url="https://127.0.0.1:9").institution
    with pytest.raises(CallFailedError, match="is private") as raised:
        open_client(loopback).get_contact(NUMBER)
    assert not raised.value.failure.outcome_unknown


def test_the_allow_list_of_the_installation_counts(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["elsewhere.example.org"]
    institution = ApiAccessFactory(base_url="https://hall.ws.example.org").institution
    assert refusal(institution) == ("address_refused", "base_url: hall.ws.example.org is not in OUTGOING_ALLOWED_HOSTS")
    settings.OUTGOING_ALLOWED_HOSTS = ["hall.ws.example.org"]
    assert open_client(institution).api.access.base_url == "https://hall.ws.example.org"


def test_no_secret_in_the_text_of_a_client_or_its_access():
    client = open_client(ApiAccessFactory(secret="an invented secret").institution)
    assert "an invented secret" not in repr(client) + repr(client.api) + repr(client.api.access)
