"""Faults that cannot be hit from outside at the right moment: each patches one function of the process it runs in."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction

from crm.services.push import batch
from sync.api import hooks as door
from sync.services import receive
from sync.services.intake import read


def die_before_commit(argument: str) -> None:
    """The web process is gone when its rows are written and not committed; only while the file `argument` exists."""
    real = receive._insert

    def insert_and_die(*given: Any) -> int:
        if not Path(argument).exists():
            return real(*given)
        with transaction.atomic():
            real(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    receive._insert = insert_and_die  # type: ignore[assignment]


def die_after_commit(argument: str) -> None:
    """The web process is gone between the commit and the reply, as often as `argument` has bytes (one each is used)."""
    real = receive.receive_delivery

    def receive_and_die(*given: Any, **named: Any) -> receive.Receipt:
        receipt = real(*given, **named)
        if use_one(Path(argument)):
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    door.receive_delivery = receive_and_die  # type: ignore[assignment]


def die_on_record(argument: str) -> None:
    """The process ends without a word whenever it reads this record, as one out of memory would."""
    marks = Path(argument.partition("@")[2])
    poison = argument.partition("@")[0]
    real = read._read

    def read_or_die(reader: Any, work: Any, *rest: Any) -> Any:
        if work.external_id == poison:
            with marks.open("ab") as file:
                file.write(b"x")
            os._exit(9)
        return real(reader, work, *rest)

    read._read = read_or_die  # type: ignore[assignment]


def die_while_applying(argument: str) -> None:
    """The same, later: when the record is being decided, in the middle of its transaction."""
    from sync.services.intake import contacts  # noqa: PLC0415 - only here

    poison, _, marks = argument.partition("@")
    real = contacts.fold_contact

    def fold_or_die(batch_: Any, held: Any, work: Any) -> None:
        if work.external_id == poison:
            with Path(marks).open("ab") as file:
                file.write(b"x")
            os._exit(9)
        real(batch_, held, work)

    contacts.fold_contact = fold_or_die  # type: ignore[assignment]


def stop_before_sending(argument: str) -> None:
    """The process stands still (SIGSTOP) once its intent is committed, before anything is sent."""
    real = batch.take

    def take_and_stop(*given: Any) -> batch.Taken:
        taken = real(*given)
        if taken.attempt_id is not None and use_one(Path(argument)):
            os.kill(os.getpid(), signal.SIGSTOP)
        return taken

    batch.take = take_and_stop  # type: ignore[assignment]


def stop_before_settling(argument: str) -> None:
    """The process stands still once the CRM has answered, before the answer is written down."""
    real = batch.send

    def send_and_stop(*given: Any, **named: Any) -> Any:
        results = real(*given, **named)
        if use_one(Path(argument)):
            os.kill(os.getpid(), signal.SIGSTOP)
        return results

    batch.send = send_and_stop  # type: ignore[assignment]


def use_one(budget: Path) -> bool:
    """Take a byte off the file, if it has one: a budget that outlives the processes that spend it."""
    left = budget.stat().st_size if budget.exists() else 0
    if left:
        os.truncate(budget, left - 1)
    return left > 0


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
