import random

from config.supervisor.restarts import MOST_RESTARTS, Restarts


def test_each_death_within_a_minute_waits_longer_and_the_sixth_gives_up():
    restarts, chance, now = Restarts(), random.Random(1), 1000.0
    delays = []
    for _ in range(MOST_RESTARTS):
        at = restarts.next_start_at(now, chance=chance)
        assert at is not None
        delays.append(at - now)
        now = at

    for delay, bound in zip(delays, [0.5, 1, 2, 4, 8], strict=True):
        assert bound / 2 <= delay <= bound
    assert restarts.next_start_at(now, chance=chance) is None


def test_deaths_of_an_earlier_minute_are_forgotten():
    restarts, chance = Restarts(), random.Random(1)
    for place in range(MOST_RESTARTS):
        restarts.next_start_at(1000.0 + place, chance=chance)

    at = restarts.next_start_at(1065.0, chance=chance)

    assert at is not None
    assert at - 1065.0 <= 0.5
