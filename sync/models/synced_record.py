from django.db import models

from sync.models.choices import Lifecycle
from sync.models.institution import Institution


class SyncedRecord(models.Model):
    """What a contact and an order have in common: both sides' views, the agreed pairs, and the raw payload.

    `s360_view`, `crm_view`: canonical field -> value (absent = never sent). `agreed`: field -> [S-360's, CRM's] value.
    """

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="+", db_index=False)
    s360_view = models.JSONField(default=dict)
    crm_view = models.JSONField(default=dict)
    agreed = models.JSONField(default=dict)
    raw = models.JSONField(default=dict)
    raw_digest = models.BigIntegerField(default=0, help_text="Tells 'nothing new at all' without reading raw.")
    lifecycle = models.CharField(max_length=12, choices=Lifecycle.choices, default=Lifecycle.ACTIVE)
    is_in_crm = models.BooleanField(default=False, help_text="The CRM has given this record an id.")
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_reason = models.CharField(max_length=300, blank=True)
    last_record_id = models.BigIntegerField(
        default=0, help_text="The newest delivery record applied: an older one that comes late is stale."
    )
    s360_seen_at = models.DateTimeField(null=True)
    crm_seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
