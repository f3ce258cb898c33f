"""Which connections have something to do now?"""

from sync.services.sql import fast_cursor, run

# An outage leaves many entries waiting: only connections whose pause is over are looked at.
CONNECTIONS = """
SELECT c.id, EXISTS (SELECT 1 FROM sync_outboxentry e JOIN crm_pairing p ON p.institution_id = e.institution_id
                      WHERE p.connection_id = c.id AND e.target = 'crm' AND e.state = 'waiting' AND e.waits_for = ''
                        AND e.due_at <= statement_timestamp()),
       EXISTS (SELECT 1 FROM sync_outboxentry e JOIN crm_pairing p ON p.institution_id = e.institution_id
                WHERE p.connection_id = c.id AND e.target = 'crm' AND e.state = 'uncertain'
                  AND e.lease_until <= statement_timestamp())
  FROM crm_connection c
 WHERE c.is_enabled AND c.state NOT IN ('paused', 'needs_credentials')
   AND (c.resume_at IS NULL OR c.resume_at <= statement_timestamp())
"""


def connections_with_work() -> tuple[list[int], list[int]]:
    """(connections with entries to push, connections with uncertain sends to read)."""
    with fast_cursor() as cursor:
        rows = run(cursor, CONNECTIONS).fetchall()
    return [row[0] for row in rows if row[1]], [row[0] for row in rows if row[2]]
