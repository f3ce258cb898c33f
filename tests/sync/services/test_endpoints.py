from datetime import timedelta

import pytest
from django.test import override_settings

from sync.models import EndpointAuthMode, Stream, WebhookEndpoint
from sync.services.endpoint_directory import FRESH_SECONDS, SECOND_LOOK_SECONDS, EndpointCard, EndpointDirectory
from sync.services.endpoint_secrets import digest_of, matches, new_secret
from sync.services.endpoints import (
    EndpointError,
    IssuedSecret,
    create_endpoint,
    end_previous_secret,
    hook_path,
    rotate_secret,
    set_second_credential,
)
from tests.factories.institutions import InstitutionFactory

pytestmark = pytest.mark.django_db


class Clock:
    """Monotonic seconds under our thumb."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issued() -> IssuedSecret:
    return create_endpoint(InstitutionFactory(code="MYVENUE"), Stream.ORDERS)


def find(directory: EndpointDirectory, issued: IssuedSecret) -> EndpointCard | None:
    return directory.find(
        institution_code="myvenue", stream="orders", public_id=issued.endpoint.public_id, secret=issued.secret
    )


def test_url_carries_institution_stream_endpoint_and_secret(issued: IssuedSecret) -> None:
    assert issued.path == f"/hooks/myvenue/orders/{issued.endpoint.public_id}/{issued.secret}/"
    assert hook_path(issued.endpoint, "S") == f"/hooks/myvenue/orders/{issued.endpoint.public_id}/S/"


def test_secret_has_256_bits_and_only_its_digest_is_stored(issued: IssuedSecret) -> None:
    assert len(issued.secret) == 43
    assert len({new_secret() for _ in range(1000)}) == 1000
    row = WebhookEndpoint.objects.values().get()
    assert issued.secret not in str(row)
    assert row["secret_digest"] == digest_of(issued.secret)


def test_digest_is_keyed_so_that_a_leaked_table_opens_no_door(issued: IssuedSecret) -> None:
    digest = digest_of(issued.secret)
    with override_settings(SECRET_KEY="another key of another console"):
        assert digest_of(issued.secret) != digest
        assert not matches(issued.secret, digest)


def test_secrets_survive_a_rotation_of_secret_key(issued: IssuedSecret, settings: object) -> None:
    digest, former = digest_of(issued.secret), getattr(settings, "SECRET_KEY")  # noqa: B009 - typed as object here
    with override_settings(SECRET_KEY="the next key", SECRET_KEY_FALLBACKS=[former]):
        assert matches(issued.secret, digest)


@pytest.mark.parametrize("secret", ["", "a" * 42, "é", "\ud800"])
def test_empty_digest_matches_nothing(secret: str) -> None:
    assert not matches(secret, "")


@pytest.mark.parametrize("secret", ["short", "a" * 26, "a" * 30 + "/", "a" * 30 + "é", "a" * 30 + " "])
def test_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(EndpointError, match="160 bits"):
        create_endpoint(InstitutionFactory(), Stream.CONTACTS, secret=secret)
    assert WebhookEndpoint.objects.count() == 0


def test_known_secret_can_be_restored() -> None:
    known = new_secret()
    assert create_endpoint(InstitutionFactory(), Stream.CONTACTS, secret=known).secret == known


def test_rotation_keeps_the_former_digest_until_the_overlap_ends(issued: IssuedSecret) -> None:
    fresh = rotate_secret(issued.endpoint.pk, overlap=timedelta(hours=2))
    row = WebhookEndpoint.objects.get()
    assert row.secret_digest == digest_of(fresh.secret)
    assert row.previous_secret_digest == digest_of(issued.secret)
    assert row.previous_secret_expires_at is not None
    end_previous_secret(row.pk)
    assert WebhookEndpoint.objects.get().previous_secret_digest == ""


@pytest.mark.parametrize(
    ("mode", "name", "secret", "missing"),
    [
        ("basic", "user", "", "secret"),
        ("basic", "", "s", "user"),
        ("header", "", "s", "header"),
        ("bearer", "", "", "secret"),
    ],
)
def test_second_credential_without_its_parts_is_refused(
    issued: IssuedSecret, mode: str, name: str, secret: str, missing: str
) -> None:
    with pytest.raises(EndpointError, match=missing):
        set_second_credential(issued.endpoint.pk, mode, name=name, secret=secret)
    assert WebhookEndpoint.objects.get().auth_mode == EndpointAuthMode.NONE


def test_second_credential_is_stored_as_a_digest_and_can_be_taken_away(issued: IssuedSecret) -> None:
    set_second_credential(issued.endpoint.pk, "basic", name="s360", secret="word")
    row = WebhookEndpoint.objects.get()
    assert (row.auth_mode, row.auth_name, row.auth_digest) == ("basic", "s360", digest_of("word"))
    set_second_credential(issued.endpoint.pk, "none")
    row = WebhookEndpoint.objects.get()
    assert (row.auth_mode, row.auth_name, row.auth_digest) == ("none", "", "")


def test_directory_reads_once_and_then_from_memory(issued: IssuedSecret, django_assert_num_queries: object) -> None:
    clock = Clock()
    directory = EndpointDirectory(clock)
    with django_assert_num_queries(1):  # type: ignore[operator]
        for _ in range(10):
            assert find(directory, issued) is not None
    clock.now += FRESH_SECONDS
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert find(directory, issued) is not None


def test_rotation_in_another_process_is_known_within_five_seconds(issued: IssuedSecret) -> None:
    clock = Clock()
    directory = EndpointDirectory(clock)
    assert find(directory, issued) is not None
    fresh = new_secret()
    WebhookEndpoint.objects.update(secret_digest=digest_of(fresh))  # as another process does: no signal reaches us
    clock.now += FRESH_SECONDS
    assert FRESH_SECONDS <= 5
    assert find(directory, issued) is None


def test_secret_made_by_another_process_a_moment_ago_is_let_in(issued: IssuedSecret) -> None:
    clock = Clock()
    directory = EndpointDirectory(clock)
    assert find(directory, issued) is not None
    fresh = IssuedSecret(issued.endpoint, new_secret())
    WebhookEndpoint.objects.update(secret_digest=digest_of(fresh.secret))
    clock.now += SECOND_LOOK_SECONDS
    assert find(directory, fresh) is not None


def test_flood_of_wrong_secrets_costs_few_queries(issued: IssuedSecret, django_assert_max_num_queries: object) -> None:
    clock = Clock()
    directory = EndpointDirectory(clock)
    wrong = IssuedSecret(issued.endpoint, new_secret())
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        for _ in range(1000):
            clock.now += 0.001
            assert find(directory, wrong) is None


def test_end_of_the_overlap_is_taken_from_the_database_as_a_duration(issued: IssuedSecret) -> None:
    rotate_secret(issued.endpoint.pk, overlap=timedelta(seconds=2))
    clock = Clock()
    directory = EndpointDirectory(clock)
    card = find(directory, issued)
    assert card is not None
    assert clock.now < card.previous_secret_until <= clock.now + 2
