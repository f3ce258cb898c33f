from zoneinfo import ZoneInfo

import pytest

from sync.s360.times import date_text, utc_text

UTC_ZONE, BRUSSELS = ZoneInfo("UTC"), ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-18T18:41:07.330+00:00", "2024-03-18T18:41:07.330+00:00"),
        ("2024-03-18T18:41:07.330+0000", "2024-03-18T18:41:07.330+00:00"),
        ("2024-03-18T18:41:07Z", "2024-03-18T18:41:07.000+00:00"),
        ("2024-06-30T12:00:00.000+02:00", "2024-06-30T10:00:00.000+00:00"),
        ("2023-02-09 18:25:10", "2023-02-09T17:25:10.000+00:00"),
        ("2023-01-28 17:00:00.0", "2023-01-28T16:00:00.000+00:00"),
        ("2023-07-28 17:00:00.0", "2023-07-28T15:00:00.000+00:00"),
        ("2024-03-18T18:41:07.123456789+00:00", "2024-03-18T18:41:07.123+00:00"),
        ("2024-02-29T00:00", "2024-02-28T23:00:00.000+00:00"),
    ],
)
def test_every_documented_format_becomes_utc_and_without_offset_it_is_local(text: str, expected: str) -> None:
    assert utc_text(text, BRUSSELS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "18.03.2024 18:41:07",
        "2024-03-18",
        "20240318T184107Z",
        "2024-W12-1T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-03-18T24:00:00Z",
        "2024-03-18T18:41:60Z",
        "2024-03-18T18:41:07+99:00",
        "2024-03-18T18:41:07 Europe/Brussels",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\u0662024-03-18T18:41:07Z",
        "1710787267330",
    ],
)
def test_anything_else_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        utc_text(text, UTC_ZONE)


@pytest.mark.parametrize("text", ["1986-05-19", "1986-05-19T00:00:00.000+02:00", "1986-05-19 00:00:00"])
def test_birth_date_keeps_the_day_that_was_written(text: str) -> None:
    assert date_text(text) == "1986-05-19"


@pytest.mark.parametrize("text", ["", "19.05.1986", "1986-5-19", "1986-02-30", "0000-00-00", "1986-05-19x", "May 1986"])
def test_anything_else_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        date_text(text)
