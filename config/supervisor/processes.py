"""Which processes make a console? Add one here; the supervisor treats all alike."""

import os
from dataclasses import dataclass, field
from functools import partial

from config.supervisor.http import answers_200
from config.supervisor.members import Member, ProcessMember

# A worker run by root is what `make run` as root asks for; Celery's remark about it would only alarm.
QUIET = ["-W", "ignore:::celery.platforms"]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What `manage.py prepare` found or made."""

    admin: str
    password: str | None = None
    practice: list[dict[str, object]] = field(default_factory=list)


def console_processes(*, host: str, port: int, preparation: Preparation) -> list[Member]:
    """Every process of one console, in starting order."""
    asked = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on
    web = ProcessMember(
        name="web",
        arguments=["-m", "config.serving", "--host", host, "--port", str(port)],
        is_ready=partial(answers_200, f"http://{asked}:{port}/healthz"),
    )
    return [web, worker(), beat(), *practice_processes(preparation)]


def worker() -> Member:
    count = os.environ.get("WORKER_PROCESSES", "2")
    options = ["--concurrency", count, "--without-gossip", "--without-mingle", "--hostname", "worker@%h"]
    return ProcessMember(name="worker", arguments=[*QUIET, "-m", "celery", "-q", "-A", "config", "worker", *options])


def beat() -> Member:
    # no pid file: one left by a killed beat would keep the next from starting
    return ProcessMember(name="beat", arguments=[*QUIET, "-m", "celery", "-q", "-A", "config", "beat", "--pidfile="])


def practice_processes(preparation: Preparation) -> list[Member]:
    """The practice S-360 and practice CRM, as `manage.py prepare` asked for them.

    Each is `{"name": ..., "arguments": [...], "ready_url": ...}`; arguments follow `manage.py`.
    """
    members: list[Member] = []
    for wanted in preparation.practice:
        arguments = wanted["arguments"]
        url = wanted.get("ready_url")
        members.append(
            ProcessMember(
                name=str(wanted["name"]),
                arguments=["manage.py", *(str(part) for part in arguments)] if isinstance(arguments, list) else [],
                is_ready=partial(answers_200, str(url)) if url else None,
            )
        )
    return members
