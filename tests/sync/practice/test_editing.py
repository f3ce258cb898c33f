import pytest

from sync.practice import PracticeS360


def lived(changes: int, seed: int = 1) -> tuple[PracticeS360, list[str]]:
    s360 = PracticeS360(seed=seed, contacts=80, orders=30)
    return s360, [s360.editor.edit_once() for _ in range(changes)]


def test_the_same_seed_lives_the_same_life():
    (one, said), (two, again) = lived(300), lived(300)
    assert said == again
    assert said != lived(300, seed=2)[1]
    assert [one.contact(n)["individualContact"] for n in one.numbers() if "individualContact" in one.contact(n)] == [
        two.contact(n)["individualContact"] for n in two.numbers() if "individualContact" in two.contact(n)
    ]


def test_life_is_a_realistic_mix():
    _, said = lived(2000)
    kinds = [" ".join(word for word in line.split() if not word.isdigit()) for line in said]
    shares = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    assert 0.5 < shares["edited"] < 0.7
    assert 0.25 < shares["new order"] < 0.35
    assert 0.04 < shares["new contact"] < 0.08
    assert shares["anonymised"] > 0


def test_an_empty_institution_can_live_too():
    s360 = PracticeS360(contacts=0, orders=0)
    said = [s360.editor.edit_once() for _ in range(200)]
    assert "nobody to edit" in said
    assert s360.numbers()


def test_a_rate_out_of_bounds_is_refused():
    with pytest.raises(ValueError, match="edit rate"):
        PracticeS360().edit_rate(-1)
