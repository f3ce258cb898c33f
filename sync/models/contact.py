from django.db import models

from sync.models.institution import Institution
from sync.models.synced_record import SyncedRecord


class Contact(SyncedRecord):
    """A person or organisation both systems know. `contact_number` is text: leading zeros are part of it."""

    contact_number = models.TextField(null=True)  # noqa: DJ001 - null: S-360 has not numbered it yet; unique allows many
    display_name = models.TextField(blank=True, help_text="For lists and search, from S-360's view.")
    email = models.TextField(blank=True, help_text="For search only. Several contacts may share one: never a key.")
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="absorbed")
    reversal_count = models.PositiveSmallIntegerField(default=0)
    reversals_since = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("view_personal_data", "Can see names, addresses and other personal values"),
            ("view_raw_payload", "Can see payloads as they came"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["institution", "contact_number"], name="contact_number_once"),
        ]
        indexes = [
            models.Index(fields=["email"], condition=~models.Q(email=""), name="contact_by_email"),
            # Pattern operators: the search asks for a prefix, which an ordinary index cannot answer outside the C
            # locale.
            models.Index(fields=["display_name"], name="contact_by_name", opclasses=["text_pattern_ops"]),
            models.Index(fields=["frozen_at"], condition=models.Q(frozen_at__isnull=False), name="contact_frozen"),
            # The few that are not active; the many that are cost nothing here.
            models.Index(
                fields=["lifecycle", "id"], condition=~models.Q(lifecycle="active"), name="contact_not_active"
            ),
        ]

    def __str__(self) -> str:
        return self.contact_number or f"contact {self.pk} (no number yet)"


class ContactAlias(models.Model):
    """A number absorbed by a merge, pointing at the head, so that old orders and files still link."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact_number = models.TextField()
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="aliases")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "contact aliases"
        constraints = [models.UniqueConstraint(fields=["institution", "contact_number"], name="alias_once")]

    def __str__(self) -> str:
        return f"{self.contact_number} -> {self.contact_id}"
