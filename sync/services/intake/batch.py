"""The state of one batch of one endpoint: what every step of intake shares."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sync.engine.policy import PolicySet
from sync.models import EventKind, FailureKind, RecordOutcome, Target, WebhookEndpoint
from sync.s360.problems import RecordProblem
from sync.services.causes import CauseBook, CauseKey
from sync.services.events import Event
from sync.services.institution_rules import InstitutionRules
from sync.services.intake.held import Held
from sync.services.intake.read import Work
from sync.services.owe import Owed


class BatchRaceError(Exception):
    """Another worker created one of the same records at the same moment; the batch is decided again from its row."""


class LeaseLostError(Exception):
    """The records of this batch were taken over by another worker; nothing of ours is kept."""


@dataclass(slots=True)
class Batch:
    """Collects what one transaction will write. `events` wait for the ids of records that are inserted first."""

    cursor: psycopg.Cursor[Any]
    endpoint: WebhookEndpoint
    rules: InstitutionRules
    policies: PolicySet
    works: Sequence[Work[Any]]
    causes: CauseBook
    events: list[tuple[Held | None, Event]] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)

    @property
    def institution_id(self) -> int:
        return self.rules.institution_id

    def tell(self, held: Held | None, work: Work[Any], kind: EventKind, detail: dict[str, Any] | None = None) -> None:
        """One line of the record's story; warnings of the payload ride along."""
        told = dict(detail or {})
        if work.warnings:
            told["warnings"] = work.warnings
        event = Event(
            self.institution_id,
            kind,
            target=Target.S360,
            detail=told,
            cause_id=work.cause_id,
            run_id=work.run_id,
            delivery_record_id=work.record_id,
        )
        self.events.append((held, event))

    def reject(self, held: Held | None, work: Work[Any], problem: RecordProblem) -> None:
        """The record cannot be read: parked with field, value and reason; its neighbours go on."""
        key = CauseKey(
            self.institution_id, Target.S360, FailureKind.PERMANENT, "record_rejected", problem.field, problem.reason
        )
        work.park(RecordOutcome.REJECTED, self.causes.id_of(key, f"{problem.field}: {problem.reason}"), problem.reason)
        self.tell(
            held, work, EventKind.PARKED, {"field": problem.field, "value": problem.value, "reason": problem.reason}
        )

    def hold(self, held: Held, work: Work[Any], code: str, reason: str, fields: Sequence[str] = ()) -> None:
        """Applied only after a read of S-360 or a person has confirmed it."""
        key = CauseKey(self.institution_id, Target.S360, FailureKind.PERMANENT, code)
        work.park(RecordOutcome.HELD, self.causes.id_of(key, reason), reason)
        self.tell(held, work, EventKind.HELD, {"reason": reason, "fields": list(fields)})
