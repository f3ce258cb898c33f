from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models


class Institution(models.Model):
    """One S-360 tenant. `settings` holds only what differs from the defaults of `sync.s360.settings`."""

    code = models.CharField(
        max_length=15,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9_]+$", "Upper-case letters, digits and underscores, as S-360 shows it.")],
    )
    name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", help_text="Zone of S-360 times that carry none.")
    webhook_interval_minutes = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="How often S-360's schedule runs (1 to 1440). Twelve refused runs and a record is forgotten there.",
    )
    settings = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code
