from django.db import models
from django.db.models.functions import Now

from sync.models.choices import Stream
from sync.models.institution import Institution


class RunTrigger(models.TextChoices):
    WEBHOOK = "webhook", "Webhook"
    OPERATOR = "operator", "Operator"
    SCHEDULE = "schedule", "Schedule"
    COMMAND = "command", "Command"


class SyncRun(models.Model):
    """The deliveries of one S-360 execution, counted the way S-360's own interface log counts (protocol, section
    14)."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="runs")
    endpoint = models.ForeignKey("sync.WebhookEndpoint", null=True, on_delete=models.SET_NULL, related_name="runs")
    stream = models.CharField(max_length=20, choices=Stream.choices)
    trigger = models.CharField(max_length=10, choices=RunTrigger.choices, default=RunTrigger.WEBHOOK)
    started_at = models.DateTimeField(db_default=Now())
    last_delivery_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    delivery_count = models.PositiveIntegerField(default=0)
    record_count = models.PositiveIntegerField(default=0)
    succeeded_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    timeout_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "run"
        indexes = [
            models.Index(fields=["endpoint"], condition=models.Q(ended_at=None), name="run_open"),
            models.Index(fields=["started_at"], name="run_by_time"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def not_processed_count(self) -> int:
        """S-360's fifth counter: received and not yet decided."""
        done = self.succeeded_count + self.warning_count + self.error_count + self.timeout_count
        return max(0, self.record_count - done)
