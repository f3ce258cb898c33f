import json
from typing import Any

from django.db import models

from sync.models.fields import EncryptedTextField


class ConnectionState(models.TextChoices):
    OK = "ok", "Working"
    PAUSED = "paused", "Paused by an operator"
    NEEDS_CREDENTIALS = "needs_credentials", "Needs new credentials or settings"
    BREAKER_OPEN = "breaker_open", "Not reachable, probing"
    OVER_LIMIT = "over_limit", "Told to slow down"


class Connection(models.Model):
    """One CRM account. Outages and credentials stop the connection, not ten thousand records one by one."""

    name = models.SlugField(max_length=50, unique=True)
    connector = models.CharField(max_length=30, help_text="Which kind of CRM; see crm.connectors.registry.")
    settings = models.JSONField(default=dict, blank=True)
    secrets_text = EncryptedTextField(blank=True, editable=False, help_text="JSON of the connector's secrets.")
    state = models.CharField(max_length=20, choices=ConnectionState.choices, default=ConnectionState.OK, editable=False)
    state_reason = models.CharField(max_length=500, blank=True, editable=False)
    state_changed_at = models.DateTimeField(null=True, editable=False)
    resume_at = models.DateTimeField(null=True, editable=False, help_text="Next probe, or the end of a throttle.")
    breaker = models.JSONField(default=dict, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    last_check = models.JSONField(default=dict, editable=False)
    last_checked_at = models.DateTimeField(null=True, editable=False)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        permissions = [("operate_connection", "Can pause, resume, check and probe a CRM connection")]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> dict[str, str]:
        return json.loads(self.secrets_text) if self.secrets_text else {}

    @secrets.setter
    def secrets(self, values: dict[str, Any]) -> None:
        self.secrets_text = json.dumps(values) if values else ""
