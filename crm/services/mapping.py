"""A connection's field mapping, compiled: canonical fields to the CRM's names and values, and back for its complaints.

A value without an entry in a field's value map is a *misconfigured* record: it is parked under a cause that names field
and value, and adding the value to the map releases exactly those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from crm.connectors.base import Scalar
from crm.models import FieldMapping
from sync.engine.policy import PolicySet
from sync.models import Entity

ANY_VALUE: Final = "*"
LIST_SEPARATOR: Final = ";"  # how a CRM's multi-value field is written as text


@dataclass(frozen=True, slots=True)
class UnmappedValueError(Exception):
    """A value the field's value map does not know."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"The value map of {self.field} has no entry for {self.value}."


@dataclass(frozen=True, slots=True)
class MappedField:
    """One canonical field's remote name and values."""

    remote_name: str
    value_map: Mapping[str, str]

    def remote_value(self, field: str, value: Any) -> Scalar:
        """The CRM's value; None clears. A list is mapped element by element. Raises UnmappedValueError."""
        if isinstance(value, list):
            return LIST_SEPARATOR.join(str(self._one(field, element)) for element in value)
        return self._one(field, value)

    def _one(self, field: str, value: Any) -> Scalar:
        if not self.value_map or value is None:
            return value  # type: ignore[no-any-return]
        key = str(value).lower() if isinstance(value, bool) else str(value)
        mapped = self.value_map.get(key, self.value_map.get(ANY_VALUE))
        if mapped is None:
            raise UnmappedValueError(field, key[:60])
        return value if mapped == ANY_VALUE else mapped


class EntityMapping:
    """All mapped fields of one entity. A name ending in `*` maps a family; `{code}` in its remote name is what the
    star stood for."""

    def __init__(self, rows: Iterable[tuple[str, str, Mapping[str, str]]]) -> None:
        given = list(rows)
        self._exact = {field: MappedField(remote, values) for field, remote, values in given if not field.endswith("*")}
        self._families = [(field[:-1], remote, values) for field, remote, values in given if field.endswith("*")]
        self.fields = tuple(field for field, _, _ in given)
        self.remote_names = tuple(mapped.remote_name for mapped in self._exact.values())

    def of(self, field: str) -> MappedField | None:
        mapped = self._exact.get(field)
        if mapped is not None:
            return mapped
        for prefix, remote, values in self._families:
            if field.startswith(prefix):
                return MappedField(remote.replace("{code}", field[len(prefix) :].lower()), values)
        return None

    def remote_fields(self, values: Mapping[str, Any]) -> dict[str, Scalar]:
        """Canonical values under the CRM's names; fields without a mapping stay behind. Raises UnmappedValueError."""
        remote: dict[str, Scalar] = {}
        for field, value in values.items():
            mapped = self.of(field)
            if mapped is not None:
                remote[mapped.remote_name] = mapped.remote_value(field, value)
        return remote

    def canonical_name(self, remote_name: str | None) -> str:
        """Which of our fields the CRM means when it complains; its own name where we do not know."""
        return next((f for f, mapped in self._exact.items() if mapped.remote_name == remote_name), remote_name or "")

    def limit(self, policies: PolicySet) -> PolicySet:
        """Policies under which only mapped fields travel."""
        return policies.limited_to(self.fields)


def load_mapping(connection_id: int, entity: Entity) -> EntityMapping:
    """The connection's enabled mapping; compiled once while its rows say the same."""
    rows = FieldMapping.objects.filter(connection_id=connection_id, entity=entity, is_enabled=True)
    return _compiled(orjson.dumps([(row.field, row.remote_name, row.value_map) for row in rows.order_by("field")]))


@lru_cache(maxsize=64)
def _compiled(rows: bytes) -> EntityMapping:
    return EntityMapping(orjson.loads(rows))
