from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from sync.models.institution import Institution


class Allowance(models.Model):
    """A raised limit granted by SecuTix for a while. It counts once a second person has approved it, and ends by
    itself:
    the pace is computed from the database's clock at every call.
    """

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="allowances")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    calls_per_minute = models.PositiveIntegerField(
        validators=[MinValueValidator(1)],
        help_text="The institution's whole limit while it runs, as SecuTix granted it; others keep their usual part.",
    )
    ticket = models.CharField(max_length=100, help_text="Number of the SecuTix ticket that grants it.")
    note = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(db_default=Now())
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Ended by a person before its time.")

    class Meta:
        ordering = ["-starts_at"]
        permissions = [("approve_allowance", "Can approve an allowance that somebody else asked for")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="allowance_ends_after_start"),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("asked_by")), name="allowance_takes_two_people"
            ),
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at__isnull=True)
                | (~Q(approved_by="") & Q(approved_at__isnull=False)),
                name="allowance_approval_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["institution", "ends_at"], name="allowance_running")]

    def __str__(self) -> str:
        return f"{self.calls_per_minute} calls a minute for {self.institution.code}, ticket {self.ticket}"
