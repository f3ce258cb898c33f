"""Where a contact stands in its life, and which side may still be written to."""

from enum import StrEnum


class Lifecycle(StrEnum):
    ACTIVE = "active"
    INVALIDATED = "invalidated"
    ANONYMISED = "anonymised"
    MERGED = "merged"
    ERASED = "erased"


# S-360 anonymises for good and a merged or erased record is no longer there: writing would revive or fail.
S360_ACCEPTS = frozenset({Lifecycle.ACTIVE, Lifecycle.INVALIDATED})
# Anonymisation must still reach the CRM's copy; a merged one is followed through its head, an erased one not at all.
CRM_ACCEPTS = frozenset({Lifecycle.ACTIVE, Lifecycle.INVALIDATED, Lifecycle.ANONYMISED})
