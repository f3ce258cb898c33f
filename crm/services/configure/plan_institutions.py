"""Plans the institutions: the row itself, S-360 settings, API access and the pairing with a connection."""

from __future__ import annotations

from typing import Any

from crm.models import Binding, Connection, Pairing
from crm.services.configure.configuration import Configuration, InstitutionConfig, PairingConfig
from crm.services.configure.draft import Draft, moved_detail
from crm.services.configure.plan import Detail
from crm.services.configure.plan_fields import plan_policies
from crm.services.configure.plan_options import merged, option_details
from crm.services.configure.plan_webhooks import plan_webhooks
from sync.models import ApiAccess, Contact, Delivery, Institution, Order

_API_NEEDS = {
    "base_url": 'the address of the backend API, such as "https://myvenue.ws.secutix.com"',
    "virtual_operator": 'the technical account, such as "MYVENUE_CRM"',
}


def plan_institutions(draft: Draft, configuration: Configuration, rotate: set[str]) -> set[str]:
    """Returns the codes that leave their connection: removed here, or paired with another one."""
    stored = {row.code: row for row in Institution.objects.all()}
    known = {config.name for config in configuration.connections.items}
    known |= (
        set(Connection.objects.values_list("name", flat=True)) if not configuration.connections.is_complete else set()
    )
    leaving: set[str] = set()
    for config in configuration.institutions.items:
        row = stored.pop(config.code, None)
        _plan_institution(draft, config, row)
        _plan_api(draft, config, row)
        if _plan_pairing(draft, config, row, known):
            leaving.add(config.code)
        plan_webhooks(draft, config, row, rotate)
        plan_policies(draft, config, row)
    if configuration.institutions.is_complete:
        leaving |= {code for code, row in stored.items() if _plan_removal(draft, row)}
    else:
        draft.left_alone(("institutions",), list(stored), configuration.institutions.items)
    return leaving


def _plan_institution(draft: Draft, config: InstitutionConfig, stored: Institution | None) -> None:
    path = ("institutions", config.code)
    row = stored or Institution(code=config.code)
    settings = merged(row.settings, config.settings)
    values: dict[str, Any] = dict(config.values)
    if stored is None:
        draft.save(path, row, {"code": config.code, **values, **({"settings": settings} if settings else {})})
        return
    moved = {name: value for name, value in values.items() if getattr(row, name) != value}
    details = [moved_detail(name, getattr(row, name), value) for name, value in moved.items()]
    details += option_details("settings", row.settings, settings)
    if details:

        def run(_: object) -> None:
            for name, value in {**moved, "settings": settings}.items():
                setattr(row, name, value)
            row.save(update_fields=[*moved, "settings"])

        draft.change(path, details, run)


def _plan_api(draft: Draft, config: InstitutionConfig, stored: Institution | None) -> None:
    if config.api is None:
        return
    path = ("institutions", config.code, "api")
    row = ApiAccess.objects.filter(institution=stored).first() if stored else None
    for name, meaning in _API_NEEDS.items():
        if row is None and not config.api.values.get(name):
            draft.problems.note(path, name, f"missing; {meaning}")
    draft.save(
        path,
        row or ApiAccess(),
        config.api.values,
        parents=lambda: {"institution": Institution.objects.get(code=config.code)},
        hidden={"secret"},
    )


def _plan_pairing(draft: Draft, config: InstitutionConfig, stored: Institution | None, known: set[str]) -> bool:
    """True when the institution leaves the connection it has now."""
    pairing = config.pairing
    if pairing is None:
        return False
    path = ("institutions", config.code, "pairing")
    if pairing.connection not in known:
        there = ", ".join(sorted(known)) or "none"
        draft.problems.note(path, "connection", f"no connection {pairing.connection!r}; there are: {there}")
        return False
    row = Pairing.objects.filter(institution=stored).select_related("connection").first() if stored else None
    if row is None:
        _plan_new_pairing(draft, config.code, pairing)
        return False
    return _plan_moved_pairing(draft, config.code, pairing, row)


def _plan_new_pairing(draft: Draft, code: str, pairing: PairingConfig) -> None:
    values = {"connection": pairing.connection, **pairing.values}

    def run(_: object) -> None:
        institution = Institution.objects.get(code=code)
        connection = Connection.objects.get(name=pairing.connection)
        Pairing.objects.create(institution=institution, connection=connection, **pairing.values)

    draft.add(("institutions", code, "pairing"), [Detail(name, None, value) for name, value in values.items()], run)


def _plan_moved_pairing(draft: Draft, code: str, pairing: PairingConfig, row: Pairing) -> bool:
    path = ("institutions", code, "pairing")
    moves = row.connection.name != pairing.connection
    moved = {name: value for name, value in pairing.values.items() if getattr(row, name) != value}
    details = [moved_detail(name, getattr(row, name), value) for name, value in moved.items()]
    if moves:
        details.insert(0, Detail("connection", row.connection.name, pairing.connection))
    if (moves or "key_prefix" in moved) and _is_tied(row):
        draft.problems.note(
            path,
            "connection" if moves else "key_prefix",
            f"records of {code} are already tied to records of {row.connection.name}: under another connection or "
            "prefix each of them would be created a second time",
        )
    elif details:

        def run(_: object) -> None:
            for name, value in moved.items():
                setattr(row, name, value)
            row.connection = Connection.objects.get(name=pairing.connection)
            row.save()

        draft.change(path, details, run)
    return moves


def _is_tied(row: Pairing) -> bool:
    bindings = Binding.objects.filter(connection=row.connection)
    mine = bindings.filter(contact__institution=row.institution) | bindings.filter(order__institution=row.institution)
    return mine.exists()


def _plan_removal(draft: Draft, row: Institution) -> bool:
    """True when it goes. An institution that holds data stays, and the plan is refused with the way out."""
    if any(model.objects.filter(institution=row).exists() for model in (Contact, Order, Delivery)):
        draft.problems.note(
            ("institutions",),
            row.code,
            "holds contacts, orders or deliveries, so it is not removed; "
            f"to stop it write is_enabled = false under [institutions.{row.code}]",
        )
        return False
    draft.remove(("institutions", row.code), row)
    return True
