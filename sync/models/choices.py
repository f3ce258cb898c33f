"""The closed lists that rows, screens and logs share."""

from django.db import models


class Entity(models.TextChoices):
    CONTACT = "contact", "Contact"
    ORDER = "order", "Order"


class Target(models.TextChoices):
    CRM = "crm", "CRM"
    S360 = "s360", "S-360"


class Lane(models.IntegerChoices):
    """Order in which due work is taken; a smaller number goes first."""

    OPERATOR = 0, "Operator"
    LIVE = 1, "Live"
    RETRY = 2, "Retry"
    BULK = 3, "Bulk"


class Lifecycle(models.TextChoices):
    ACTIVE = "active", "Active"
    INVALIDATED = "invalidated", "Invalidated"
    ANONYMISED = "anonymised", "Anonymised"
    MERGED = "merged", "Merged into another"
    ERASED = "erased", "Erased"


class Stream(models.TextChoices):
    """What one webhook URL receives (S-360 protocol: contact V2, order V2, data-export rows)."""

    CONTACTS = "contacts", "Contacts"
    ORDERS = "orders", "Orders"
    EXPORT_CONTACTS = "export-contacts", "Data export: contacts"
    EXPORT_ORDERS = "export-orders", "Data export: orders"

    @property
    def entity(self) -> Entity:
        return Entity.CONTACT if self in (Stream.CONTACTS, Stream.EXPORT_CONTACTS) else Entity.ORDER


class EntryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Claimed"
    SENDING = "sending", "Being sent"
    UNCERTAIN = "uncertain", "Uncertain"
    PARKED = "parked", "Parked"
    SETTLED = "settled", "Settled"


OPEN_STATES = (EntryState.WAITING, EntryState.PARKED)
IN_FLIGHT_STATES = (EntryState.CLAIMED, EntryState.SENDING, EntryState.UNCERTAIN)


class EntryOutcome(models.TextChoices):
    DONE = "done", "Done"
    NOTHING_TO_DO = "nothing_to_do", "Nothing to do"
    SUPERSEDED = "superseded", "Superseded by a newer entry"
    CANCELLED = "cancelled", "Cancelled"
    SUPPRESSED = "suppressed", "Kept back on purpose"


class RecordState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    PARKED = "parked", "Parked"
    SETTLED = "settled", "Settled"


class RecordOutcome(models.TextChoices):
    APPLIED = "applied", "Applied"
    UNCHANGED = "unchanged", "Unchanged"
    ECHO = "echo", "Echo of our own write"
    STALE = "stale", "Older than what we hold"
    REJECTED = "rejected", "Rejected"
    HELD = "held", "Held for a confirming read"
    FAILED = "failed", "Failed in the console"
    DISMISSED = "dismissed", "Dismissed by an operator"


class FailureKind(models.TextChoices):
    TRANSIENT = "transient", "May work later"
    THROTTLED = "throttled", "Told to slow down"
    PERMANENT = "permanent", "Refused until the data changes"
    MISCONFIGURED = "misconfigured", "Settings or credentials"
    INTERNAL = "internal", "Fault of the console"


class EventKind(models.TextChoices):
    """One line of a record's story."""

    RECEIVED = "received", "Received"
    UNCHANGED = "unchanged", "Unchanged"
    ECHO = "echo", "Echo suppressed"
    STALE = "stale", "Older delivery ignored"
    HELD = "held", "Held"
    REWRITTEN = "rewritten", "Rewritten by the other side"
    PLANNED = "planned", "Planned"
    PUSHED = "pushed", "Sent to the CRM"
    WRITTEN_BACK = "written_back", "Written to S-360"
    NOTHING_TO_SEND = "nothing_to_send", "Nothing to send"
    WAITS = "waits", "Waits"
    RELEASED = "released", "Released"
    RETRY = "retry", "Will be tried again"
    UNCERTAIN = "uncertain", "Outcome unknown"
    CONFLICT = "conflict", "Conflict"
    PARKED = "parked", "Parked"
    REQUEUED = "requeued", "Re-queued"
    CANCELLED = "cancelled", "Cancelled"
    RESOLVED = "resolved", "Resolved"
    LINKED = "linked", "Linked"
    ANONYMISED = "anonymised", "Anonymised"
    ERASED = "erased", "Erased"
