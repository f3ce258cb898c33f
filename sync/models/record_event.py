from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from sync.models.choices import EventKind, Target


class RecordEvent(models.Model):
    """One line of a record's story, append-only, one per decision.

    The links carry no foreign keys: the story outlives the deliveries and attempts it mentions (retention removes those
    first), and checking seven keys a row would cost the intake a third of its speed.
    """

    institution_id = models.IntegerField()
    contact_id = models.BigIntegerField(null=True)
    order_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    target = models.CharField(max_length=4, choices=Target.choices, blank=True)
    actor = models.CharField(max_length=150, blank=True, help_text="Who did it; empty = the console itself.")
    detail = models.JSONField(
        default=dict, help_text="Fields, reasons and counts; values only where they are ours to keep."
    )
    cause_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    delivery_record_id = models.BigIntegerField(null=True)
    entry_id = models.BigIntegerField(null=True)
    attempt_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["contact_id", "id"], condition=models.Q(contact_id__isnull=False), name="event_of_contact"
            ),
            models.Index(fields=["order_id", "id"], condition=models.Q(order_id__isnull=False), name="event_of_order"),
            # Rows arrive in order of time: a few kilobytes tell retention where the old ones are.
            BrinIndex(fields=["at"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
