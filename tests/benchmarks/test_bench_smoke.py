"""The programme itself, with a load so small that its figures mean nothing."""

import json
import subprocess
import sys

import pytest

from config.supervisor.paths import ROOT
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.open_loop import Observed, highest_rate
from tests.benchmarks.quantiles import quantile

MEMBERS = {"name", "value", "unit", "reference", "ratio", "goal", "holds"}


@pytest.mark.slow
def test_one_json_list_on_stdout_and_a_table_on_stderr() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "A.apply", "--tiny"],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=ROOT,
        check=True,
    )
    figures = json.loads(done.stdout)
    assert [set(figure) for figure in figures] == [MEMBERS] * len(figures)
    assert [figure["name"] for figure in figures] == [
        "A.apply.fresh_per_s",
        "A.apply.changed_per_s",
        "A.apply.unchanged_per_s",
        "A.apply.beside_copy_per_s",
    ]
    assert all(figure["value"] > 0 and figure["ratio"] > 0 for figure in figures)
    assert "A.apply.fresh_per_s" in done.stderr


def test_only_what_is_asked_for_is_measured_and_shown() -> None:
    figures = Figures("A.door")
    figures.add("A.door.p99_ms", 80, "ms")
    figures.add("A.apply.fresh_per_s", 4000, "records/s")
    assert figures.wants("A.door")
    assert not figures.wants("A.apply")
    assert [figure.name for figure in figures.all()] == ["A.door.p99_ms"]


def test_one_figure_is_asked_for_by_its_whole_name() -> None:
    assert Figures("A.door.p99_ms").wants("A.door")


def test_a_ratio_says_how_much_better_whichever_way_is_up() -> None:
    figures = Figures()
    figures.add("faster", 3000, "records/s", reference=300, goal=Goal(value=2000, ratio=8))
    figures.add("sooner", 20, "ms", reference=200, goal=Goal(value=15, better="lower"))
    faster, sooner = figures.all()
    assert (faster.ratio, faster.holds, faster.goal) == (10.0, True, ">= 2,000 records/s and >= 8x the reference")
    assert (sooner.ratio, sooner.holds, sooner.goal) == (10.0, False, "<= 15 ms")


def test_what_could_not_be_measured_is_null_and_holds_no_goal() -> None:
    figures = Figures()
    figures.add("never", float("inf"), "s", goal=Goal(value=1, better="lower"))
    figures.add("none", float("nan"), "ms", goal=Goal(value=1, better="lower"))
    assert [(figure.value, figure.holds) for figure in figures.all()] == [(None, False), (None, False)]


def test_the_highest_rate_is_the_last_that_kept_up_and_a_bad_second_is_forgiven_once() -> None:
    asked: list[float] = []

    def answer(rate: float) -> Observed:
        asked.append(rate)
        slow = rate > 3 or asked == [1, 2]  # the second step fails at first
        return Observed(latencies=[1.0 if slow else 0.1], seconds=1 / rate)

    best = highest_rate(answer, [1, 2, 3, 4, 5], within_ms=500)
    assert best is not None
    assert best.rate == pytest.approx(3)
    assert asked == [1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (0.99, 4), (1.0, 4)])
def test_quantiles_are_observed_values(share: float, expected: float) -> None:
    assert quantile([4, 1, 3, 2], share) == expected
