"""Lines of a health report that every connector writes the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime

from crm.connectors.base import Entity, HealthItem, HealthState, RemoteField

CLOCK_WARN_SECONDS = 5.0
CLOCK_FAIL_SECONDS = 60.0
BUDGET_WARN_SHARE = 0.2


def clock_item(date_header: str | None, now: float) -> HealthItem:
    """How far the CRM's clock is from ours (`now`: seconds since 1970). Polling trusts the CRM's clock."""
    try:
        theirs = parsedate_to_datetime(date_header or "").timestamp()
    except (TypeError, ValueError):
        return HealthItem("clock", "warn", "the CRM does not say what time it is")
    apart = abs(now - theirs)
    state: HealthState = "pass" if apart <= CLOCK_WARN_SECONDS else "warn" if apart <= CLOCK_FAIL_SECONDS else "fail"
    return HealthItem("clock", state, f"{apart:.0f} s away from ours")


def budget_item(left: str | None, of: str | None) -> HealthItem:
    """What is left of the day's calls, where the CRM says so."""
    if left is None or not left.isdigit():
        return HealthItem("daily budget", "pass", "the CRM names no daily limit")
    text = f"{left} calls left today" + (f" of {of}" if of else "")
    scarce = of is not None and of.isdigit() and int(left) < BUDGET_WARN_SHARE * int(of)
    return HealthItem("daily budget", "warn" if scarce else "pass", text)


def mapped_items(entity: Entity, mapped: Sequence[str], fields: Mapping[str, RemoteField]) -> Iterator[HealthItem]:
    """One line for each mapped field that cannot take a value, or one that says all can."""
    wrong = False
    for name in mapped:
        field = fields.get(name)
        if field is None:
            wrong = True
            yield HealthItem(f"{entity.value}: {name}", "fail", f"the CRM has no field {name}: correct the mapping")
        elif not field.writable:
            wrong = True
            yield HealthItem(f"{entity.value}: {name}", "fail", f"{name} is read only in the CRM")
    if not wrong:
        yield HealthItem(
            f"{entity.value}: mapped fields", "pass", f"{len(mapped)} mapped fields exist and can be written"
        )
