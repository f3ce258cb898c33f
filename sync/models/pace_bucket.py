from django.db import models
from django.db.models.functions import Now

from sync.models.institution import Institution


class PaceLayer(models.TextChoices):
    """What a bucket limits. Bulk is the part of the institution's pace that a mass update may take."""

    INSTITUTION = "institution", "Institution"
    BULK = "bulk", "Mass updates"
    SERVICE = "service", "Service"
    METHOD = "method", "Method"


class PaceBucket(models.Model):
    """One limit of S-360, shared by every process on every machine; only `sync.services.pace` writes here.

    The institution's own row also says how much refusals have slowed us down and until when everybody stops. All times
    are the database's.
    """

    key = models.CharField(max_length=200, unique=True, help_text="Rows are locked in the order of their keys.")
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="pace_buckets")
    layer = models.CharField(max_length=11, choices=PaceLayer.choices)
    name = models.CharField(max_length=150, blank=True, help_text="The service or method.")
    tat = models.DateTimeField(
        null=True, help_text="Theoretical arrival time: when the bucket has room again. Empty: made anew, no room yet."
    )
    rate_factor = models.FloatField(db_default=1.0, help_text="Part of the pace left after refusals, 0.1 to 1.")
    factor_since = models.DateTimeField(
        db_default=Now(), help_text="From then on the pace recovers, a twentieth of the ceiling a quiet minute."
    )
    blocked_until = models.DateTimeField(db_default=Now())
    throttles_in_a_row = models.PositiveIntegerField(db_default=0)
    last_throttled_at = models.DateTimeField(null=True)
    others_per_minute = models.PositiveIntegerField(
        null=True, help_text="What others seemed to spend when S-360 last refused us: the limit less our own calls."
    )
    granted_count = models.PositiveBigIntegerField(db_default=0)
    throttled_count = models.PositiveBigIntegerField(db_default=0)
    remade_at = models.DateTimeField(null=True, help_text="The row was lost or spoiled, and made anew: slow.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "pace to S-360"
        verbose_name_plural = "pace to S-360"
        ordering = ["key"]
        permissions = [("reset_pace", "Can reset the pace to S-360")]

    def __str__(self) -> str:
        return " ".join(part for part in (self.institution.code, self.get_layer_display().lower(), self.name) if part)
