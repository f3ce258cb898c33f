"""What S-360 has posted and how it fares at our door, per webhook URL."""

from datetime import datetime, timedelta
from typing import Final

from sync.models import WebhookEndpoint
from sync.services.figures.counting import CAP, capped, rows
from sync.services.figures.shapes import DoorFigures, Pulse, StreamFigures

DELIVERY_ROWS: Final = 1_000
QUIET_INTERVALS: Final = 3
TRIES: Final = 12  # S-360 sends a record once per execution, twelve times in all
SHOWN_STREAMS: Final = 40

WAITING = f"""
SELECT count(*), coalesce(sum(record_count), 0), extract(epoch FROM clock_timestamp() - min(received_at))
  FROM (SELECT record_count, received_at FROM sync_delivery WHERE state = 'waiting'
         ORDER BY id LIMIT {DELIVERY_ROWS + 1}) x
"""  # noqa: S608
RATE = f"""
SELECT coalesce(sum(record_count), 0), count(*), extract(epoch FROM statement_timestamp() - min(received_at))
  FROM (SELECT record_count, received_at FROM sync_delivery
         WHERE received_at > statement_timestamp() - interval '60 seconds' AND state <> 'refused'
         ORDER BY received_at DESC LIMIT {DELIVERY_ROWS}) x
"""  # noqa: S608
PARKED = f"SELECT count(*) FROM (SELECT 1 FROM sync_deliveryrecord WHERE state = 'parked' LIMIT {CAP + 1}) x"  # noqa: S608


def door_figures() -> DoorFigures:
    [(waiting, records, oldest)] = rows(WAITING)
    [(received, looked_at, span_seconds)] = rows(RATE)
    [(parked,)] = rows(PARKED)
    is_cut = looked_at >= DELIVERY_ROWS
    return DoorFigures(
        records_per_minute=round(float(received) * 60 / max(float(span_seconds), 0.1)) if is_cut else int(received),
        deliveries_waiting=capped(waiting, cap=DELIVERY_ROWS),
        records_waiting=int(records),
        oldest_waiting_seconds=None if oldest is None else float(oldest),
        records_parked=capped(parked),
    )


def stream_figures(now: datetime) -> tuple[StreamFigures, ...]:
    """Every webhook URL, the institution's first; at most SHOWN_STREAMS of them."""
    endpoints = WebhookEndpoint.objects.select_related("institution")[:SHOWN_STREAMS]
    return tuple(stream_figure(endpoint, now) for endpoint in endpoints)


def stream_figure(endpoint: WebhookEndpoint, now: datetime) -> StreamFigures:
    """One webhook URL's figures as of `now`; `endpoint.institution` should be loaded."""
    interval = timedelta(minutes=endpoint.institution.webhook_interval_minutes)
    forgets_at = _forgets_at(endpoint, interval)
    last = endpoint.last_delivery_at
    return StreamFigures(
        endpoint_id=endpoint.pk,
        institution=endpoint.institution.code,
        stream=endpoint.stream,
        label=endpoint.get_stream_display(),
        interval_minutes=endpoint.institution.webhook_interval_minutes,
        pulse=_pulse(endpoint, interval, now),
        last_delivery_at=last,
        seconds_since_delivery=(now - last).total_seconds() if last else None,
        refused_count=endpoint.refused_count,
        refused_in_a_row=endpoint.refused_in_a_row,
        last_refused_at=endpoint.last_refused_at,
        last_refusal=endpoint.last_refusal,
        forgets_at=forgets_at,
        forgets_in_seconds=(forgets_at - now).total_seconds() if forgets_at else None,
    )


def _pulse(endpoint: WebhookEndpoint, interval: timedelta, now: datetime) -> Pulse:
    if not (endpoint.is_enabled and endpoint.institution.is_enabled):
        return Pulse.SWITCHED_OFF
    if endpoint.refused_in_a_row:
        return Pulse.REFUSED
    if endpoint.last_delivery_at is None:
        return Pulse.NEVER
    return Pulse.QUIET if now - endpoint.last_delivery_at > QUIET_INTERVALS * interval else Pulse.ON_TIME


def _forgets_at(endpoint: WebhookEndpoint, interval: timedelta) -> datetime | None:
    """When S-360 makes its twelfth and last try of the first record of this row of refusals, as early as it may be.

    Several arrays of one execution are refused together, so the row may have begun later than the count suggests, but
    not before the last delivery we took.
    """
    if not endpoint.refused_in_a_row or endpoint.last_refused_at is None:
        return None
    # never before time itself: a row of a million refusals must not overflow the calendar
    executions = min(endpoint.refused_in_a_row - 1, TRIES)
    began = endpoint.last_refused_at - executions * interval
    if endpoint.last_delivery_at is not None:
        began = max(began, min(endpoint.last_delivery_at, endpoint.last_refused_at))
    return began + (TRIES - 1) * interval
