"""Pages of huge tables: the count stops at a cap and at a time limit, so that no list ever reads a whole table."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar

from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction

CAP: Final = 10_000
PATIENCE_MS: Final = 400  # a filter without an index may have to read everything to find its last row

T = TypeVar("T")


def within_patience(read: Callable[[], T]) -> T | None:
    """What `read` returns, or None when the database did not manage within PATIENCE_MS."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [PATIENCE_MS])
            found = read()
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
            return found
    except OperationalError:
        return None


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic only in the stubs
    """Counts up to CAP rows. `is_floor`: there are more, or counting took too long."""

    template_name = "console/pagination.html"
    is_floor = False

    @cached_property
    def count(self) -> int:
        listed: Any = self.object_list
        rows = listed.order_by()[: CAP + 1]
        found = within_patience(rows.count)
        self.is_floor = found is None or found > CAP
        return CAP if found is None else min(found, CAP)
