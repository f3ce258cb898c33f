"""The screens of S-360's side, one file each. They show and ask; whatever changes anything is a call to
`sync.services`."""

from sync.admin import (
    allowances,
    attempts,
    causes,
    contacts,
    deliveries,
    delivery_records,
    endpoints,
    institutions,
    operator_actions,
    orders,
    outbox,
    pace,
    runs,
)

__all__ = [
    "allowances",
    "attempts",
    "causes",
    "contacts",
    "deliveries",
    "delivery_records",
    "endpoints",
    "institutions",
    "operator_actions",
    "orders",
    "outbox",
    "pace",
    "runs",
]
