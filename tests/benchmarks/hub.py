"""The console under measurement: one institution, its webhook for contacts, one HubSpot connection."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection as database

from config.supervisor.members import ProcessMember
from config.supervisor.processes import Preparation, beat, console_processes, worker
from config.supervisor.supervisor import Supervisor
from crm.models import Connection
from crm.services.configure.practice import PracticeSetup, ensure_practice_configuration
from sync.models import Institution, WebhookEndpoint
from tests.config.serving_support import free_port

OWNER = "bench"
FIRST_STORED = 9_000_000_000
CRM_TOKEN = "bench-token"
DATA_TABLES = (
    "sync_recordevent, sync_attempt, sync_outboxentry, crm_binding, sync_deliveryrecord, sync_delivery, sync_syncrun, "
    "sync_contactalias, sync_orderline, sync_order, sync_contact, sync_cause, bench_reference_referencecontact"
)
SHIPPED = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "INFO"}  # without the reference


@dataclass
class Hub:
    """`port`: where its web processes listen once they are started."""

    port: int
    setup: PracticeSetup
    institution: Institution
    endpoint: WebhookEndpoint
    stored: int = 0  # contacts a full database holds, numbered from FIRST_STORED

    def stored_indexes(self, count: int, turn: int) -> list[int]:
        """So many of them, spread over all; another turn, others. Empty on an empty database."""
        step = self.stored // count if count else 0
        return [FIRST_STORED + place * step + turn for place in range(count)] if step else []

    @property
    def contacts_path(self) -> str:
        return "/" + self.setup.contacts_url.split("/", 3)[3]

    @property
    def connection(self) -> Connection:
        return Connection.objects.get(name=self.setup.connection)


def make_hub() -> Hub:
    """Tables and configuration, as `make run` makes them. Nothing runs yet."""
    call_command("migrate", verbosity=0, run_syncdb=True)
    port = free_port()
    setup = point_at(port, "http://127.0.0.1:1")
    institution = Institution.objects.get(code=setup.institution)
    return Hub(port, setup, institution, WebhookEndpoint.objects.get(institution=institution, stream="contacts"))


def point_at(port: int, crm_url: str) -> PracticeSetup:
    """(Re)configure: the console listens on `port`, the CRM at `crm_url`."""
    return ensure_practice_configuration(base_url=f"http://127.0.0.1:{port}", crm_url=crm_url, crm_token=CRM_TOKEN)


def empty_tables() -> None:
    """Forget every record, delivery and entry; the configuration stays."""
    with database.cursor() as cursor:
        cursor.execute(f"TRUNCATE {DATA_TABLES}")
        cursor.execute("CHECKPOINT")


def forget_unfinished() -> None:
    """What a load left waiting would be worked on during the next measurement."""
    with database.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM sync_delivery WHERE state <> 'settled' RETURNING id) "
            "DELETE FROM sync_deliveryrecord r USING gone WHERE r.delivery_id = gone.id"
        )
        cursor.execute("DELETE FROM sync_outboxentry WHERE state <> 'settled'")


@contextmanager
def running(*members: ProcessMember) -> Iterator[Supervisor]:
    """These processes under the console's own supervisor, ready; ended however the block ends."""
    supervisor = Supervisor(stopping=lambda: False, hurried=lambda: False)
    try:
        for member in members:
            supervisor.start(member)
        supervisor.wait_until_ready()
        yield supervisor
    finally:
        supervisor.stop()


def web_process(hub: Hub) -> ProcessMember:
    """The shipped web server on the shipped settings."""
    members = console_processes(host="127.0.0.1", port=hub.port, preparation=Preparation(admin=""))
    return _shipped(next(member for member in members if member.name == "web"))


def worker_processes() -> list[ProcessMember]:
    return [_shipped(worker()), _shipped(beat())]


def reference_process(port: int) -> ProcessMember:
    """The reference view behind the same web server."""
    members = console_processes(host="127.0.0.1", port=port, preparation=Preparation(admin=""))
    member = next(member for member in members if member.name == "web")
    assert isinstance(member, ProcessMember)
    member.name = "reference"
    return member


def _shipped(member: object) -> ProcessMember:
    assert isinstance(member, ProcessMember)
    member.environment |= SHIPPED
    return member


def wait_for(reached: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Ask until it is so, at most so long. Returns whether it came to be."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
