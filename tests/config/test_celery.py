"""Settings whose loss would show only under load or after an outage."""

from celery.fixups.django import DjangoWorkerFixup
from django.conf import settings

from config.celery import app


def test_the_worker_keeps_its_database_connection_over_many_tasks():
    assert DjangoWorkerFixup(app).db_reuse_max == 10_000


def test_a_message_is_a_nudge():
    assert app.conf.task_acks_late is False
    assert app.conf.task_ignore_result is True
    assert app.conf.task_publish_retry is False
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] == 300
    assert app.conf.broker_transport_options["socket_timeout"] <= 2
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit < 90
    assert app.conf.broker_url == settings.CELERY_BROKER_URL


def test_a_tick_nobody_took_expires():
    schedule = settings.CELERY_BEAT_SCHEDULE

    assert sorted(entry["task"] for entry in schedule.values()) == [
        "crm.tick",
        "sync.confirm_held",
        "sync.heartbeat",
        "sync.remove_old_rows",
        "sync.sweep",
        "sync.tick",
    ]
    for entry in schedule.values():
        assert entry["schedule"] <= entry["options"]["expire_seconds"] <= max(90, 3 * entry["schedule"])


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
