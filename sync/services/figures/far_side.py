"""Where the other app adds its figures: `sync` records what the CRM is owed and must not import the app that pays."""

from collections.abc import Callable, Sequence

from sync.services.figures.shapes import ConnectionFigures

Supplier = Callable[[], Sequence[ConnectionFigures]]
_suppliers: dict[str, Supplier] = {}


def register_connections(name: str, supplier: Supplier) -> None:
    """Called once per app when Django starts. The supplier makes a bounded number of queries and never raises."""
    _suppliers[name] = supplier


def connections() -> tuple[ConnectionFigures, ...]:
    """The connections of every app, by name."""
    return tuple(sorted((c for supply in _suppliers.values() for c in supply()), key=lambda c: c.name))


def stopped_institutions() -> list[int]:
    """Institutions whose CRM connection does not send at present: their due entries are late on purpose."""
    return sorted({i for c in connections() if not c.is_flowing for i in c.institution_ids})
