from django.db import models
from django.db.models.functions import Now


class OperatorAction(models.Model):
    """What a person did: who, when, why, to what, before and after. Append-only; `key` makes a double click one
    action."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=50)
    subject = models.CharField(max_length=100, help_text="Model and id, or the cause acted upon.")
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    key = models.CharField(max_length=150, null=True, unique=True)  # noqa: DJ001 - unique allows many nulls

    class Meta:
        indexes = [models.Index(fields=["at"], name="action_by_time")]

    def __str__(self) -> str:
        return f"{self.actor}: {self.verb} {self.subject}"
