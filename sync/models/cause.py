from django.db import models
from django.db.models.functions import Now

from sync.models.choices import FailureKind, Target
from sync.models.institution import Institution


class Cause(models.Model):
    """Why a group of entries or records is parked. Lifting it releases exactly those, paced."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="causes")
    target = models.CharField(max_length=4, choices=Target.choices)
    kind = models.CharField(max_length=13, choices=FailureKind.choices)
    code = models.CharField(max_length=100)
    field = models.CharField(max_length=100, blank=True)
    value_class = models.CharField(max_length=100, blank=True, help_text="The offending value, masked, or its kind.")
    message = models.CharField(max_length=500, blank=True, help_text="What the other side said, made safe to show.")
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "target", "kind", "code", "field", "value_class"], name="cause_once"
            )
        ]

    def __str__(self) -> str:
        what = f"{self.field}: {self.value_class}" if self.value_class else self.field
        return " · ".join(part for part in (self.get_target_display(), self.code, what) if part)
