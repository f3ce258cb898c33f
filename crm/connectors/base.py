"""The contract every CRM plugs into: what goes in, what comes out, what a connector may promise.

Asked by the push, by change intake, by the health check and by the admin. Nothing else crosses this border: no HTTP
objects, no ORM objects, no mapping rules, no retry loops. Mapping happens before `upsert` and after `changes`; retry,
scheduling and persistence belong to the services. To add a CRM: one package here, one line in `registry.py`, and the
conformance suite of tests/crm/connectors run against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from sync.engine.failures import Failure, FailureKind, FailureScope
from sync.engine.fields import Entity

if TYPE_CHECKING:
    from sync.http.client import HttpClient

__all__ = [
    "Capabilities",
    "Change",
    "ChangePage",
    "ConnectorUnavailable",
    "CrmConnector",
    "Entity",
    "Failure",
    "FailureKind",
    "FailureScope",
    "FieldPreset",
    "HealthItem",
    "HealthReport",
    "HealthState",
    "Link",
    "OutboundRecord",
    "RecordResult",
    "RecordStatus",
    "Ref",
    "RemoteField",
    "RemoteRecord",
    "Scalar",
    "SettingField",
    "SettingKind",
]

Scalar = str | int | float | bool | None

RecordStatus = Literal["created", "updated", "unchanged", "failed"]
HealthState = Literal["pass", "warn", "fail"]
SettingKind = Literal["text", "url", "integer", "decimal", "boolean", "choice", "map", "secret"]


@dataclass(frozen=True, slots=True)
class Link:
    """An order's tie to its contact: the contact's S-360 number and, once known, its id in the CRM."""

    entity: Entity
    key: str
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboundRecord:
    """One record to write, already mapped to the CRM's names."""

    key: str  # the S-360 identifier, always text: leading zeros are part of it
    remote_id: str | None  # from the binding, when known
    fields: Mapping[str, Scalar]  # remote names; None clears the value, an absent name leaves it alone
    links: tuple[Link, ...] = ()
    trace_id: str = ""  # the attempt's id, echoed by the CRMs that can


@dataclass(frozen=True, slots=True)
class RecordResult:
    """How one record ended. `failure` is set exactly when `status` is "failed".

    `remote_id` may be set on a failure too: the record was written, what followed it (a link) was not.
    """

    key: str
    status: RecordStatus
    remote_id: str | None = None
    remote_version: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """What to read: by the CRM's id where known, else by the S-360 identifier. One of the two is set."""

    key: str | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """One record as the CRM holds it now, in the CRM's own names."""

    remote_id: str
    key: str | None
    fields: Mapping[str, Scalar]
    version: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One record that changed in the CRM. `own` is evidence of who wrote it, never a decision (the plan decides)."""

    entity: Entity
    remote_id: str
    key: str | None
    op: Literal["upsert", "delete", "merge"]
    changed_at: datetime  # UTC, the CRM's clock
    fields: Mapping[str, Scalar]
    actor: str | None = None
    own: bool | None = None  # None where the CRM cannot say


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes. `next_cursor` is opaque: store it as given, in the transaction that queues the changes."""

    changes: tuple[Change, ...]
    next_cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class RemoteField:
    """One field the CRM offers, for the mapping screen."""

    name: str
    label: str
    type: str  # the CRM's own word
    writable: bool = True
    required: bool = False
    unique: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this CRM can do. Screens hide what it cannot; nobody tests `code == "hubspot"`."""

    max_batch: Mapping[Entity, int]
    upsert: Literal["native", "lookup_then_write"]
    atomicity: Literal["per_record", "all_or_nothing", "single"]
    change_feed: Literal["none", "poll", "delta", "journal"]
    cursor_resolution: timedelta
    settle_lag: timedelta  # how far behind now a poll must stay
    sees_deletes: bool
    origin: Literal["per_value", "per_record", "none"]
    webhooks: bool
    export: bool
    links: Literal["inline", "separate_call", "lookup_field"]
    # Remote fields (beside the key) whose value only one record may have: never sent twice in one call.
    unique_fields: Mapping[Entity, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthItem:
    """One line of a health report. `message` says what was found and, on a failure, the way out."""

    name: str
    state: HealthState
    message: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What `check()` found, in the order a person would look."""

    items: tuple[HealthItem, ...]

    @property
    def state(self) -> HealthState:
        """The worst line."""
        states = {item.state for item in self.items}
        return "fail" if "fail" in states else "warn" if "warn" in states else "pass"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a connector, enough to draw a form and to check a configuration file.

    Fields of kind "secret" live among the connection's secrets, never among its settings.
    """

    name: str
    label: str
    kind: SettingKind = "text"
    default: Any = ""
    required: bool = False
    help_text: str = ""
    choices: tuple[str, ...] = ()
    group: str = "general"


@dataclass(frozen=True, slots=True)
class FieldPreset:
    """One line of a connector's suggested mapping. `value_map` is canonical value -> remote value; empty maps as is.

    A canonical name ending in `*` stands for a family (`consent.*`); `{code}` in its remote name: the rest, lower case.
    """

    canonical: str
    remote: str
    value_map: Mapping[str, str]


class ConnectorUnavailable(Exception):  # noqa: N818 - a state of the CRM, not a fault of the caller
    """Nothing is known about any record of the call; `failure` says why. The one exception a connector raises."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind} ({failure.code}): {failure.message}")
        self.failure = failure


