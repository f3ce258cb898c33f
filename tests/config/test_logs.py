import json
import logging
import sys

import pytest
import structlog

from config.logs.configuration import ScrubbedJsonFormatter
from config.logs.scrub import scrub

SECRET = "MARKERjZ3kq8-w_1"


@pytest.mark.parametrize(
    "line",
    [
        f"POST /hooks/ARENA/contact/0a1b2c3d4e5f/{SECRET}/ HTTP/1.1",
        f"POST /hooks/12/{SECRET}/ HTTP/1.1",
        f'"path": "/hooks/e7c1/{SECRET}/"',
        f"Not Found: /hooks/12/{SECRET}",
        f"https://console.example.org/hooks/12/{SECRET}/?x=1",
        f"/HOOKS/12/{SECRET}#f",
        f"next=%2Fhooks%2F12%2F{SECRET}%2F",
        f"redis://:{SECRET}@db.example.org:6379/0",
        f"postgresql://console:{SECRET}@db.example.org/console",
        f"ada.{SECRET}@example.org",
    ],
)
def test_secrets_and_addresses_leave_no_trace_in_a_line(line):
    assert SECRET not in scrub(line)


def test_the_endpoint_stays_readable_when_its_secret_goes():
    line = f"GET /hooks/ARENA/contact/0a1b2c3d4e5f/{SECRET}/ 404"

    assert scrub(line) == "GET /hooks/ARENA/contact/0a1b2c3d4e5f/[secret] 404"


def test_the_row_postgresql_quotes_in_an_error_is_removed():
    line = '"exception": "duplicate key\\nDETAIL:  Key (email)=(x) already exists.\\nmore"'

    assert scrub(line) == '"exception": "duplicate key\\nDETAIL: [removed]\\nmore"'


def formatted(record: logging.LogRecord) -> dict:
    return json.loads(ScrubbedJsonFormatter().format(record))


def test_a_line_of_any_library_is_one_json_object_with_its_ids():
    record = logging.LogRecord("some.library", logging.INFO, __file__, 1, "took %s", (7,), None)
    record.delivery_id = 12

    line = formatted(record)

    assert (line["event"], line["logger"], line["level"], line["delivery_id"]) == ("took 7", "some.library", "info", 12)


def test_values_under_forbidden_names_are_dropped():
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "stored", (), None)
    record.payload = {"lastname": SECRET}

    line = formatted(record)

    assert line["payload"] == "[removed]"


def test_a_traceback_is_scrubbed_too():
    try:
        raise ValueError(f"/hooks/1/{SECRET}/")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())

    text = ScrubbedJsonFormatter().format(record)

    assert SECRET not in text
    assert "Traceback" in text


def test_structlog_and_the_standard_library_write_the_same_form(caplog):
    with caplog.at_level(logging.INFO):
        structlog.get_logger("console.test").info("request", status=200)

    line = formatted(caplog.records[-1])
    assert (line["event"], line["status"], line["logger"]) == ("request", 200, "console.test")
