"""One institution's settings, readers and policies, compiled once and kept while its rows say the same."""

from dataclasses import dataclass
from functools import lru_cache

import orjson

from sync.engine.fields import Entity as EngineEntity
from sync.engine.policy import BlankRule, ConflictRule, Direction, FirstLinkRule, PolicySet, default_policies
from sync.engine.policy import FieldPolicy as Rule
from sync.models import Entity, FieldPolicy, Institution, Stream, WebhookEndpoint
from sync.s360.contacts import ContactReader
from sync.s360.export_rows import ExportContactReader, ExportOrderReader
from sync.s360.orders import OrderReader
from sync.s360.settings import S360Settings

Reader = ContactReader | OrderReader | ExportContactReader | ExportOrderReader


@dataclass(frozen=True, slots=True)
class InstitutionRules:
    """What intake needs to know of one institution."""

    institution_id: int
    interval_minutes: int
    settings_key: bytes

    @property
    def settings(self) -> S360Settings:
        return _settings(self.settings_key)

    def reader(self, endpoint: WebhookEndpoint) -> Reader:
        """The reader of an endpoint's stream, compiled once."""
        column_map = orjson.dumps(endpoint.column_map, option=orjson.OPT_SORT_KEYS)
        return _reader(endpoint.stream, self.settings_key, column_map)


def load_rules(institution_id: int) -> InstitutionRules:
    """Raises S360SettingsError when the stored settings are wrong (the admin and `configure` refuse such settings)."""
    row = Institution.objects.only("settings", "timezone", "webhook_interval_minutes").get(pk=institution_id)
    return InstitutionRules(institution_id, row.webhook_interval_minutes, _key(row))


def settings_of(institution: Institution) -> S360Settings:
    """The institution's S-360 settings; its zone is a column of its own. Raises S360SettingsError."""
    return _settings(_key(institution))


def _key(institution: Institution) -> bytes:
    given = {"organization_timezone": institution.timezone} | institution.settings
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=64)
def _settings(key: bytes) -> S360Settings:
    return S360Settings.from_mapping(orjson.loads(key))


@lru_cache(maxsize=64)
def _reader(stream: str, settings_key: bytes, column_map: bytes) -> Reader:
    return _build(stream, _settings(settings_key), orjson.loads(column_map))


def _build(stream: str, settings: S360Settings, column_map: dict[str, str]) -> Reader:
    match Stream(stream):
        case Stream.CONTACTS:
            return ContactReader(settings)
        case Stream.ORDERS:
            return OrderReader(settings)
        case Stream.EXPORT_CONTACTS:
            return ExportContactReader(settings, column_map)
        case Stream.EXPORT_ORDERS:
            return ExportOrderReader(settings, column_map)


def policies_of(institution_id: int, entity: Entity) -> PolicySet:
    """The institution's field policies over the defaults."""
    rows = FieldPolicy.objects.filter(institution_id=institution_id, entity=entity)
    given = tuple(sorted((row.field, row.direction, row.conflict, row.first_link, row.blank) for row in rows))
    return _policies(str(entity), given)


@lru_cache(maxsize=128)
def _policies(entity: str, given: tuple[tuple[str, str, str, str, str], ...]) -> PolicySet:
    rules = (
        Rule(field, Direction(direction), ConflictRule(conflict), FirstLinkRule(first), BlankRule(blank))
        for field, direction, conflict, first, blank in given
    )
    return PolicySet(default_policies(EngineEntity(entity))).overridden_by(rules)