class CrmConnector(Protocol):
    """One CRM. Built per connection as `ConnectorClass(settings, secrets, http)`; closed with the client it was given.

    `settings["mapped_fields"]`, put there by the services, names the remote fields the mapping uses:
    `{"contact": [...], "order": [...]}`. Reads ask for exactly these, and `check` verifies that they exist.
    """

    code: ClassVar[str]  # stored with every connection, never renamed
    label: ClassVar[str]

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str], http: HttpClient) -> None:
        """No call is made here. Raises ConnectorUnavailable (misconfigured, code "settings") naming the bad setting."""
        ...

    @classmethod
    def settings_schema(cls) -> list[SettingField]:
        """The settings and secrets this connector understands, in the order a form should show them."""
        ...

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """What this CRM can do under these settings."""
        ...

    @classmethod
    def default_mapping(cls, entity: Entity) -> list[FieldPreset]:
        """The suggested mapping a new connection starts from."""
        ...

    def check(self) -> HealthReport:
        """Reads only; one line an item. Never raises for a fault of the CRM: it becomes a failing line."""
        ...

    def describe(self, entity: Entity) -> list[RemoteField]:
        """The fields the CRM offers. Empty where the CRM cannot tell. Raises ConnectorUnavailable."""
        ...

    def upsert(self, entity: Entity, records: Sequence[OutboundRecord]) -> list[RecordResult]:
        """Write by key: exactly one result per record, in the order given, whatever the CRM's order.

        At most `capabilities.max_batch[entity]` records, no key twice. Repeating a call is harmless. A bad record is a
        result; ConnectorUnavailable is raised when nothing is known about any of them. A batch the CRM refused as a
        whole gives every record the same failure with scope "batch": halve and send again.
        """
        ...

    def fetch(self, entity: Entity, refs: Sequence[Ref]) -> dict[Ref, RemoteRecord | None]:
        """What the CRM holds now; None for what it does not know. Raises ConnectorUnavailable."""
        ...

    def adopt(self, entity: Entity, remote_id: str, key: str) -> RecordResult:
        """Write `key` on a record the CRM already has, and nothing else; only if its key is empty or already this one.

        "updated" or "unchanged" when the record carries the key afterwards. Failed, permanent and without a write:
        `carries_another_key` (the message names it), `key_in_use` (another record carries `key`: its id is the
        failure's `conflicting_remote_id`), `no_such_record`. A lost answer is read again before anything is reported.
        Safe to repeat. Raises ConnectorUnavailable.
        """
        ...

    def changes(self, cursor: str | None, limit: int) -> ChangePage:
        """Contacts changed since the cursor, oldest first; from the beginning with None. Raises ConnectorUnavailable.

        Repeats are possible (pages overlap on purpose), gaps are not.
        """
        ...

    def cursor_at(self, moment: datetime) -> str:
        """A cursor that sees only changes from `moment` on: where a new connection starts."""
        ...

    def close(self) -> None:
        """Let go of what the connector opened itself. The HTTP client belongs to the caller."""
        ...
