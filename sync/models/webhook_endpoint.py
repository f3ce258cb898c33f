import secrets

from django.db import models

from sync.models.choices import Stream
from sync.models.institution import Institution


def new_public_id() -> str:
    return secrets.token_hex(6)


class EndpointAuthMode(models.TextChoices):
    NONE = "none", "Secret URL alone"
    BASIC = "basic", "HTTP Basic"
    HEADER = "header", "Static header"
    BEARER = "bearer", "Bearer token"


class WebhookEndpoint(models.Model):
    """One URL that S-360 posts one stream to. Only digests of its secrets are stored (see
    `sync.services.endpoints`)."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="endpoints")
    stream = models.CharField(max_length=20, choices=Stream.choices)
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    label = models.CharField(max_length=100, blank=True)
    secret_digest = models.CharField(max_length=64, editable=False)
    previous_secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    previous_secret_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    auth_mode = models.CharField(max_length=10, choices=EndpointAuthMode.choices, default=EndpointAuthMode.NONE)
    auth_name = models.CharField(
        max_length=100, blank=True, help_text="User name for HTTP Basic, header name for a static header."
    )
    auth_digest = models.CharField(max_length=64, blank=True, editable=False)
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text='Empty = anywhere. Example: ["192.0.2.0/24"]'
    )
    expected_batch_size = models.PositiveSmallIntegerField(
        default=50, help_text="Records per POST set in S-360 (at most 50)."
    )
    column_map = models.JSONField(
        default=dict, blank=True, help_text="Data-export streams only: column of the query -> canonical field."
    )
    confirm_fields = models.JSONField(
        default=list, blank=True, help_text="Fields whose change is held until a read of S-360 confirms it."
    )
    is_enabled = models.BooleanField(default=True)
    last_delivery_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_secret_use_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_address = models.GenericIPAddressField(null=True, blank=True, editable=False)
    refused_count = models.PositiveBigIntegerField(default=0, editable=False)
    refused_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    last_refused_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_refusal = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["institution__code", "stream", "id"]
        verbose_name = "webhook URL"
        verbose_name_plural = "webhook URLs"
        permissions = [("rotate_secret", "Can rotate the secret of a webhook URL")]

    def __str__(self) -> str:
        return f"{self.institution.code} {self.get_stream_display().lower()}"
