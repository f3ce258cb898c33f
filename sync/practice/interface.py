"""One outbound interface, as an operator sets it up in S-360's back office: where to, how much, how often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from sync.practice.auth import WebhookAuth
from sync.practice.contact_payload import ALL_DETAILS

Stream = Literal["contacts", "orders", "exports"]
STREAMS: tuple[Stream, ...] = get_args(Stream)
CONTACT_PLACEHOLDER, ORDER_PLACEHOLDER = "${contactNumber}", "${orderId}"


@dataclass(frozen=True, slots=True)
class Interface:
    """M is `every_seconds` (None: only when told to), S is `per_execution`, bs is `per_post`.

    S-360's own defaults are 15 min, 100 and 1; its highest S and bs are 500 and 50, which we start from. Larger ones
    are allowed here: a receiver must be tried with batches of any size.
    """

    stream: Stream
    url: str = ""
    auth: WebhookAuth = field(default_factory=WebhookAuth)
    every_seconds: float | None = None
    per_execution: int = 500
    per_post: int = 50
    timeout_seconds: float = 10.0
    max_attempts: int = 12
    version: Literal["V1", "V2"] = "V2"  # V1 sends the identifier only, in place of the placeholder
    method: Literal["GET", "POST"] = "POST"  # V1 only; V2 always POSTs
    body_template: str = ""  # V1 POST: a plain JSON text with the placeholder
    details: tuple[str, ...] = ALL_DETAILS
    granularity: Literal["OPERATIONS", "MOVEMENTS", "TICKETS"] = "TICKETS"
    order_root: Literal["wrapped", "inner", "list"] = "wrapped"  # the root shapes back offices have been seen with
    bare_when_single: bool = False  # older versions with bs = 1 sent one bare object instead of an array
    content_type: str = "application/json; charset=UTF-8"

    def changed(self, changes: Mapping[str, Any]) -> "Interface":
        """A copy with these settings. Raises ValueError naming the setting that is unknown or out of range."""
        known = {f.name for f in fields(self)} - {"stream"}
        for name in changes:
            if name not in known:
                raise ValueError(f"unknown interface setting {name!r}; known: {', '.join(sorted(known))}")
        values = dict(changes)
        if isinstance(values.get("auth"), Mapping):
            values["auth"] = WebhookAuth(**values["auth"])
        if "details" in values:
            values["details"] = tuple(values["details"])
        made = replace(self, **values)
        _check(made)
        return made

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"details": list(self.details)}


def default_interfaces() -> dict[Stream, Interface]:
    """Nothing is pointed anywhere yet; the data export keeps the vendor's bs of 10."""
    return {stream: Interface(stream, per_post=10 if stream == "exports" else 50) for stream in STREAMS}


def _check(interface: Interface) -> None:
    for name in ("per_execution", "per_post", "max_attempts"):
        if getattr(interface, name) < 1:
            raise ValueError(f"{name} must be at least 1")
    if interface.every_seconds is not None and interface.every_seconds <= 0:
        raise ValueError("every_seconds must be positive, or null for 'only when told to'")
    unknown = set(interface.details) - set(ALL_DETAILS)
    if unknown:
        raise ValueError(f"this practice S-360 has no blocks {sorted(unknown)}")
