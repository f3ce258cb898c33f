"""The lines of orders, keyed by `operationId`: a payload that carries operations replaces them, any other leaves
them."""

from collections.abc import Sequence
from typing import Any

import psycopg

from sync.s360.orders import OrderLine
from sync.services.intake.held import Held
from sync.services.sql import columns, run

DELETE = """
DELETE FROM sync_orderline l USING unnest(%b::bigint[]) AS x(order_id)
 WHERE l.order_id = x.order_id
   AND NOT EXISTS (SELECT 1 FROM unnest(%b::bigint[], %b::bigint[]) AS k(order_id, operation_id)
                    WHERE k.order_id = l.order_id AND k.operation_id = l.operation_id)
"""
UPSERT = """
INSERT INTO sync_orderline (order_id, operation_id, kind, product, product_code, performance, tariff, quantity,
    unit_price,
                            total_amount)
SELECT order_id, operation_id, kind, product, product_code, performance, tariff, quantity, unit_price::numeric,
       total_amount::numeric
  FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[],
      %b::text[],
              %b::text[])
       AS x(order_id, operation_id, kind, product, product_code, performance, tariff, quantity, unit_price,
           total_amount)
ON CONFLICT (order_id, operation_id)
DO UPDATE SET kind = EXCLUDED.kind, product = EXCLUDED.product, product_code = EXCLUDED.product_code,
              performance = EXCLUDED.performance, tariff = EXCLUDED.tariff, quantity = EXCLUDED.quantity,
              unit_price = EXCLUDED.unit_price, total_amount = EXCLUDED.total_amount
"""


def write_lines(cursor: psycopg.Cursor[Any], orders: Sequence[Held]) -> None:
    """Make the stored lines those of each order's latest payload. Safe to repeat; the orders are locked by the
    caller."""
    replaced = [h for h in orders if h.payload is not None and h.payload.replaces_lines]
    rows = [_row(h.id, line) for h in orders if h.payload is not None for line in h.payload.lines]
    if replaced:
        run(cursor, DELETE, ([h.id for h in replaced], [row[0] for row in rows], [row[1] for row in rows]))
    if rows:
        run(cursor, UPSERT, columns(rows, 10))


def _row(order_id: int, line: OrderLine) -> tuple[Any, ...]:
    return (
        order_id,
        line.operation_id,
        line.kind,
        line.product,
        line.product_code,
        line.performance,
        line.tariff,
        line.quantity,
        line.unit_price,
        line.total_amount,
    )
