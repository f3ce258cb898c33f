"""A connection's field mapping, compiled: canonical fields to the CRM's names and values, and the way back.

A value without an entry in a field's value map is a *misconfigured* record: it is parked under a cause that names field
and value, and adding the value to the map releases exactly those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import orjson

from crm.connectors.base import Scalar
from crm.models import FieldMapping
from sync.engine.canonical import FieldKind, Value, canonical_value, kind_of
from sync.engine.policy import PolicySet
from sync.models import Entity

ANY_VALUE: Final = "*"
LIST_SEPARATOR: Final = ";"  # how a CRM's multi-value field is written as text
CODE: Final = "{code}"  # in a family's remote name: what the star stood for, in lower case
_UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class UnmappedValueError(Exception):
    """A value the field's value map does not know."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"The value map of {self.field} has no entry for {self.value}."


@dataclass(frozen=True)
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

    def canonical(self, field: str, remote: Scalar, like: Any = _UNKNOWN) -> Value:
        """Our value for the CRM's; total. A value the map does not know, or knows twice, is kept as it is.

        `like`: S-360's value. Where it would be written as exactly what the CRM holds, it is the one that is meant.
        """
        if like is not _UNKNOWN and self._is_written_as(field, like, remote):
            return canonical_value(field, like)
        if kind_of(field) is FieldKind.CODES:
            parts = _text(remote).split(LIST_SEPARATOR)
            return canonical_value(field, [self._inverse.get(part.strip(), part) for part in parts])
        return canonical_value(field, self._inverse.get(_text(remote), remote))

    def _is_written_as(self, field: str, value: Any, remote: Scalar) -> bool:
        try:
            return _text(self.remote_value(field, value)) == _text(remote)
        except UnmappedValueError:
            return False

    @cached_property
    def _inverse(self) -> Mapping[str, str]:
        """The CRM's value -> ours, where exactly one of ours becomes it."""
        ours: dict[str, list[str]] = {}
        for key, remote in self.value_map.items():
            ours.setdefault(remote.strip(), []).append(key)
        return {remote: keys[0] for remote, keys in ours.items() if len(keys) == 1 and keys != [ANY_VALUE]}


def _text(value: Scalar) -> str:
    """CRMs answer in text, or in JSON's own types; null is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()


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
                return MappedField(remote.replace(CODE, field[len(prefix) :].lower()), values)
        return None

    def remote_fields(self, values: Mapping[str, Any]) -> dict[str, Scalar]:
        """Canonical values under the CRM's names; fields without a mapping stay behind. Raises UnmappedValueError."""
        remote: dict[str, Scalar] = {}
        for field, value in values.items():
            mapped = self.of(field)
            if mapped is not None:
                remote[mapped.remote_name] = mapped.remote_value(field, value)
        return remote

    def canonical_fields(
        self, remote_fields: Mapping[str, Scalar], like: Mapping[str, Any] | None = None
    ) -> dict[str, Value]:
        """The CRM's fields under our names, in canonical form; its fields without a mapping stay behind. Total.

        `like`: S-360's view of the same record. It settles which of two values that share a CRM value is meant, and
        spells the codes of a family: the CRM's names have lost upper and lower case (without it: upper case).
        """
        known = like or {}
        found: dict[str, Value] = {}
        for field in self._fields_held(remote_fields, known):
            mapped = self.of(field)
            if mapped is not None and mapped.remote_name in remote_fields:
                remote = remote_fields[mapped.remote_name]
                found[field] = mapped.canonical(field, remote, known.get(field, _UNKNOWN))
        return found

    def _fields_held(self, remote_fields: Mapping[str, Scalar], known: Mapping[str, Any]) -> list[str]:
        fields = dict.fromkeys([*self._exact, *known])
        taken = {mapped.remote_name for field in fields if (mapped := self.of(field)) is not None}
        guessed = (self._guessed(name) for name in remote_fields if name not in taken)
        return [*fields, *(field for field in guessed if field is not None)]

    def _guessed(self, remote_name: str) -> str | None:
        """The field of a family whose remote name this is. A family named by its code alone would claim every name."""
        for prefix, remote, _ in self._families:
            before, star, after = remote.partition(CODE)
            code = remote_name.removeprefix(before).removesuffix(after)
            if star and before + after and code and before + code + after == remote_name:
                return prefix + code.upper()
        return None

    def names_to_read(self, known: Iterable[str]) -> list[str]:
        """The CRM's names of all single fields, and of those of `known` that a family maps."""
        mapped = [*self._exact.values(), *(self.of(field) for field in known)]
        return list(dict.fromkeys(each.remote_name for each in mapped if each is not None))

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
