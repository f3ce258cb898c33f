import pytest

from sync.s360.problems import RecordRejected, shown_value


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("contactNumber", "0048213", '"0048213"'),
        ("contactNumber", 48213, "48213"),
        ("orderState", "CLOSED", '"CLOSED"'),
        ("individualContact.email", "noor.vandenberg@example.org", '"n***.v*********@e******.o**"'),
        ("individualContact.individualFirstname", 12345, "1****"),
        ("individualContact.birthDate", "1986-05-19", '"1***-0*-1*"'),
        ("individualContact.cellPhoneNumber", "+32470112233", '"+3**********"'),
        ("addresses.zipCode", 9000, "9***"),
        ("barcode", "012345", '"0*****"'),
        ("orderSecretId", "abc", '"a**"'),
        ("addresses", {"a": 1, "b": 2}, "an object with 2 names"),
        ("addresses", [1, 2, 3], "a list of 3"),
        ("type", None, "None"),
        ("role", "a\nb\x1b[31m", '"a\\nb\\u001b[31m"'),
        ("role", "x" * 500, '"' + "x" * 58 + "…"),
        ("role", "\ud800", '"\\ud800"'),
    ],
)
def test_value_is_shown_clipped_on_one_line_and_masked_where_it_is_personal(
    field: str, value: object, shown: str
) -> None:
    assert shown_value(field, value) == shown


def test_rejection_reads_as_a_sentence_without_the_personal_value() -> None:
    error = RecordRejected("individualContact.email", ["noor@example.org"], "expected text, got an array")
    assert str(error) == "individualContact.email: expected text, got an array (got a list of 1)"
    assert (error.field, error.value, error.reason) == (
        "individualContact.email",
        "a list of 1",
        "expected text, got an array",
    )
