from django.db import models

from crm.models.connection import Connection
from sync.models import Entity


class FieldMapping(models.Model):
    """What a canonical field is called in the CRM, and what its values become there. Policies live in `sync`."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="mappings")
    entity = models.CharField(max_length=7, choices=Entity.choices, default=Entity.CONTACT)
    field = models.CharField(max_length=100, help_text="Canonical field, for example last_name or consent.NEWSLETTER.")
    remote_name = models.CharField(max_length=200)
    value_map = models.JSONField(
        default=dict, blank=True, help_text='Canonical value -> CRM value, for example {"MR": "Mr."}. "*" = any other.'
    )
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["connection", "entity", "field"]
        constraints = [models.UniqueConstraint(fields=["connection", "entity", "field"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.field} -> {self.remote_name}"
