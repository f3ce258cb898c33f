"""What people do, written where they do it: who, when, why, to what, before and after."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from sync.models import OperatorAction


class AlreadyDoneError(Exception):
    """The same click arrived twice; the first one did it."""


def note_action(
    actor: str,
    verb: str,
    subject: str,
    *,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> OperatorAction:
    """Append one line of audit, in the transaction of the change. `key` (of the form sent) makes a double click one
    action.

    Raises AlreadyDoneError.
    """
    try:
        with transaction.atomic():
            return OperatorAction.objects.create(
                actor=actor[:150],
                verb=verb,
                subject=subject[:100],
                reason=reason[:500],
                before=dict(before or {}),
                after=dict(after or {}),
                key=key,
            )
    except IntegrityError as error:
        raise AlreadyDoneError(f"{verb} {subject}") from error
