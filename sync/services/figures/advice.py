"""What an operator can do about a cause, in one or two plain sentences.

A code with advice of its own first, else the kind of failure decides. To add one: a line in `_BY_CODE`.
"""

from collections.abc import Mapping
from typing import Final

from sync.engine.fields import spec_of
from sync.models import Cause, FailureKind, Target

_BY_CODE: Final[Mapping[str, str]] = {
    "record_rejected": (
        "Correct the value in S-360: the corrected record comes by itself. If the value is right and the console reads "
        "it wrongly, change the institution's settings and re-queue."
    ),
    "old_replay": (
        "Somebody may have sent an old request again. Compare with S-360; re-queue only what is still true there."
    ),
    "needs_confirmation": "Look the change up in S-360. If it is true, apply the record as it stands.",
    "erased_contact_returns": (
        "The person was erased here on request. Have S-360 stop sending this contact, or undo the erasure."
    ),
    "CONFLICT": (
        "Another CRM record already holds a value that is unique there, mostly an e-mail address. The same person? "
        "Link the contact to that record. Somebody else (a family or a structure shares the address)? Decide in the "
        "CRM whose it is, or take the field out of the mapping; then re-queue."
    ),
    "value_not_mapped": "Add the value to the field's value map, then re-queue this cause.",
    "frozen": "Look at both sides' values on the record's page, correct the wrong side, then release the record.",
    "worker_died": (
        "The console stopped while working on this record. Re-queue it once; if it comes back, report it with its id."
    ),
}
_BY_KIND: Final[Mapping[str, Mapping[str, str]]] = {
    Target.CRM: {
        FailureKind.PERMANENT: (
            "The CRM refuses this value. Correct it in S-360 (it then goes by itself), or change the field mapping and "
            "re-queue this cause."
        ),
        FailureKind.MISCONFIGURED: (
            "Check the CRM connection, its credentials and the field mapping, then re-queue this cause."
        ),
        FailureKind.TRANSIENT: "The CRM could not be reached for days. When it works again, re-queue this cause.",
        FailureKind.THROTTLED: "The CRM asked to slow down for too long. Re-queue this cause when it is quieter.",
    },
    Target.S360: {
        FailureKind.PERMANENT: "Compare the record with S-360, correct it there, or re-queue it as it stands.",
        FailureKind.MISCONFIGURED: "Check the institution's API access and settings, then re-queue this cause.",
    },
}
_INTERNAL: Final = "A fault of the console itself. Re-queue once; if it comes back, report it with the record's id."
_OTHERWISE: Final = "Find out why it was refused, then re-queue this cause."
_TITLES: Final[Mapping[str, str]] = {
    "record_rejected": "Record from S-360 cannot be read",
    "old_replay": "An old request was sent again",
    "needs_confirmation": "Change waits for a confirmation",
    "erased_contact_returns": "An erased contact came back",
    "worker_died": "The console stopped on this record",
    "CONFLICT": "Another CRM record already holds this value",
    "value_not_mapped": "Value missing in the field mapping",
    "frozen": "The record is frozen",
    "retries_exhausted": "No success for days",
}
_VERBS: Final[Mapping[str, str]] = {
    FailureKind.MISCONFIGURED: "cannot take",
    FailureKind.TRANSIENT: "could not take",
    FailureKind.THROTTLED: "asked to slow down for",
    FailureKind.INTERNAL: "was not reached by",
}


def title_of(cause: Cause) -> str:
    """The cause in a few words: what happened, and to which field."""
    known = _TITLES.get(cause.code)
    if known is not None:
        place = ": ".join(part for part in (cause.field and spec_of(cause.field).label, cause.value_class) if part)
        return f"{known} ({place})" if place else known
    side = "The CRM" if cause.target == Target.CRM else "S-360"
    what = spec_of(cause.field).label if cause.field else "the record"
    return (
        f"{side} {_VERBS.get(cause.kind, 'refuses')} {what} ({cause.code})" if cause.code else f"{side} refuses {what}"
    )


def advice_for(cause: Cause) -> str:
    """What to do about it."""
    if cause.code in _BY_CODE:
        return _BY_CODE[cause.code]
    if cause.kind == FailureKind.INTERNAL:
        return _INTERNAL
    return _BY_KIND.get(cause.target, {}).get(cause.kind, _OTHERWISE)
