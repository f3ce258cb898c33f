from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models

from sync.models.fields import EncryptedTextField
from sync.models.institution import Institution


class ApiAuthMode(models.TextChoices):
    JWT = "jwt", "Signed token per call"
    TOKEN = "token", "Token exchange"


class ApiAccess(models.Model):
    """How the console may call one institution's S-360 backend API, and how much of the shared budget it takes."""

    institution = models.OneToOneField(Institution, on_delete=models.CASCADE, related_name="api_access")
    base_url = models.CharField(
        max_length=200,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text="https://<institution>.ws.secutix.com",
    )
    virtual_operator = models.CharField(max_length=100)
    partner = models.CharField(max_length=100, blank=True)
    secret = EncryptedTextField(blank=True)
    auth_mode = models.CharField(max_length=10, choices=ApiAuthMode.choices, default=ApiAuthMode.JWT)
    calls_per_minute = models.PositiveIntegerField(
        default=180, help_text="The contract's limit for everybody together."
    )
    budget_share = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.66"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(1))],
        help_text="Share of the limit the console may take: other integrations spend the same budget.",
    )

    class Meta:
        verbose_name = "S-360 API access"
        verbose_name_plural = "S-360 API access"

    def __str__(self) -> str:
        return f"{self.institution.code} API"
