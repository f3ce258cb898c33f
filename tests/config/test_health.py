import pytest


def test_healthz_answers_without_touching_a_store(client):
    answer = client.get("/healthz")  # no database is allowed in this test: a query would fail it

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_each_check_and_refuses_while_beat_and_worker_are_silent(client):
    answer = client.get("/readyz")

    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "broker": True,
        "beat": False,
        "worker": False,
        "oldest due entry": True,
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_read_only(client, path):
    assert client.post(path).status_code == 405


def test_the_front_page_leads_to_the_admin(client):
    answer = client.get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
