"""What the calls of one slice tell of their connection, written down together.

A row locked, read and written after every call cost more than the records the call carried; a second later is as good.
Only two things are told at once: a failure, and the answer to a probe, which decides whether others may call again.
"""

from dataclasses import dataclass

from crm.services.connection_state import note_failure, note_success
from sync.engine.failures import Failure


@dataclass(slots=True)
class CallNotes:
    """Answered calls not written down yet. Call `write` at the end of the slice, whatever ended it."""

    connection_id: int
    _answered: int = 0

    def answered(self, *, at_once: bool = False) -> None:
        """A call was answered (refused records included)."""
        self._answered += 1
        if at_once:
            self.write()

    def failed(self, failure: Failure) -> None:
        """A call failed as a whole: earlier answers are counted first, or the breaker would see failures only."""
        self.write()
        note_failure(self.connection_id, failure)

    def write(self) -> None:
        """Count what is not counted yet. Safe to repeat."""
        count, self._answered = self._answered, 0
        if count:
            note_success(self.connection_id, calls=count)
