from django.db import models
from django.db.models.functions import Now

from sync.models.attempt import Attempt
from sync.models.cause import Cause
from sync.models.choices import IN_FLIGHT_STATES, OPEN_STATES, Entity, EntryOutcome, EntryState, Lane, Target
from sync.models.contact import Contact
from sync.models.institution import Institution
from sync.models.order import Order


class WaitsFor(models.TextChoices):
    NOTHING = "", "-"
    CONTACT = "contact", "Its contact"


class OutboxEntry(models.Model):
    """Something owed to one target for one record. What to send is planned when it is sent, never stored ahead.

    The partial unique indexes are the coalescing: at most one waiting or parked and one in flight per (record, target).
    Due times, leases and claims use the database's clock only.
    """

    # No database constraint on institution and attempt: the record's own row vouches for the one, the same
    # transaction for
    # the other, and every change of state would check them again.
    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    entity = models.CharField(max_length=7, choices=Entity.choices)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    target = models.CharField(max_length=4, choices=Target.choices)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.LIVE)
    state = models.CharField(max_length=10, choices=EntryState.choices, default=EntryState.WAITING)
    due_at = models.DateTimeField(db_default=Now())
    waits_for = models.CharField(
        max_length=10,
        choices=WaitsFor.choices,
        default=WaitsFor.NOTHING,
        blank=True,
        help_text="Not due, whatever due_at says, until this has come.",
    )
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    first_failed_at = models.DateTimeField(null=True)
    intent = models.JSONField(null=True, help_text="What the last attempt sent: canonical field -> value.")
    attempt = models.ForeignKey(
        Attempt, null=True, on_delete=models.SET_NULL, related_name="entries", db_index=False, db_constraint=False
    )
    cause = models.ForeignKey(
        Cause, null=True, blank=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    outcome = models.CharField(max_length=14, choices=EntryOutcome.choices, blank=True)
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "outbox entries"
        permissions = [("requeue_work", "Can re-queue parked work")]
        constraints = [
            models.CheckConstraint(
                name="entry_has_one_record",
                condition=models.Q(entity=Entity.CONTACT, contact__isnull=False, order=None)
                | models.Q(entity=Entity.ORDER, order__isnull=False, contact=None),
            ),
            models.CheckConstraint(name="entry_state_known", condition=models.Q(state__in=EntryState.values)),
            # Without the null half of the rows: each would be written into the other kind's index as well.
            models.UniqueConstraint(
                fields=["contact", "target"],
                condition=models.Q(state__in=OPEN_STATES, contact__isnull=False),
                name="entry_open_contact",
            ),
            models.UniqueConstraint(
                fields=["order", "target"],
                condition=models.Q(state__in=OPEN_STATES, order__isnull=False),
                name="entry_open_order",
            ),
            models.UniqueConstraint(
                fields=["contact", "target"],
                condition=models.Q(state__in=IN_FLIGHT_STATES, contact__isnull=False),
                name="entry_flying_contact",
            ),
            models.UniqueConstraint(
                fields=["order", "target"],
                condition=models.Q(state__in=IN_FLIGHT_STATES, order__isnull=False),
                name="entry_flying_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["target", "entity", "lane", "due_at", "id"],
                condition=models.Q(state="waiting", waits_for=""),
                name="entry_due",
            ),
            models.Index(
                fields=["order"], condition=models.Q(state="waiting", waits_for="contact"), name="entry_held_order"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state__in=IN_FLIGHT_STATES), name="entry_leases"),
            models.Index(fields=["cause", "id"], condition=models.Q(state="parked"), name="entry_parked"),
            models.Index(fields=["settled_at"], condition=models.Q(state="settled"), name="entry_settled"),
            models.Index(fields=["contact"], condition=models.Q(contact__isnull=False), name="entry_of_contact"),
            models.Index(fields=["order"], condition=models.Q(order__isnull=False), name="entry_of_order"),
        ]

    def __str__(self) -> str:
        return f"Entry {self.pk}"
