"""One contact record of S-360 to canonical fields ("Contact webhook": the structure of ``getContactData``).

A field that was not sent is absent from the view; null and the empty text are known empty. Values no documentation
lists are kept as they came, with a warning: only a wrong *type* in a mapped field rejects the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sync.engine.canonical import Value, canonical_value, canonicaliser
from sync.engine.lifecycle import Lifecycle
from sync.s360.contact_lists import read_consents, read_criteria
from sync.s360.envelope import CONTACT_NUMBER, json_type, shape_problem
from sync.s360.paths import ABSENT, Path, Segment, WrongShapeError, compile_path, find, find_block
from sync.s360.problems import RecordRejected, RecordWarning
from sync.s360.settings import S360Settings
from sync.s360.times import date_text, utc_time

TITLES: Final = frozenset({"MR", "MRS", "MISS", "MR_AND_MRS", "LADIES", "GENTLEMEN", "UNDEFINED"})
CONTACT_TYPES: Final = frozenset({"INDIVIDUAL", "STRUCTURE"})
COUNTRY_FIELDS: Final = frozenset({"country", "address_country"})
CONSENT_BLOCK: Final = "authorizations"
CRITERION_BLOCK: Final = "contactCriteria"
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class ContactPayload:
    """A contact as S-360 says it is.

    ``complete_prefixes`` names the lists that were sent
    whole: a known ``criterion.X`` that is missing although ``criterion.`` is complete has been taken away.
    ``updated_at`` and ``origin`` stay None unless an institution found a path that carries them.
    """

    number: str
    view: dict[str, Value]
    lifecycle: Lifecycle
    merged_into: str | None = None
    warnings: tuple[RecordWarning, ...] = ()
    complete_prefixes: tuple[str, ...] = ()
    updated_at: datetime | None = None
    origin: str | None = None


class ContactReader:
    """Reads contact records of one institution; the field map is compiled once, so keep the reader."""

    def __init__(self, settings: S360Settings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.organization_timezone)
        self._blocks = _by_block(settings.contact_field_map)
        self._paths = dict(settings.contact_field_map)
        self.lifecycles = LifecycleReader(settings)
        self.number = NumberReader(settings)
        self._merged_into = _optional_path(settings.merged_into_path)
        self._updated_at = _optional_path(settings.contact_updated_at_path)
        self._origin = _optional_path(settings.origin_marker_path)

    def read(self, record: Any, *, now: datetime | None = None) -> ContactPayload:
        """Raises RecordRejected naming field and value. Pure; ``now`` dates an ``endValidityDate`` that lies ahead."""
        number = self.number.read(record)
        warnings: list[RecordWarning] = []
        try:
            view = self._read_fields(record)
            merged_into = self._read_text(record, self._merged_into)
            updated_at = self._read_time(record, self._updated_at)
            origin = self._read_text(record, self._origin) or self._created_from(record)
        except WrongShapeError as error:
            raise RecordRejected(error.path, error.value, error.reason) from None
        prefixes = self._read_lists(record, view, warnings)
        self._warn(view, warnings)
        ends_at = self._end_of_validity(record)
        lifecycle = self.lifecycles.of(view, merged_into=merged_into, ended=_is_past(ends_at, now))
        return ContactPayload(
            number, view, lifecycle, merged_into, tuple(warnings), prefixes, updated_at=updated_at, origin=origin
        )

    def _read_fields(self, record: dict[str, Any]) -> dict[str, Value]:
        view: dict[str, Value] = {}
        for segments, members in self._blocks:
            block = find_block(record, segments) if segments else record
            if block is ABSENT:
                continue
            for leaf, field, read_text in members:
                value = None if block is None else block.get(leaf, ABSENT)
                if type(value) is str:
                    view[field] = read_text(value)
                elif value is None:
                    view[field] = None
                elif value is not ABSENT:
                    raise RecordRejected(self._paths[field], value, f"expected text, got {json_type(value)}")
        return view

    def _read_lists(
        self, record: dict[str, Any], view: dict[str, Value], warnings: list[RecordWarning]
    ) -> tuple[str, ...]:
        prefixes = []
        if record.get(CONSENT_BLOCK) is not None:
            view.update(read_consents(record[CONSENT_BLOCK], self._settings, warnings))
            prefixes.append("consent.")
        if record.get(CRITERION_BLOCK) is not None:
            view.update(read_criteria(record[CRITERION_BLOCK], self._settings, warnings))
            prefixes.append("criterion.")
        return tuple(prefixes)

    def _warn(self, view: Mapping[str, Value], warnings: list[RecordWarning]) -> None:
        warnings.extend(unlisted_values(view, self._settings.contact_state_map, self._paths))

    def _end_of_validity(self, record: dict[str, Any]) -> datetime | None:
        value = record.get("endValidityDate")
        return None if value is None or value == "" else self._time(value, "endValidityDate")

    def _created_from(self, record: dict[str, Any]) -> str | None:
        """``createdFrom`` is a map of text to text whose content nobody documents: told whole, or not at all."""
        sent = record.get("createdFrom") if self._settings.origin_from_created_from else None
        return ", ".join(f"{key}={sent[key]}" for key in sorted(sent)) or None if isinstance(sent, dict) else None

    def _read_text(self, record: dict[str, Any], path: Path | None) -> str | None:
        value = None if path is None else find(record, path)
        if path is None or value is ABSENT or value is None or value == "":
            return None
        if not isinstance(value, str):
            raise RecordRejected(path.text, value, f"expected text, got {json_type(value)}")
        return value

    def _read_time(self, record: dict[str, Any], path: Path | None) -> datetime | None:
        text = self._read_text(record, path)
        return None if text is None or path is None else self._time(text, path.text)

    def _time(self, value: Any, field: str) -> datetime:
        if not isinstance(value, str):
            raise RecordRejected(field, value, f"expected a timestamp as text, got {json_type(value)}")
        try:
            return utc_time(value, self._zone)
        except ValueError as error:
            raise RecordRejected(field, value, str(error)) from None


class NumberReader:
    """Reads the identity of a contact record: text of digits, leading zeros kept."""

    def __init__(self, settings: S360Settings, *, member: str = CONTACT_NUMBER) -> None:
        self._pattern = re.compile(settings.contact_number_pattern)
        self._member = member

    def read(self, record: Any) -> str:
        """The contact number. Raises RecordRejected when there is none, or when it was sent as a number."""
        problem = None if type(record) is dict else shape_problem(record)
        if problem is not None:
            raise RecordRejected(problem.field, record, problem.reason)
        value = record.get(self._member)
        if isinstance(value, str) and self._pattern.fullmatch(value):
            return value
        raise RecordRejected(self._member, value, self._reason(value, is_sent=self._member in record))

    def _reason(self, value: Any, *, is_sent: bool) -> str:
        if value is None or value == "":
            return "it is empty, so nobody knows whose record this is" if is_sent else "the record does not carry it"
        if not isinstance(value, str):
            return f"expected text, got {json_type(value)}: a number has already lost its leading zeros"
        return f"it does not match contact_number_pattern ({self._pattern.pattern})"


class LifecycleReader:
    """Is the contact active, invalidated, anonymised or merged? ("Merge, deletion, anonymisation")"""

    def __init__(self, settings: S360Settings) -> None:
        self._states = {state: Lifecycle(stage) for state, stage in settings.contact_state_map.items()}
        self._states.update(dict.fromkeys(settings.merged_state_values, Lifecycle.MERGED))
        self._states.update(dict.fromkeys(settings.anonymised_state_values, Lifecycle.ANONYMISED))
        self._anonymous_name = re.compile(settings.anonymised_name_pattern)

    def of(self, view: Mapping[str, Value], *, merged_into: str | None = None, ended: bool = False) -> Lifecycle:
        """Anonymised outweighs merged, merged outweighs invalidated."""
        by_state = self._states.get(str(view.get("state")), Lifecycle.ACTIVE)
        if by_state == Lifecycle.ANONYMISED or (
            self._is_anonymous(view, "first_name") and self._is_anonymous(view, "last_name")
        ):
            return Lifecycle.ANONYMISED
        if merged_into or by_state == Lifecycle.MERGED:
            return Lifecycle.MERGED
        return Lifecycle.INVALIDATED if ended else by_state

    def _is_anonymous(self, view: Mapping[str, Value], field: str) -> bool:
        value = view.get(field)
        return isinstance(value, str) and self._anonymous_name.search(value) is not None


def read_text_value(field: str, value: str, *, shown_field: str) -> Value:
    """A text of the wire in canonical form. Raises RecordRejected when a date is none."""
    if field == "birth_date":
        try:
            return date_text(value.strip())
        except ValueError as error:
            raise RecordRejected(shown_field, value, str(error)) from None
    return canonical_value(field, value)


def unlisted_values(
    view: Mapping[str, Value], states: Mapping[str, str], paths: Mapping[str, str]
) -> list[RecordWarning]:
    """Values outside the documented lists: kept, and worth an operator's look."""
    found = []
    for field, known in (("title", TITLES), ("contact_type", CONTACT_TYPES), ("state", states)):
        value = view.get(field)
        if value is not None and value not in known:
            found.append(RecordWarning(paths.get(field, field), str(value)[:60], "not a documented value, kept"))
    for field in COUNTRY_FIELDS:
        value = view.get(field)
        if isinstance(value, str) and _COUNTRY.fullmatch(value) is None:
            note = "not an ISO 3166-1 alpha-2 code, kept"
            found.append(RecordWarning(paths.get(field, field), value[:60], note))
    return found


Member = tuple[str, str, Callable[[str], Value]]  # name on the wire, our field, how its text is read


def _by_block(field_map: Mapping[str, str]) -> list[tuple[tuple[Segment, ...], list[Member]]]:
    """All that can be decided once for all records is decided here."""
    blocks: dict[tuple[Segment, ...], list[Member]] = {}
    for field, text in field_map.items():
        path = compile_path(text)
        blocks.setdefault(path.segments[:-1], []).append((path.leaf, field, _text_reader(field, text)))
    return list(blocks.items())


def _text_reader(field: str, path: str) -> Callable[[str], Value]:
    """`read_text_value` of one field; an empty text is a value known to be empty."""
    if field != "birth_date":
        return canonicaliser(field)
    return lambda value: read_text_value(field, value, shown_field=path) if value else None


def _optional_path(text: str) -> Path | None:
    return compile_path(text) if text else None


def _is_past(moment: datetime | None, now: datetime | None) -> bool:
    return moment is not None and (now is None or moment.astimezone(UTC) <= now)
