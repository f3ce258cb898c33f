"""Many workers ask at once: together they never exceed the limit, as the other side counts arrivals."""

from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from django.db import connection

from sync.models import Lane, PaceBucket, PaceCall
from sync.services.pace import take_permit
from tests.factories import ApiAccessFactory

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW, SPREAD, LIMIT, SECONDS, WORKERS = 4, 1, 120, 10, 8


@pytest.fixture
def institution(settings):
    """A minute of four seconds."""
    settings.PACE_WINDOW_SECONDS = WINDOW
    settings.PACE_SPREAD_SECONDS = SPREAD
    found = ApiAccessFactory(calls_per_minute=LIMIT, budget_share="1.00").institution
    take_permit(found.pk, Lane.LIVE, "contact", "get")
    return found


def work(institution_id, lane, until):
    """One worker's calls, as the other side sees them arrive."""
    arrivals = []
    try:
        while monotonic() < until:
            permit = take_permit(institution_id, lane, "contact", "save")
            if permit.granted:
                arrivals.append(monotonic())
            else:
                sleep(max(0.0, min(permit.wait_seconds, until - monotonic())))
    finally:
        connection.close()
    return arrivals


def run(institution, lanes, *, during=lambda: None):
    until = monotonic() + SECONDS
    with ThreadPoolExecutor(len(lanes)) as pool:
        jobs = [pool.submit(work, institution.pk, lane, until) for lane in lanes]
        during()
        return [job.result() for job in jobs]


def most_in_a_window(times):
    ordered = sorted(times)
    return max(bisect_right(ordered, time + WINDOW - 1e-9) - place for place, time in enumerate(ordered))


def test_eight_workers_keep_to_the_limit_and_use_it(institution):
    arrivals = [time for each in run(institution, [Lane.LIVE] * WORKERS) for time in each]
    steady = (LIMIT - 4) / (WINDOW + SPREAD) * SECONDS

    assert most_in_a_window(arrivals) <= LIMIT
    assert len(arrivals) >= 0.85 * steady
    granted = [at.timestamp() for at in PaceCall.objects.values_list("at", flat=True)]
    assert len(granted) == len(arrivals)
    assert most_in_a_window(granted) <= LIMIT


def test_live_work_passes_while_mass_updates_want_everything(institution):
    *bulk, live = run(institution, [Lane.BULK] * (WORKERS - 1) + [Lane.LIVE])
    mass = [time for each in bulk for time in each]
    steady = (LIMIT - 4) / (WINDOW + SPREAD) * SECONDS

    assert most_in_a_window([*mass, *live]) <= LIMIT
    assert most_in_a_window(mass) <= 0.6 * LIMIT
    assert len(live) >= 0.3 * steady
    assert len(mass) >= 0.3 * steady


def test_bucket_deleted_under_eight_workers_never_lets_more_through(institution):
    def delete_again_and_again():
        for _ in range(8):
            sleep(SECONDS / 10)
            PaceBucket.objects.all().delete()

    arrivals = [
        time for each in run(institution, [Lane.LIVE] * WORKERS, during=delete_again_and_again) for time in each
    ]

    assert most_in_a_window(arrivals) <= LIMIT
    assert PaceBucket.objects.get().remade_at is not None
