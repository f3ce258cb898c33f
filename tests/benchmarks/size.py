"""How much load each group makes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Records and seconds."""

    apply_records: int = 5_000
    reference_records: int = 500
    rounds: int = 3
    ledger_entries: int = 20_000
    steady_seconds: float = 60.0
    step_seconds: float = 5.0
    flow_contacts: int = 20_000
    executions: int = 7
    live_seconds: float = 30.0
    stored_contacts: int = 1_000_000


FULL = Size()
QUICK = Size(
    apply_records=2_500,
    reference_records=250,
    rounds=2,
    ledger_entries=5_000,
    steady_seconds=15.0,
    step_seconds=2.5,
    flow_contacts=6_000,
    executions=3,
    live_seconds=10.0,
    stored_contacts=100_000,
)
TINY = Size(
    apply_records=100,
    reference_records=50,
    rounds=1,
    ledger_entries=200,
    steady_seconds=1.0,
    step_seconds=0.5,
    flow_contacts=200,
    executions=1,
    live_seconds=1.0,
    stored_contacts=1_000,
)
