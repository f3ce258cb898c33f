"""What the CRM's side knows of a record, for its page in `sync.admin`: ids over there, and which fields travel."""

from typing import Any

from crm.models import Binding, Pairing
from crm.services.mapping import load_mapping
from sync.admin.far_side import FarSide, register_far_side
from sync.models import Entity
from sync.words import link_to, when


def far_side_of_record(entity: Entity, record: Any) -> FarSide | None:
    """Three queries: the pairing, the mapping, the bindings."""
    pairing = (
        Pairing.objects.filter(institution_id=record.institution_id)
        .select_related("connection")
        .defer("connection__secrets_text")
        .first()
    )
    if pairing is None:
        return None
    mapping = load_mapping(pairing.connection_id, entity)
    tied = (
        Binding.objects.filter(**{entity.value: record}).select_related("connection").defer("connection__secrets_text")
    )

    def name_of(field: str) -> str | None:
        mapped = mapping.of(field)
        return mapped.remote_name if mapped else None

    return FarSide(
        limit=mapping.limit,
        name_of=name_of,
        bindings=[(link_to(b.connection), b.remote_id, when(b.created_at)) for b in tied.order_by("id")[:10]],
        connection=link_to(pairing.connection),
    )


register_far_side(far_side_of_record)
