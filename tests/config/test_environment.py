from config.environment import Environment


def test_unset_required_setting_is_a_problem_that_names_it_and_the_way_out(monkeypatch):
    monkeypatch.delenv("EXAMPLE_KEY", raising=False)
    environment = Environment()

    value = environment.required("EXAMPLE_KEY", code="console.E900", way_out="Set it to x.", stand_in="stand-in")

    assert value == "stand-in"
    assert [(p.code, p.setting, p.message, p.way_out) for p in environment.problems] == [
        ("console.E900", "EXAMPLE_KEY", "EXAMPLE_KEY is not set.", "Set it to x.")
    ]


def test_wrong_type_is_a_problem_that_does_not_repeat_the_value(monkeypatch):
    monkeypatch.setenv("EXAMPLE_FLAG", "hunter2")
    environment = Environment()

    assert environment.flag("EXAMPLE_FLAG", default=True) is True
    assert environment.problems[0].message == "EXAMPLE_FLAG is not true or false."
    assert "hunter2" not in repr(environment.problems)
