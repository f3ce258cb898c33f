import pytest

from crm.connectors.classify import classify, failure_of_answer, safe_text
from sync.http.client import HttpAnswer


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((408, 423, 425, 477, 500, 502, 503, 504, 520, 524, 526, 599), "transient"),
        ((429,), "throttled"),
        ((401, 403, 301, 302, 307, 308), "misconfigured"),
        ((400, 404, 405, 409, 410, 413, 414, 415, 418, 422, 451), "permanent"),
    ],
)
def test_a_status_has_a_kind_when_the_body_says_nothing(statuses, kind):
    assert {classify(status, "", {}) for status in statuses} == {kind}


def test_the_vendors_code_goes_before_the_status():
    assert classify(403, "LIMIT", {"LIMIT": "throttled", "403": "permanent"}) == "throttled"
    assert classify(403, "OTHER", {"LIMIT": "throttled", "403": "permanent"}) == "permanent"


@pytest.mark.parametrize(
    ("status", "writes", "unknown"),
    [
        (500, True, True),
        (503, True, True),
        (408, True, True),
        (500, False, False),
        (423, True, False),
        (425, True, False),
        (477, True, False),
        (429, True, False),
        (400, True, False),
        (401, True, False),
    ],
)
def test_only_a_write_that_may_have_been_applied_is_unknown(status, writes, unknown):
    assert failure_of_answer(HttpAnswer(status, {}, b""), writes=writes).outcome_unknown is unknown


def test_a_failure_without_words_still_says_something():
    failure = failure_of_answer(HttpAnswer(418, {"x-request-id": "r-1"}, b""), writes=True)
    assert (failure.code, failure.message, failure.request_id) == ("418", "the CRM answered 418", "r-1")


def test_shown_text_is_one_short_line_without_secrets():
    secret = "s3cret-value"
    shown = safe_text(f"token {secret}\r\nSet-Cookie: x\x00 " + "y" * 1000, [secret, "ab", ""])
    assert shown.startswith("token *** Set-Cookie: x ")
    assert len(shown) == 500
    assert safe_text(None) == safe_text(5) == safe_text(["a"]) == ""


def test_a_secret_inside_a_longer_one_leaves_nothing_behind():
    assert safe_text("Bearer abcd-efgh", ["abcd", "abcd-efgh"]) == "Bearer ***"
