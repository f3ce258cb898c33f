"""From a connector's result to what becomes of the entry."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crm.connectors.base import RecordResult
from crm.services.mapping import EntityMapping
from crm.services.push.prepare import Prepared
from crm.services.push.relink import may_pass
from sync.engine.backoff import AGE_LIMIT, NextStep, decide
from sync.engine.failures import Failure
from sync.engine.redaction import scrub
from sync.models import FailureKind, Target
from sync.services.causes import CauseKey
from sync.services.ledger.verdict import Action, Verdict


@dataclass(frozen=True, slots=True)
class Judge:
    """`now` is the database's. `verify_seconds`: how long an uncertain outcome rests before it is read."""

    now: datetime
    mapping: EntityMapping
    verify_seconds: float
    draw: Callable[[], float] = random.random

    def of_result(self, prepared: Prepared, result: RecordResult) -> Verdict:
        """One record's verdict."""
        if result.failure is not None and self._only_link_is_missing(prepared, result):
            # The order itself is written. A reading sees that and links it, where a repeated send would write it twice.
            delay = 0.0 if result.failure.kind == "throttled" else self.verify_seconds
            return self._verdict(prepared, result.failure, Action.UNCERTAIN, delay)
        if result.failure is not None:
            return self.of_failure(prepared, result.failure)
        entry = prepared.entry
        detail = {"status": result.status, "remote_id": result.remote_id}
        return Verdict(
            entry.entry_id,
            entry.institution_id,
            entry.record_id,
            Action.DONE,
            sent=prepared.sent,
            agree=prepared.agree,
            detail=detail,
        )

    def _only_link_is_missing(self, prepared: Prepared, result: RecordResult) -> bool:
        """Written, but not tied to its contact, for a reason that may pass. After days: the ordinary way out."""
        if result.failure is None or result.remote_id is None or not prepared.record.links:
            return False
        first = prepared.entry.first_failed_at or self.now
        return may_pass(result.failure) and self.now - first < AGE_LIMIT

    def of_failure(self, prepared: Prepared, failure: Failure) -> Verdict:
        """The verdict of a record that was not accepted, whether by itself or with its whole batch."""
        entry = prepared.entry
        first = entry.first_failed_at or self.now
        decided = decide(
            failure, attempt=entry.attempt_count + 1, now=self.now, first_failed_at=first, draw=self.draw()
        )
        match decided.step:
            case NextStep.RETRY:
                delay = (decided.at - self.now).total_seconds() if decided.at else 0.0
                return self._verdict(prepared, failure, Action.RETRY, delay)
            case NextStep.VERIFY:
                return self._verdict(prepared, failure, Action.UNCERTAIN, self.verify_seconds)
            case NextStep.PAUSE:
                # The connection stops; the entry is due again as soon as it works.
                return self._verdict(prepared, failure, Action.THROTTLED, 0.0)
            case _:
                return self._park(prepared, failure, decided.cause or failure.code)

    def _park(self, prepared: Prepared, failure: Failure, code: str) -> Verdict:
        field = self.mapping.canonical_name(failure.field)
        entry = prepared.entry
        cause = CauseKey(entry.institution_id, Target.CRM, FailureKind(failure.kind), code, field)
        return self._verdict(prepared, failure, Action.PARK, 0.0, cause)

    def _verdict(
        self, prepared: Prepared, failure: Failure, action: Action, delay: float, cause: CauseKey | None = None
    ) -> Verdict:
        entry = prepared.entry
        detail = {"kind": str(failure.kind)}
        if failure.conflicting_remote_id:
            detail["conflicting_remote_id"] = failure.conflicting_remote_id
        return Verdict(
            entry.entry_id,
            entry.institution_id,
            entry.record_id,
            action,
            delay_seconds=max(0.0, delay),
            cause=cause,
            code=failure.code,
            message=scrub(failure.message),
            detail=detail,
        )
