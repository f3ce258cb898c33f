"""Who is let in: secret, institution, address and second credential."""

import base64
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sync.api import callers
from sync.models import Delivery, Institution, WebhookEndpoint
from sync.services import endpoint_directory
from sync.services.endpoints import end_previous_secret, rotate_secret, set_second_credential
from tests.sync.api.conftest import Door
from tests.sync.s360.samples import CONTACT

OpenDoor = Callable[..., Door]


def swapped_case(text: str) -> str:
    return text.swapcase()


WRONG_SECRETS: list[tuple[str, Callable[[str], str]]] = [
    ("other case", swapped_case),
    ("prefix", lambda secret: secret[:-1]),
    ("half", lambda secret: secret[:20]),
    ("one character", lambda secret: secret[0]),
    ("longer", lambda secret: secret + "A"),
    ("twice", lambda secret: secret * 2),
    ("one character changed", lambda secret: ("B" if secret[0] == "A" else "A") + secret[1:]),
    ("empty digest's secret", lambda _: ""),
    ("the digest itself", lambda _: "0" * 64),
    ("blank", lambda _: "%20"),
    ("NUL", lambda secret: secret + "%00"),
    ("percent-encoded slash", lambda secret: secret + "%2f"),
    ("not UTF-8", lambda secret: secret + "%ff"),
    ("dots", lambda _: ".."),
    ("very long", lambda _: "a" * 4000),
    ("placeholder", lambda _: "${secret}"),
]


def without_variable_headers(answer: HttpResponse) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name != "Date"}


def assert_like_unknown_path(answer: HttpResponse) -> None:
    unknown = Client().post("/no/such/path/at/all/", data=b"[]", content_type="application/json")
    assert answer.status_code == unknown.status_code == 404
    assert answer.content == unknown.content
    assert without_variable_headers(answer) == without_variable_headers(unknown)


@pytest.mark.parametrize("change", [case[1] for case in WRONG_SECRETS], ids=[case[0] for case in WRONG_SECRETS])
def test_wrong_secret_gets_the_page_of_an_unknown_path(door: Door, change: Callable[[str], str]) -> None:
    path = door.path.replace(door.issued.secret, change(door.issued.secret))
    assert_like_unknown_path(door.post([CONTACT], path=path))
    assert Delivery.objects.count() == 0


def test_unknown_endpoint_wrong_stream_and_wrong_institution_get_the_same_page(door: Door, open_door: OpenDoor) -> None:
    other = open_door()
    endpoint = door.endpoint
    for path in (
        door.path.replace(endpoint.public_id, "0" * 12),
        door.path.replace("/contacts/", "/orders/"),
        door.path.replace("/contacts/", "/Contacts/"),
        door.path.replace(endpoint.institution.code.lower(), other.endpoint.institution.code.lower()),
        door.path.replace(door.issued.secret, other.issued.secret),
        "/hooks/",
        "/hooks/hall/contacts/",
    ):
        assert_like_unknown_path(door.post([CONTACT], path=path))


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options", "patch"])
def test_other_methods_with_a_wrong_secret_are_unknown_too(door: Door, method: str) -> None:
    answer = getattr(Client(), method)(door.path[:-2] + "/")
    assert answer.status_code == 404
    assert "Allow" not in answer


def test_disabled_endpoint_and_disabled_institution_are_unknown(door: Door) -> None:
    endpoint = door.endpoint
    endpoint.is_enabled = False
    endpoint.save()
    assert_like_unknown_path(door.post([CONTACT]))
    endpoint.is_enabled = True
    endpoint.save()
    assert door.post([CONTACT]).status_code == 200
    institution = Institution.objects.get(pk=endpoint.institution_id)
    institution.is_enabled = False
    institution.save()
    assert_like_unknown_path(door.post([CONTACT]))


