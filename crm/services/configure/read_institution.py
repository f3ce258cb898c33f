"""Reads `[institutions.<CODE>]`: the tenant, its S-360 settings, API access, pairing, webhooks and field policies."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields

from crm.services.configure import readers
from crm.services.configure.configuration import ApiConfig, InstitutionConfig, Options, PairingConfig
from crm.services.configure.read_fields import read_policies
from crm.services.configure.read_webhooks import read_webhooks
from crm.services.configure.secret_refs import SecretSource
from crm.services.configure.table import Table
from sync.models import ApiAuthMode
from sync.s360.settings import S360Settings, S360SettingsError

_KEYS = {
    "name": readers.text(200),
    "timezone": readers.zone,
    "webhook_interval_minutes": readers.whole(1, 1440),
    "is_enabled": readers.truth,
}
_PAIRING_KEYS = {"key_prefix": readers.text(20), "send_abandoned_orders": readers.truth}
_SETTING_NAMES = tuple(field.name for field in dataclass_fields(S360Settings))


def read_institution(code: str, table: Table, secrets: SecretSource) -> InstitutionConfig:
    """Notes every fault in `table`; what could not be read is left out of the result."""
    read = InstitutionConfig(
        code=code,
        values=table.read_given(_KEYS),
        settings=read_s360_settings(table.table("settings")),
        api=_api(table.table("api"), secrets),
        pairing=_pairing(table.table("pairing")),
        webhooks=read_webhooks(table.table("webhooks"), secrets),
        policies=read_policies(table.table("policies")),
    )
    table.finish()
    return read


def read_s360_settings(table: Table | None) -> Options:
    """Settings for what S-360's documentation leaves open; each is checked by the code that uses it."""
    if table is None:
        return Options()
    is_complete = table.is_complete()
    given = table.rest()
    for name in set(given) - set(_SETTING_NAMES):
        table.problems.note_unknown(table.path, name, _SETTING_NAMES)
    known = {name: value for name, value in given.items() if name in _SETTING_NAMES}
    try:
        S360Settings.from_mapping(known)
    except S360SettingsError as error:
        for problem in error.problems:
            table.note(problem.name, problem.way_out)
    return Options(known, is_complete)


def _api(table: Table | None, secrets: SecretSource) -> ApiConfig | None:
    if table is None:
        return None
    values = table.read_given(
        {
            "base_url": readers.web_address,
            "virtual_operator": readers.text(100),
            "partner": readers.text(100),
            "secret": secrets.read,
            "auth_mode": readers.choice(ApiAuthMode.values),
            "calls_per_minute": readers.whole(1, 100_000),
            "budget_share": readers.share,
        }
    )
    table.finish()
    return ApiConfig(values)


def _pairing(table: Table | None) -> PairingConfig | None:
    if table is None:
        return None
    connection = table.read("connection", readers.text(50), "")
    values = table.read_given(_PAIRING_KEYS)
    table.require("connection", "the name of the CRM connection this institution feeds")
    table.finish()
    return PairingConfig(connection, values)
