"""The console as processes that can be killed, on the test's database; S-360 and the CRM live in the test itself.

What the CRM holds and how often it was written is read from the practice CRM's own ledger, never from our tables.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
from django.db import connection
from django.db.models import Count
from django.utils.timezone import now

from config.embedded.valkey import ValkeyServer
from config.supervisor.members import ProcessMember
from config.supervisor.supervisor import Supervisor
from crm.models import Connection
from sync.models import Cause, Delivery, DeliveryRecord, OutboxEntry
from sync.practice import PracticeS360
from sync.services.requeue import requeue_cause
from tests.config.serving_support import ROOT, free_port
from tests.flows.world import World

APPLY_LEASE_SECONDS = 2
SEND_LEASE_SECONDS = 6  # longer than any call that is not made to hang, also where the processor is short
START_SECONDS = 60


@dataclass
class Part:
    """A process and the children it forks."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, *self.arguments]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=ROOT, env=self.environment, start_new_session=True
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def children(self) -> list[int]:
        with contextlib.suppress(OSError):
            listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return [int(child) for child in listed.split()]
        return []

    def kill_child(self, chance: random.Random) -> bool:
        """kill -9 of one child, if there is one."""
        children = self.children()
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(children), signal.SIGKILL)
        return True

    def kill(self) -> None:
        """kill -9 of the process itself; its children learn of it from the kernel."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """The whole session, whatever state it is in. Safe to repeat."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def said(self, text: str) -> int:
        """How often its log holds this."""
        return self.log.read_text(errors="replace").count(text)


@dataclass
class Console:
    """Starts parts, and ends all of them with the test."""

    directory: Path
    environment: dict[str, str]
    parts: list[Part] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    supervisor: Supervisor = field(default_factory=lambda: Supervisor(stopping=lambda: False, hurried=lambda: True))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def part(self, name: str, *arguments: str) -> Part:
        part = Part(name, list(arguments), self.environment, self.directory / f"{name}.log")
        self.parts.append(part)
        part.start()
        return part

    def web(self, *, hook: str = "") -> Part:
        """The web server as shipped (with a hook: the same, with a fault built in), answering."""
        shipped = ["-m", "config.serving"]
        program = ["-m", "tests.faults.part", "web", "--count", "2", "--hook", hook] if hook else shipped
        part = self.part("web", *program, "--port", str(self.port))
        self.wait_for_web()
        return part

    def wait_for_web(self) -> None:
        wait_until(self.answers, START_SECONDS, "the web server answers")

    def answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).status_code == 200
        return False

    def workers(self, count: int = 2, *, hook: str = "", name: str = "workers") -> Part:
        """`manage.py work`, so often, as forks of one process."""
        options = ["--hook", hook] if hook else []
        return self.part(name, "-m", "tests.faults.part", "workers", "--count", str(count), *options)

    def supervise(self, member: ProcessMember, name: str = "") -> None:
        """Start a process as `make run` does; `watch_for` and `wait_until` start it again when it dies."""
        self.supervisor.start(replace(member, name=name or member.name, environment=self.environment))

    def watch_for(self, seconds: float) -> None:
        """So long, with the supervisor at work."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            self.supervisor.turn()

    def wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """`wait_until` with the supervisor at work."""
        return wait_until(condition, seconds, what, meanwhile=self.supervisor.turn)

    def end(self) -> None:
        for member in self.supervisor.members:
            member.kill()
        for part in self.parts:
            part.end()


def console_environment(valkey: ValkeyServer) -> dict[str, str]:
    """What the parts need to meet the test's database and a broker of their own, with short leases."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": valkey.url,
        "LOG_LEVEL": "INFO",
        "SEND_LEASE_SECONDS": str(SEND_LEASE_SECONDS),
        "APPLY_LEASE_SECONDS": str(APPLY_LEASE_SECONDS),
        "CRM_VERIFY_SECONDS": "1",
    }


def database_url() -> str:
    """The address of the database this test runs on."""
    given = connection.settings_dict
    query = {"host": given["HOST"], "port": given["PORT"]}
    who = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    return f"postgresql://{who}@/{quote(given['NAME'])}?{urlencode({k: v for k, v in query.items() if v})}"


def tell(line: str) -> None:
    """Figures for whoever reads the log of a run (`pytest -s`)."""
    sys.stdout.write(f"\n{line}\n")


def doze() -> None:
    time.sleep(0.05)


def wait_until(
    condition: Callable[[], bool], seconds: float, what: str, *, meanwhile: Callable[[], None] = doze
) -> float:
    """How long it took; fails when it did not happen in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds:.0f} s: {what}\n{present_state()}")
        meanwhile()
    return time.monotonic() - began


@contextlib.contextmanager
def an_s360(world: World, console: Console) -> Iterator[PracticeS360]:
    """A practice S-360 without contacts yet that posts contacts and orders to the console, when told to."""
    with PracticeS360(seed=1, contacts=0, orders=0) as s360:
        s360.point(contacts=console.url + world.paths["contacts"], orders=console.url + world.paths["orders"])
        yield s360


def post_all(s360: PracticeS360, *, pause: float = 0.0, executions: int = 200) -> None:
    """Executions of both streams, as S-360's schedule would run them, until nothing is left to send."""
    for _ in range(executions):
        for stream in ("contacts", "orders"):
            if s360.queue(stream, 1):
                s360.execute(stream)
        if not s360.queue("contacts", 1) and not s360.queue("orders", 1):
            return
        time.sleep(pause)
    raise AssertionError("S-360 could not get rid of everything")


def given_up(s360: PracticeS360) -> list[str]:
    """Records S-360 has forgotten after twelve refusals: lost for good."""
    return [key for runner in s360.runners.values() for each in runner.executions for key in each.given_up]


def is_quiet() -> bool:
    """Nothing waits, nothing is under way; what is parked waits for a person."""
    is_received = not Delivery.objects.filter(state__in=("waiting", "claimed")).exists()
    return is_received and not OutboxEntry.objects.exclude(state__in=("settled", "parked")).exists()


def requeue_what_died() -> int:
    """What a person does with records parked because their worker died three times in a row."""
    causes = list(Cause.objects.filter(code="worker_died"))
    return sum(requeue_cause(cause, "operator", "the workers were killed on purpose").requeued for cause in causes)


def present_state() -> str:
    """For the message of a test that waited in vain."""
    counts = [
        f"{model.__name__} {dict(model.objects.values_list('state').annotate(count=Count('pk')))}"
        for model in (Delivery, DeliveryRecord, OutboxEntry)
    ]
    connections = [f"connection {c.state} {c.state_reason} {c.resume_at}" for c in Connection.objects.all()]
    oldest = OutboxEntry.objects.exclude(state__in=("settled", "parked")).order_by("id").values().first()
    return "\n".join([*counts, *connections, f"oldest open entry {oldest}", f"now {now()}"])


def parked() -> list[tuple[str, str]]:
    """(where, cause) of everything that waits for a person."""
    records = DeliveryRecord.objects.filter(state="parked").values_list("cause__code", flat=True)
    entries = OutboxEntry.objects.filter(state="parked").values_list("cause__code", flat=True)
    return [("record", code) for code in records] + [("entry", code) for code in entries]
