"""The Celery application. Tasks are entrances named `<app>.<verb>` in each app's `tasks.py`."""

import ctypes
import os
import signal

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_process_init
from django.db import connections

from config.garbage import collect_less_often

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("console")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """A receiver is enough to keep Celery from configuring logs: Django's LOGGING, with its scrubber, stays."""


@task_prerun.connect
def let_go_of_dead_connections(**_: object) -> None:
    """Connections outlive the task (CELERY_DB_REUSE_MAX), so one that PostgreSQL has closed would fail every later
    task:
    Django looks after them at the ends of web requests only."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


PR_SET_PDEATHSIG = 1


@worker_process_init.connect
def collect_garbage_less_often(**_: object) -> None:
    """In each pool process, once it has loaded what all of them share."""
    collect_less_often()


@worker_process_init.connect
def die_with_the_worker(**_: object) -> None:
    """A pool process whose worker was killed would wait for ever: its siblings hold the other end of its pipe."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
