"""The pace to S-360: how many calls, when, shared by every process on every machine.

`take_permit` before each call, `note_throttled` when S-360 answers 509 or 429. Rows of `PaceBucket` hold the state, the
database's clock decides; Redis or Valkey have no say.
"""

from sync.services.pace.allowances import approve_allowance, ask_allowance, end_allowance
from sync.services.pace.budgets import budget, budgets
from sync.services.pace.permits import take_permit
from sync.services.pace.reset import reset_pace
from sync.services.pace.shapes import Budget, Permit, Why
from sync.services.pace.throttled import note_throttled

__all__ = [
    "Budget",
    "Permit",
    "Why",
    "approve_allowance",
    "ask_allowance",
    "budget",
    "budgets",
    "end_allowance",
    "note_throttled",
    "reset_pace",
    "take_permit",
]
