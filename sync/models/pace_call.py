from django.db import models
from django.db.models.functions import Now

from sync.models.choices import Lane
from sync.models.institution import Institution


class PaceCall(models.Model):
    """One permit taken, or one refusal heard from S-360: for the budget panel, and a second count beside the buckets.

    Kept for a day.
    """

    # One row per call: the institution's index below is the only one.
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())
    is_refused = models.BooleanField(db_default=False)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, null=True)
    service = models.CharField(max_length=150, blank=True)
    method = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["institution", "is_refused", "at"], name="pace_call_recent"),
            models.Index(fields=["at"], name="pace_call_by_time"),
        ]
