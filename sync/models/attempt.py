from django.db import models
from django.db.models.functions import Now

from sync.models.choices import Entity, Target
from sync.models.institution import Institution


class AttemptOutcome(models.TextChoices):
    OPEN = "open", "No answer yet"
    ACCEPTED = "accepted", "Accepted"
    PARTIAL = "partial", "Some refused"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"


class Attempt(models.Model):
    """One try at one remote call: committed before the call (the intent), completed after it.

    A batch call is one attempt; its records are told by the entries' `attempt` and by RecordEvent.
    """

    institution = models.ForeignKey(Institution, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.CharField(max_length=4, choices=Target.choices)
    connection_id = models.BigIntegerField(null=True, help_text="The CRM connection, when the target is the CRM.")
    entity = models.CharField(max_length=7, choices=Entity.choices)
    verb = models.CharField(max_length=20, default="upsert")
    record_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=AttemptOutcome.choices, default=AttemptOutcome.OPEN)
    code = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="attempt_by_time")]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"
