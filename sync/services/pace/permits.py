"""May this call go now? One statement decides, for every process on every machine."""

from typing import Any, Final

import structlog
from django.conf import settings

from sync.engine.pacing import MAX_PAUSE_SECONDS
from sync.models import ApiAccess, Lane
from sync.services.pace.layers import layers_of
from sync.services.pace.shapes import Layer, Permit, Why
from sync.services.pace.statement import REMAKE, TAKE
from sync.services.sql import fast_cursor, namedtuple_row, run

TRIES: Final = 3
LEAST_WAIT_SECONDS: Final = 0.001
log = structlog.get_logger(__name__)


def take_permit(institution_id: int, lane: Lane, service: str, method: str) -> Permit:
    """Ask for one call's right, reads included; a granted permit is spent, whether the call is made or not.

    Call it outside a transaction: the buckets stay locked until its end. A refused permit changes nothing, so asking
    again after `wait_seconds` is safe. Raises Institution.DoesNotExist, S360SettingsError and DatabaseError: no answer
    is no permit.
    """
    layers = layers_of(institution_id, lane, service, method)
    for _ in range(TRIES):
        row = _decide(institution_id, lane, service, method, layers)
        if row is not None and row.why != Why.LOST:
            return _permit(row)
        if not remake(institution_id, layers) and not ApiAccess.objects.filter(institution_id=institution_id).exists():
            return Permit(False, MAX_PAUSE_SECONDS, Why.NO_ACCESS)
    return Permit(False, MAX_PAUSE_SECONDS, Why.LOST)


def _decide(institution_id: int, lane: Lane, service: str, method: str, layers: list[Layer]) -> Any:
    """The verdict's row; None when the institution has no API access or no bucket yet."""
    asked = {
        "institution": institution_id,
        "lane": int(lane),
        "service": service[:150],
        "method": method[:150],
        "keys": [layer.key for layer in layers],
        "pers": [layer.per for layer in layers],
        "window": float(settings.PACE_WINDOW_SECONDS),
        "spread": float(settings.PACE_SPREAD_SECONDS),
    }
    with fast_cursor(namedtuple_row) as cursor:
        return run(cursor, TAKE, asked).fetchone()


def _permit(row: Any) -> Permit:
    if row.is_granted:
        return Permit(True)
    if row.is_shut:
        return Permit(False, MAX_PAUSE_SECONDS, Why(row.why))
    return Permit(False, max(float(row.wait_seconds), LEAST_WAIT_SECONDS), Why(row.why))


def remake(institution_id: int, layers: list[Layer]) -> int:
    """Make missing and spoiled buckets anew, empty; how many were made. Safe to repeat and to race."""
    asked = {
        "institution": institution_id,
        "keys": [layer.key for layer in layers],
        "layers": [str(layer.layer) for layer in layers],
        "names": [layer.name for layer in layers],
        "pers": [layer.per for layer in layers],
    }
    with fast_cursor() as cursor:
        made = run(cursor, REMAKE, asked).fetchall()
    for key, was_lost in made:
        if was_lost:
            log.error(
                "pace_bucket_lost", key=key, institution_id=institution_id, advice="it starts slow; see the home page"
            )
    return len(made)
