"""How this CRM behaves when nothing is broken. Every setting can be changed while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar


class UnknownSettingError(ValueError):
    """A setting that does not exist, or a value it cannot take."""


@dataclass
class Settings:
    # Both faces
    face_mode: str = "per_record"  # or all_or_nothing: one bad record refuses its whole batch
    latency_ms: float = 0.0  # before every answer
    calls_per_10s: int = 0  # enforced when not 0
    calls_per_day: int = 0
    rewrites: dict[str, list[str]] = field(default_factory=dict)  # property -> trim, title, upper, lower, phone
    token_ttl_s: float = 1800.0  # of tokens issued by the token endpoints

    # HubSpot
    versions: tuple[str, ...] = ("2026-03", "v3")
    search_lag_s: float = 0.0  # a change enters the search index this late; HubSpot: some tens of seconds
    search_cap: int = 10_000
    results_order: str = "reversed"  # or as_sent; HubSpot promises no order, so callers should not rely on one
    portal_id: int = 4_242_424

    # Generic REST
    generic_style: str = "flag"  # creation is 200 {"error": false, "id": ...}; rest: 201 with the record
    unknown_token_status: int = 403  # or 401
    validation_status: int = 400  # or 422, or 200 (only the body's "error" tells)
    unique_key: str = "none"  # a second create with a known external_id: none = a second record, 409, 500
    unknown_attributes: str = "ignore"  # or refuse
    noop_moves_modified: bool = True  # a write that changes nothing still moves modified_at and author
    batch_endpoint: bool = True
    changed_since: bool = True  # False: the list knows no updated_since filter and ignores it
    idempotency_header: bool = False  # honour Idempotency-Key

    _CHOICES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "face_mode": ("per_record", "all_or_nothing"),
        "results_order": ("reversed", "as_sent"),
        "generic_style": ("flag", "rest"),
        "unknown_token_status": (401, 403),
        "validation_status": (200, 400, 422),
        "unique_key": ("none", "409", "500"),
        "unknown_attributes": ("ignore", "refuse"),
    }

    def change(self, **new: Any) -> None:
        """Set several at once, or none. Raises UnknownSettingError naming the setting."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        checked = {name: self._checked(name, value, known) for name, value in new.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any, known: dict[str, Any]) -> Any:
        if name not in known:
            raise UnknownSettingError(f"There is no setting {name}.")
        choices = self._CHOICES.get(name)
        if choices and value not in choices:
            raise UnknownSettingError(f"{name} must be one of {', '.join(map(str, choices))}.")
        wanted = type(known[name])
        try:
            return wanted(value)
        except (TypeError, ValueError) as error:
            raise UnknownSettingError(f"{name} must be a {wanted.__name__}.") from error

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
