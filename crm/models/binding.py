from django.db import models
from django.db.models.functions import Now

from crm.models.connection import Connection
from sync.models import Contact, Entity, Order


class Binding(models.Model):
    """The tie between one of our records and the CRM's own id for it, unique both ways."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="bindings", db_index=False)
    entity = models.CharField(max_length=7, choices=Entity.choices)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="bindings", db_index=False)
    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="bindings", db_index=False)
    remote_id = models.TextField()
    remote_version = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [("link_records", "Can link a contact to a record the CRM already has")]
        constraints = [
            models.CheckConstraint(
                name="binding_has_one_record",
                condition=models.Q(entity=Entity.CONTACT, contact__isnull=False, order=None)
                | models.Q(entity=Entity.ORDER, order__isnull=False, contact=None),
            ),
            # Full, not partial: several nulls are allowed in a unique index, and a deleted record must find its
            # binding.
            models.UniqueConstraint(fields=["contact", "connection"], name="binding_contact_once"),
            models.UniqueConstraint(fields=["order", "connection"], name="binding_order_once"),
            models.UniqueConstraint(fields=["connection", "entity", "remote_id"], name="binding_remote_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.remote_id}"
