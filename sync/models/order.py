from django.db import models

from sync.models.contact import Contact
from sync.models.synced_record import SyncedRecord


class Order(SyncedRecord):
    """One S-360 transaction; a refund or an exchange is an order of its own. Orders travel one way, to the CRM."""

    order_id = models.BigIntegerField()
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders")
    contact_number = models.TextField(blank=True, help_text="Purchaser as S-360 names it; empty for an anonymous sale.")
    order_state = models.TextField(blank=True)
    order_type = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    currency = models.CharField(max_length=3, blank=True)
    is_revenue = models.BooleanField(default=False)
    placed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "order_id"], name="order_id_once")]
        indexes = [
            models.Index(
                fields=["institution", "contact_number"],
                condition=models.Q(contact=None) & ~models.Q(contact_number=""),
                name="order_without_contact",
            ),
        ]

    def __str__(self) -> str:
        return str(self.order_id)


class OrderLine(models.Model):
    """One operation of an order, keyed by `operationId`; written set-based with its order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    operation_id = models.BigIntegerField()
    kind = models.TextField(blank=True)
    product = models.TextField(blank=True)
    product_code = models.TextField(blank=True)
    performance = models.TextField(blank=True)
    tariff = models.TextField(blank=True)
    quantity = models.IntegerField(null=True)
    unit_price = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    total_amount = models.DecimalField(max_digits=18, decimal_places=3, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "operation_id"], name="operation_once")]

    def __str__(self) -> str:
        return str(self.operation_id)
