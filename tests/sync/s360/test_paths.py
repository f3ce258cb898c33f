from typing import Any

import pytest

from sync.s360.paths import ABSENT, PathError, WrongShapeError, compile_path, find

RECORD: dict[str, Any] = {
    "type": "INDIVIDUAL",
    "block": {"name": "Noor", "nothing": None},
    "gone": None,
    "addresses": [
        {"isMain": False, "town": "Gent"},
        {"isMain": True, "town": "Brugge"},
        {"isMain": True, "town": "Aalst"},
    ],
    "unmarked": [{"town": "Oostende"}, {"town": "Ieper"}],
    "kinds": [{"kind": "A", "town": "Mons"}, {"kind": "B", "town": "Namur"}],
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "INDIVIDUAL"),
        ("block.name", "Noor"),
        ("block.nothing", None),
        ("block.missing", ABSENT),
        ("missing", ABSENT),
        ("missing.name", ABSENT),
        ("gone.name", ABSENT),
        ("addresses(isMain).town", "Brugge"),
        ("addresses(isBilling).town", "Gent"),
        ("unmarked(isMain).town", "Oostende"),
        ("kinds(kind=B).town", "Namur"),
        ("kinds(kind=C).town", None),
        ("empty(isMain).town", None),
        ("nowhere(isMain).town", ABSENT),
    ],
)
def test_path_finds_what_the_notation_says(path: str, value: Any) -> None:
    assert find(RECORD, compile_path(path)) is value or find(RECORD, compile_path(path)) == value


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a b", "a(b", "a()", "a(b)", "x.a(b)", "a(b=).c", "1a", "a-b"]
)
def test_wrong_notation_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        compile_path(path)


@pytest.mark.parametrize(
    ("record", "path", "place"),
    [
        ({"block": "text"}, "block.name", "block"),
        ({"block": [1]}, "block.name", "block"),
        ({"addresses": {}}, "addresses(isMain).town", "addresses"),
        ({"addresses": "x"}, "addresses(isMain).town", "addresses"),
        ({"addresses": ["x"]}, "addresses(isMain).town", "addresses"),
        ({"addresses": [{"isMain": "true"}]}, "addresses(isMain).town", "addresses.isMain"),
        ({"addresses": [{"isMain": 1}]}, "addresses(isMain).town", "addresses.isMain"),
    ],
)
def test_wrong_shape_on_the_way_names_the_place(record: dict[str, Any], path: str, place: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        find(record, compile_path(path))
    assert caught.value.path == place


def test_places_lists_every_member_a_path_reads() -> None:
    assert compile_path("addresses(isMain).zipCode").places == {"addresses", "addresses.isMain", "addresses.zipCode"}
