"""Faults that cannot be hit from outside at the right moment: each wraps one function of the process it runs in."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from django.db import transaction

from crm.services.push import batch
from sync.api import hooks as door
from sync.services import receive
from sync.services.intake import contacts, read


def wrap(module: ModuleType, name: str, wrapper: Callable[..., Any]) -> None:
    """From now on `wrapper(real function, *arguments)` is called in its place."""
    real = getattr(module, name)
    setattr(module, name, lambda *given, **named: wrapper(real, *given, **named))


def die_before_commit(armed: str) -> None:
    """The web process is gone when its rows are written and not committed; only while the file `armed` exists."""

    def insert_and_die(insert: Callable[..., int], *given: Any) -> int:
        if not Path(armed).exists():
            return insert(*given)
        with transaction.atomic():
            insert(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    wrap(receive, "_insert", insert_and_die)


def die_after_commit(budget: str) -> None:
    """The web process is gone between the commit and the reply, once for each byte in the file `budget`."""

    def receive_and_die(receive_delivery: Callable[..., Any], *given: Any, **named: Any) -> Any:
        receipt = receive_delivery(*given, **named)
        if use_one(Path(budget)):
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    wrap(door, "receive_delivery", receive_and_die)


def die_on_record(poison_and_marks: str) -> None:
    """The process ends without a word whenever it reads this record, as one out of memory would."""
    poison, _, marks = poison_and_marks.partition("@")

    def read_or_die(read_one: Callable[..., Any], reader: Any, work: Any, *rest: Any) -> Any:
        if work.external_id == poison:
            die_leaving_a_mark(marks)
        return read_one(reader, work, *rest)

    wrap(read, "_read", read_or_die)


def die_while_applying(poison_and_marks: str) -> None:
    """The same, later: when the record is being decided, in the middle of its transaction."""
    poison, _, marks = poison_and_marks.partition("@")

    def fold_or_die(fold: Callable[..., None], batch_: Any, held: Any, work: Any) -> None:
        if work.external_id == poison:
            die_leaving_a_mark(marks)
        fold(batch_, held, work)

    wrap(contacts, "fold_contact", fold_or_die)


def stop_before_sending(budget: str) -> None:
    """The process stands still (SIGSTOP) once its intent is committed, before anything is sent."""

    def take_and_stop(take: Callable[..., batch.Taken], *given: Any) -> batch.Taken:
        taken = take(*given)
        if taken.attempt_id is not None and use_one(Path(budget)):
            os.kill(os.getpid(), signal.SIGSTOP)
        return taken

    wrap(batch, "take", take_and_stop)


def stop_before_settling(budget: str) -> None:
    """The process stands still once the CRM has answered, before the answer is written down."""

    def send_and_stop(send: Callable[..., Any], *given: Any) -> Any:
        results = send(*given)
        if use_one(Path(budget)):
            os.kill(os.getpid(), signal.SIGSTOP)
        return results

    wrap(batch, "send", send_and_stop)


def use_one(budget: Path) -> bool:
    """Take a byte off the file, if it has one: a budget that outlives the processes that spend it."""
    left = budget.stat().st_size if budget.exists() else 0
    if left:
        os.truncate(budget, left - 1)
    return left > 0


def die_leaving_a_mark(marks: str) -> None:
    with Path(marks).open("ab") as file:
        file.write(b"x")
    os._exit(9)


HOOKS: dict[str, Callable[[str], None]] = {
    hook.__name__: hook
    for hook in (
        die_before_commit,
        die_after_commit,
        die_on_record,
        die_while_applying,
        stop_before_sending,
        stop_before_settling,
    )
}