def test_two_comparisons_are_made_for_every_caller(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work for a known endpoint, an unknown one, a right and a wrong secret: nothing to time."""
    made: list[str] = []
    real = endpoint_directory.matches

    def counted(secret: str, digest: str) -> bool:
        made.append(digest)
        return real(secret, digest)

    door.post([CONTACT])
    monkeypatch.setattr(endpoint_directory, "matches", counted)
    for path in (door.path, door.path[:-2] + "/", door.path.replace(door.endpoint.public_id, "0" * 12)):
        made.clear()
        door.post([CONTACT], path=path)
        assert len(made) in (2, 4)  # four: turned away, and looked at once more
        assert len(made) % 2 == 0


def test_rotation_keeps_the_old_url_for_the_overlap_and_no_longer(door: Door) -> None:
    fresh = Door(rotate_secret(door.endpoint.pk, overlap=timedelta(hours=1)))
    assert fresh.issued.secret != door.issued.secret
    assert [fresh.post([CONTACT]).status_code, door.post([CONTACT]).status_code] == [200, 200]
    WebhookEndpoint.objects.update(previous_secret_expires_at="2020-01-01T00:00:00Z")
    endpoint_directory.forget_endpoints()
    assert fresh.post([CONTACT]).status_code == 200
    assert_like_unknown_path(door.post([CONTACT]))


def test_overlap_can_be_ended_at_once(door: Door) -> None:
    fresh = Door(rotate_secret(door.endpoint.pk))
    end_previous_secret(door.endpoint.pk)
    assert fresh.post([CONTACT]).status_code == 200
    assert_like_unknown_path(door.post([CONTACT]))


def test_second_rotation_ends_the_oldest_secret(door: Door) -> None:
    second = Door(rotate_secret(door.endpoint.pk))
    third = Door(rotate_secret(door.endpoint.pk))
    assert_like_unknown_path(door.post([CONTACT]))
    assert [second.post([CONTACT]).status_code, third.post([CONTACT]).status_code] == [200, 200]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


SECOND: list[tuple[str, str, dict[str, str]]] = [
    ("basic", "s360", {"HTTP_AUTHORIZATION": basic("s360", "päss:word")}),
    ("header", "X-Api-Key", {"HTTP_X_API_KEY": "päss:word"}),
    ("bearer", "", {"HTTP_AUTHORIZATION": "Bearer päss:word"}),
    ("bearer", "", {"HTTP_AUTHORIZATION": "bearer päss:word"}),
]


@pytest.mark.parametrize(("mode", "name", "headers"), SECOND)
def test_right_second_credential_lets_in(door: Door, mode: str, name: str, headers: dict[str, str]) -> None:
    set_second_credential(door.endpoint.pk, mode, name=name, secret="päss:word")
    assert door.post([CONTACT], **headers).status_code == 200


WRONG_SECOND: list[tuple[str, str, dict[str, Any]]] = [
    ("basic", "s360", {}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": basic("s360", "wrong")}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": basic("other", "right")}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": basic("s360", "")}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": "Basic"}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": "Basic !!!!"}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"\xff\xfe").decode()}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": "Bearer right"}),
    ("basic", "s360", {"HTTP_AUTHORIZATION": basic("s360", "right").replace("Basic", "Digest")}),
    ("header", "X-Api-Key", {}),
    ("header", "X-Api-Key", {"HTTP_X_API_KEY": ""}),
    ("header", "X-Api-Key", {"HTTP_X_API_KEY": "RIGHT"}),
    ("header", "X-Api-Key", {"HTTP_X_API_KEYS": "right"}),
    ("header", "X-Api-Key", {"HTTP_AUTHORIZATION": "right"}),
    ("bearer", "", {}),
    ("bearer", "", {"HTTP_AUTHORIZATION": "right"}),
    ("bearer", "", {"HTTP_AUTHORIZATION": "Bearer wrong"}),
    ("bearer", "", {"HTTP_AUTHORIZATION": "Token right"}),
]


@pytest.mark.parametrize(("mode", "name", "headers"), WRONG_SECOND)
def test_wrong_second_credential_is_401_counted_and_keeps_nothing(
    door: Door, mode: str, name: str, headers: dict[str, Any]
) -> None:
    set_second_credential(door.endpoint.pk, mode, name=name, secret="right")
    answer = door.post([CONTACT], **headers)
    assert answer.status_code == 401
    assert answer.json() == {"error": "credential_wrong"}
    assert "WWW-Authenticate" in answer
    assert Delivery.objects.count() == 0
    assert door.endpoint.refused_count == 1
    assert door.endpoint.last_refusal.startswith("credential_wrong")


def test_wrong_second_credential_without_the_secret_is_still_an_unknown_path(door: Door) -> None:
    set_second_credential(door.endpoint.pk, "bearer", secret="right")
    assert_like_unknown_path(door.post([CONTACT], path=door.path[:-2] + "/", HTTP_AUTHORIZATION="Bearer right"))


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ([], "203.0.113.9", 200),
        (["192.0.2.0/24"], "192.0.2.255", 200),
        (["192.0.2.0/24"], "192.0.3.0", 404),
        (["192.0.2.7"], "192.0.2.7", 200),
        (["192.0.2.7/24"], "192.0.2.99", 200),
        (["2001:db8::/32"], "2001:db8::1", 200),
        (["2001:db8::/32"], "2001:db9::1", 404),
        (["2001:db8::/32"], "192.0.2.7", 404),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", 200),
        (["fe80::/10"], "fe80::1%eth0", 200),
        (["192.0.2.0/24", "198.51.100.0/24"], "198.51.100.1", 200),
        (["nonsense", "192.0.2.0/24"], "192.0.2.7", 200),
        (["nonsense"], "192.0.2.7", 404),
        (["192.0.2.0/24"], "", 404),
        (["192.0.2.0/24"], "unix", 404),
        ([], "", 200),
    ],
)
def test_allow_list_of_networks(open_door: OpenDoor, networks: list[str], address: str, status: int) -> None:
    door = open_door(allowed_networks=networks)
    answer = door.post([CONTACT], REMOTE_ADDR=address)
    assert answer.status_code == status
    if status == 404:
        assert_like_unknown_path(answer)


def test_no_log_line_carries_the_secret_or_a_path_with_it(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    rotated = Door(rotate_secret(door.endpoint.pk))
    set_second_credential(door.endpoint.pk, "bearer", secret="second-marker")
    with caplog.at_level(logging.DEBUG):
        for each in (door, rotated):
            each.post([CONTACT])
            each.post([CONTACT], HTTP_AUTHORIZATION="Bearer second-marker")
            each.post(b"<html>", HTTP_AUTHORIZATION="Bearer second-marker")
            each.post([CONTACT], path=each.path[:-2] + "/")
            each.client.get(each.path)
    assert caplog.records
    for secret in (door.issued.secret, rotated.issued.secret, "second-marker"):
        assert secret[:-1] not in caplog.text
        assert not any(secret[:-1] in repr(vars(record)) for record in caplog.records)


def test_names_of_secrets_are_not_printed_by_accident(door: Door) -> None:
    assert door.issued.secret not in repr(door.issued)
    assert door.endpoint.secret_digest not in repr(door.endpoint)


def test_every_authentication_mode_has_a_challenge() -> None:
    assert {str(mode) for mode in callers.CHALLENGES} == {"basic", "bearer", "header"}
