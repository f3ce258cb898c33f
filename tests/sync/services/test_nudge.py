"""A nudge wakes a worker and holds nothing up: one unstarted message of a kind at most, silence where nobody is."""

import socket
import time
from uuid import uuid4

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

from sync.services import nudge as nudges
from sync.services.nudge import nudge, nudge_after_commit, started


@pytest.fixture
def broker(monkeypatch):
    """The real broker with a queue and flags of this test's own: other tests nudge at the same time."""
    own = uuid4().hex
    ordinary, current_app.conf.task_default_queue = current_app.conf.task_default_queue, own
    monkeypatch.setattr(nudges, "FLAG", f"{own}:{{kind}}")
    monkeypatch.setattr(nudges._state, "client", None)
    monkeypatch.setattr(nudges._state, "rest_until", 0.0)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield Broker(client, own)
        client.delete(own, *client.keys(f"{own}:*"))
    current_app.conf.task_default_queue = ordinary


class Broker:
    def __init__(self, client: redis.Redis, queue: str) -> None:
        self._client, self._queue = client, queue

    @property
    def queued(self) -> int:
        return self._client.llen(self._queue)

    def flag_seconds(self, kind: str) -> int:
        return self._client.ttl(f"{self._queue}:{kind}")


def test_a_flood_of_nudges_leaves_one_message(broker):
    assert [nudge("apply") for _ in range(50)] == [True] + [False] * 49
    assert broker.queued == 1


def test_once_a_worker_has_begun_the_next_nudge_counts_again(broker):
    nudge("apply")
    started("apply")
    assert nudge("apply")
    assert broker.queued == 2


def test_kinds_do_not_hold_each_other_up(broker):
    assert nudge("apply")
    assert nudge("push")


def test_a_flag_without_its_message_ends_by_itself(broker):
    nudge("push")
    assert 0 < broker.flag_seconds("push") <= nudges.FLAG_SECONDS


@pytest.mark.django_db(transaction=True)
def test_a_nudge_waits_for_the_commit_and_dies_with_a_rollback(broker):
    with transaction.atomic():
        nudge_after_commit("push")
        assert broker.queued == 0
    assert broker.queued == 1
    started("push")
    with transaction.atomic():
        nudge_after_commit("push")
        transaction.set_rollback(True)
    assert broker.queued == 1


def test_a_broker_that_accepts_and_never_answers_costs_under_a_second_once(broker, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert not nudge("apply")
        assert time.monotonic() - began < 1.0
        began = time.monotonic()
        assert [nudge("apply") for _ in range(100)] == [False] * 100
        assert time.monotonic() - began < 0.1
