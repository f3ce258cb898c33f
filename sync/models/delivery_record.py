from django.db import models

from sync.models.cause import Cause
from sync.models.choices import RecordOutcome, RecordState
from sync.models.delivery import Delivery


class DeliveryRecord(models.Model):
    """One record inside a delivery: `ordinal` is its place in the array. Rows are written set-based, never by `save()`.

    A record the door could not accept is born `parked` with outcome `rejected`, the field, the (clipped) value and
    the reason.
    """

    # No database constraint: both rows are written by one statement, and fifty checks are a quarter of its cost.
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="records", db_index=False, db_constraint=False
    )
    ordinal = models.PositiveIntegerField()
    external_id = models.TextField(
        blank=True, help_text="contactNumber or orderId as text; empty when it could not be read."
    )
    state = models.CharField(max_length=10, choices=RecordState.choices, default=RecordState.WAITING)
    outcome = models.CharField(max_length=10, choices=RecordOutcome.choices, blank=True)
    problem_field = models.CharField(max_length=100, blank=True)
    problem_value = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    warning = models.CharField(max_length=500, blank=True)
    cause = models.ForeignKey(
        Cause, null=True, blank=True, on_delete=models.PROTECT, related_name="delivery_records", db_index=False
    )
    is_confirmed = models.BooleanField(default=False, help_text="An operator or a read said: apply it as it stands.")
    crash_count = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        # No index on external_id: "where was this contact?" is asked of RecordEvent, which links here.
        indexes = [
            models.Index(fields=["delivery", "ordinal"], name="record_in_delivery"),
            models.Index(fields=["cause", "id"], condition=models.Q(state="parked"), name="record_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id or 'record'} in delivery {self.delivery_id}"
