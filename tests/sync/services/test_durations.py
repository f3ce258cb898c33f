import pytest

from sync.services.figures.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (0.4, "0.4 s"),
        (0.024, "24 ms"),
        (0.0001, "1 ms"),
        (12.2, "12 s"),
        (59.6, "60 s"),
        (119, "119 s"),
        (120, "2 min"),
        (185, "3 min"),
        (9_900, "2 h 45 min"),
        (3_600, "1 h"),
        (18_000, "5 h"),
        (86_400, "1 day"),
        (90_000, "1 day 1 h"),
        (400_000, "4 days"),
    ],
)
def test_duration_reads_as_people_say_it(seconds, text):
    assert duration(seconds) == text
