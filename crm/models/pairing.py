from django.db import models

from crm.models.connection import Connection
from sync.models import Institution


class Pairing(models.Model):
    """Which CRM connection an institution feeds: exactly one; one connection may serve several institutions."""

    institution = models.OneToOneField(Institution, on_delete=models.CASCADE, related_name="pairing")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="pairings")
    key_prefix = models.CharField(
        max_length=20,
        blank=True,
        help_text="Put before S-360's number in the CRM when two institutions share an account.",
    )
    send_abandoned_orders = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.institution.code} -> {self.connection.name}"
