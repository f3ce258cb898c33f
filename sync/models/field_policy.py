from django.db import models

from sync.models.choices import Entity
from sync.models.institution import Institution


class PolicyDirection(models.TextChoices):
    BOTH = "both", "Both ways"
    TO_CRM = "to_crm", "S-360 to CRM only"
    TO_S360 = "to_s360", "CRM to S-360 only"
    NONE = "none", "Not synchronised"


class PolicyConflict(models.TextChoices):
    S360_WINS = "s360_wins", "S-360 wins"
    CRM_WINS = "crm_wins", "CRM wins"
    LATEST = "latest", "The latest seen wins"
    MOST_RESTRICTIVE = "most_restrictive", "The most restrictive wins (consent)"
    ASK = "ask", "Ask a person"


class PolicyFirstLink(models.TextChoices):
    S360_WINS = "s360_wins", "S-360 wins"
    FILL_EMPTY = "fill_empty", "Fill what is empty"
    ASK = "ask", "Ask a person"


class PolicyBlank(models.TextChoices):
    KEEP = "keep", "An empty value never clears"
    CLEAR = "clear", "An empty value clears"


class FieldPolicy(models.Model):
    """How one canonical field travels at one institution; fields without a row follow `engine.policy` defaults."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="field_policies")
    entity = models.CharField(max_length=7, choices=Entity.choices, default=Entity.CONTACT)
    field = models.CharField(
        max_length=100, help_text="Canonical field; 'consent.*' and 'criterion.*' mean all of them."
    )
    direction = models.CharField(max_length=8, choices=PolicyDirection.choices, default=PolicyDirection.BOTH)
    conflict = models.CharField(max_length=16, choices=PolicyConflict.choices, default=PolicyConflict.S360_WINS)
    first_link = models.CharField(max_length=10, choices=PolicyFirstLink.choices, default=PolicyFirstLink.S360_WINS)
    blank = models.CharField(max_length=5, choices=PolicyBlank.choices, default=PolicyBlank.KEEP)

    class Meta:
        verbose_name_plural = "field policies"
        ordering = ["institution", "entity", "field"]
        constraints = [models.UniqueConstraint(fields=["institution", "entity", "field"], name="policy_once")]

    def __str__(self) -> str:
        return f"{self.field} ({self.get_direction_display()})"
