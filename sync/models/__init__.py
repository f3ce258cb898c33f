"""What the hub remembers, one concept a file. Models hold no rules and reach no network; services do that."""

from sync.models.allowance import Allowance
from sync.models.api_access import ApiAccess, ApiAuthMode
from sync.models.attempt import Attempt, AttemptOutcome
from sync.models.cause import Cause
from sync.models.choices import (
    IN_FLIGHT_STATES,
    OPEN_STATES,
    Entity,
    EntryOutcome,
    EntryState,
    EventKind,
    FailureKind,
    Lane,
    Lifecycle,
    RecordOutcome,
    RecordState,
    Stream,
    Target,
)
from sync.models.contact import Contact, ContactAlias
from sync.models.delivery import Delivery, DeliveryState
from sync.models.delivery_record import DeliveryRecord
from sync.models.field_policy import FieldPolicy, PolicyBlank, PolicyConflict, PolicyDirection, PolicyFirstLink
from sync.models.heartbeat import Heartbeat
from sync.models.institution import Institution
from sync.models.operator_action import OperatorAction
from sync.models.order import Order, OrderLine
from sync.models.outbox_entry import OutboxEntry, WaitsFor
from sync.models.pace_bucket import PaceBucket, PaceLayer
from sync.models.pace_call import PaceCall
from sync.models.record_event import RecordEvent
from sync.models.sync_run import RunTrigger, SyncRun
from sync.models.webhook_endpoint import EndpointAuthMode, WebhookEndpoint

__all__ = [
    "IN_FLIGHT_STATES",
    "OPEN_STATES",
    "Allowance",
    "ApiAccess",
    "ApiAuthMode",
    "Attempt",
    "AttemptOutcome",
    "Cause",
    "Contact",
    "ContactAlias",
    "Delivery",
    "DeliveryRecord",
    "DeliveryState",
    "EndpointAuthMode",
    "Entity",
    "EntryOutcome",
    "EntryState",
    "EventKind",
    "FailureKind",
    "FieldPolicy",
    "Heartbeat",
    "Institution",
    "Lane",
    "Lifecycle",
    "OperatorAction",
    "Order",
    "OrderLine",
    "OutboxEntry",
    "PaceBucket",
    "PaceCall",
    "PaceLayer",
    "PolicyBlank",
    "PolicyConflict",
    "PolicyDirection",
    "PolicyFirstLink",
    "RecordEvent",
    "RecordOutcome",
    "RecordState",
    "RunTrigger",
    "Stream",
    "SyncRun",
    "Target",
    "WaitsFor",
    "WebhookEndpoint",
]
