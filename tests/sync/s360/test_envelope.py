from typing import Any

import pytest

from sync.s360.envelope import OrderRoot, Stream, records_of, shape_problem
from sync.s360.strict import DoorRefusal, parse_body
from tests.sync.s360.samples import CONTACT, ORDER, order, wrapped

OTHER = order(orderId=2)

ROOTS: list[tuple[str, Any, list[Any]]] = [
    ("array of wrappers", [wrapped(ORDER), wrapped(OTHER)], [ORDER, OTHER]),
    ("array of inner objects", [ORDER, OTHER], [ORDER, OTHER]),
    ("mixed array", [wrapped(ORDER), OTHER], [ORDER, OTHER]),
    ("bare wrapper", wrapped(ORDER), [ORDER]),
    ("bare inner object", ORDER, [ORDER]),
    ("list under orderDetailsDatas", {"orderDetailsDatas": [ORDER, OTHER]}, [ORDER, OTHER]),
    ("list of wrappers under orderDetailsDatas", {"orderDetailsDatas": [wrapped(ORDER)]}, [ORDER]),
    ("array of such lists", [{"orderDetailsDatas": [ORDER]}, {"orderDetailsDatas": [OTHER]}], [ORDER, OTHER]),
    ("file with its orders", {"fileDetailsData": {"fileId": 1}, "orderDetailsDatas": [ORDER]}, [ORDER]),
    ("empty array", [], []),
    ("empty list under orderDetailsDatas", {"orderDetailsDatas": []}, []),
    ("wrapper of null", [wrapped(None)], [None]),  # type: ignore[arg-type]
    ("not an object", [ORDER, 5, "x", None, []], [ORDER, 5, "x", None, []]),
]


@pytest.mark.parametrize(("parsed", "records"), [case[1:] for case in ROOTS], ids=[case[0] for case in ROOTS])
def test_every_root_shape_of_orders_gives_its_records_in_order(parsed: Any, records: list[Any]) -> None:
    assert records_of(parsed, Stream.ORDERS) == records


@pytest.mark.parametrize("stream", [Stream.CONTACTS, Stream.EXPORT_CONTACTS, Stream.EXPORT_ORDERS])
def test_other_streams_take_an_array_or_one_bare_object(stream: Stream) -> None:
    assert records_of([CONTACT, CONTACT], stream) == [CONTACT, CONTACT]
    assert records_of(CONTACT, stream) == [CONTACT]
    assert records_of([], stream) == []


@pytest.mark.parametrize("stream", list(Stream))
@pytest.mark.parametrize(
    ("top", "seen"), [(None, "null"), (True, "true or false"), (5, "a number"), (0.5, "a number"), ("x", "text")]
)
def test_wrong_top_level_is_refused_and_named(stream: Stream, top: Any, seen: str) -> None:
    with pytest.raises(DoorRefusal, match=seen) as caught:
        records_of(top, stream)
    assert (caught.value.status, caught.value.code) == (400, "body_wrong_shape")


@pytest.mark.parametrize(
    ("root", "parsed", "is_good"),
    [
        (OrderRoot.WRAPPED, wrapped(ORDER), True),
        (OrderRoot.WRAPPED, ORDER, False),
        (OrderRoot.WRAPPED, {"orderDetailsDatas": [ORDER]}, False),
        (OrderRoot.LIST, {"orderDetailsDatas": [ORDER]}, True),
        (OrderRoot.LIST, wrapped(ORDER), False),
        (OrderRoot.LIST, ORDER, False),
        (OrderRoot.BARE, ORDER, True),
    ],
)
def test_setting_can_insist_on_one_root_and_the_others_become_rejected_records(
    root: OrderRoot, parsed: Any, *, is_good: bool
) -> None:
    (record,) = records_of(parsed, Stream.ORDERS, order_root=root)
    problem = shape_problem(record)
    assert (problem is None) is is_good
    assert problem is None or "order_payload_root" in problem.reason


@pytest.mark.parametrize(
    ("element", "seen"),
    [(None, "null"), (False, "true or false"), (5, "a number"), ("x", "text"), ([], "an array"), ([{}], "an array")],
)
def test_element_that_is_no_object_is_a_problem_of_its_own(element: Any, seen: str) -> None:
    problem = shape_problem(element)
    assert problem is not None
    assert seen in problem.reason


def test_wrapper_with_the_order_twice_is_ambiguous() -> None:
    parsed = parse_body(b'[{"orderDetailsData": {"orderId": 1}, "orderDetailsData": {"orderId": 2}}]')
    (record,) = records_of(parsed.value, Stream.ORDERS)
    problem = shape_problem(record)
    assert problem is not None
    assert (problem.field, problem.reason) == ("orderDetailsData", "the name comes twice")
