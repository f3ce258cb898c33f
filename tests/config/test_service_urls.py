import pytest

from config.service_urls import broker_url, database_settings, redis_client_url


def test_database_address_with_host_password_and_parameters():
    found = database_settings("postgresql://us%40er:se%2Fcret@db.example.org:6432/console?sslmode=require")

    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "console",
        "USER": "us@er",
        "PASSWORD": "se/cret",
        "HOST": "db.example.org",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_database_address_with_a_socket_directory():
    found = database_settings("postgresql://console@/console?host=/run/postgresql")

    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/postgresql", "", {})


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/n", "postgresql://u:hunter2@h/", "postgresql://u:hunter2@h", "n"])
def test_unusable_database_address_is_refused_without_repeating_its_password(url):
    with pytest.raises(ValueError) as refusal:
        database_settings(url)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "for_celery", "for_client"),
    [
        ("redis://h:6379/0", "redis://h:6379/0", "redis://h:6379/0"),
        ("rediss://:p@h:6380/2", "rediss://:p@h:6380/2", "rediss://:p@h:6380/2"),
        ("unix:///run/v.sock?db=1", "redis+socket:///run/v.sock?virtual_host=1", "unix:///run/v.sock?db=1"),
        ("redis+socket:///v.sock?virtual_host=3", "redis+socket:///v.sock?virtual_host=3", "unix:///v.sock?db=3"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=0", "unix:///run/v.sock"),
    ],
)
def test_one_redis_address_is_spelt_for_celery_and_for_the_client(given, for_celery, for_client):
    assert broker_url(given) == for_celery
    assert redis_client_url(given) == for_client


@pytest.mark.parametrize("url", ["amqp://h", "redis://", "unix://", ""])
def test_unusable_redis_address_is_refused(url):
    with pytest.raises(ValueError):
        redis_client_url(url)
