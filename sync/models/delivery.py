from django.db import models
from django.db.models.functions import Now

from sync.models.choices import Stream
from sync.models.institution import Institution
from sync.models.sync_run import SyncRun
from sync.models.webhook_endpoint import WebhookEndpoint


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Being applied"
    SETTLED = "settled", "Settled"
    REFUSED = "refused", "Refused at the door"


class Delivery(models.Model):
    """One HTTP request from S-360, its body untouched. Claimed as a whole; its records settle one by one.

    A body refused although the caller was genuine is kept with state `refused` (bounded per endpoint), because S-360
    forgets its records after twelve tries.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    stream = models.CharField(max_length=20, choices=Stream.choices)
    received_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    body = models.BinaryField()
    body_size = models.PositiveIntegerField()
    digest = models.BinaryField(
        max_length=32, help_text="SHA-256 of the body: for display and suspicion, never to decide."
    )
    record_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0, help_text="Records the door could not accept.")
    remote_address = models.GenericIPAddressField(null=True)
    refusal_status = models.PositiveSmallIntegerField(null=True)
    refusal = models.CharField(max_length=300, blank=True)
    warning = models.CharField(max_length=300, blank=True)
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    crash_count = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["lease_until"], condition=models.Q(state="claimed"), name="delivery_claimed"),
            models.Index(fields=["endpoint", "received_at"], name="delivery_by_endpoint"),
            models.Index(fields=["received_at"], name="delivery_by_time"),
            models.Index(fields=["digest"], name="delivery_by_digest"),
            models.Index(fields=["endpoint", "id"], condition=models.Q(state="refused"), name="delivery_refused"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
