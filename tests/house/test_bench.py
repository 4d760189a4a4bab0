"""The benches, short: they end with one line of figures, compare like with like, and leave books that add up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.models import Line
from bench.baseline import Baseline
from bench.fulfil import Fulfil
from bench.ledger import Ledger
from bench.report import Report, Round, Scale
from bench.rounds import NotTheSame, compare
from bench.script import NotReplayable, record, retell
from billing.models import LedgerEntry, Order, OrderState
from plans.models import Allowance, PlanPeriod
from tests.house.environment import shell_environment
from tests.stack.invariants import broken

ROOT = Path(__file__).resolve().parents[2]
CHECKED = ["same rows from both", "books add up"]
SHORT = Scale(rounds=2, size=2)
#: Deeds that come before the rounds, and those of both sides in the rounds.
DEEDS = 3 * 8 + 2 * 2 * 2


@pytest.mark.slow
def test_each_bench_ends_with_one_line_of_figures_and_tells_how_far_it_is_beside_it() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "ledger",
            "fulfil",
            "renewals",
            "delivery",
            "sweep",
            "usage",
            "--rounds",
            "2",
            "--size",
            "3",
        ],
        cwd=ROOT,
        env={**shell_environment(), "DATABASE_URL": "postgres://nobody@%2Fnonexistent/nothing"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    *lines, renewals, delivery, sweep, usage = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in lines] == ["ledger", "fulfil"]
    for line in lines:
        assert set(line) == {"name", "rounds", "size", "ratio_cpu", "ratio_wall", "cpu_us", "queries", "checked"}
        assert (line["rounds"], line["size"]) == (2, 3)
        assert line["checked"] == [*CHECKED, "fsync on"]
        for ratio in (line["ratio_cpu"], line["ratio_wall"]):
            assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    assert done.stderr.count("round 2 of 2") == 4
    assert (renewals["name"], renewals["lines"], renewals["raced_lines"], renewals["charged_twice"]) == (
        "renewals",
        3,
        20,
        0,
    )
    assert renewals["lines_per_second"] > 0
    few, more = renewals["statements_per_line"].values()
    assert more <= few < 80
    assert (delivery["name"], delivery["messages"]) == ("delivery", 3)
    assert (sweep["name"], sweep["messages"], sweep["second_run_inserted"]) == ("sweep", 2 * 3, 0)
    assert len(set(sweep["statements"].values())) == 1
    assert (usage["name"], usage["records"], usage["replay_changed"]) == ("usage", 3, 0)
    assert (delivery["lost"], delivery["doubled"], delivery["unknown"]) == (0, 0, 2)


def test_a_name_that_is_no_bench_is_refused_before_anything_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "weather"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert "choose from" in done.stderr
    assert done.stdout == ""


def test_ratios_are_raw_time_by_ours_and_times_belong_to_one_piece_of_work() -> None:
    rounds = [Round(raw_cpu=raw, raw_wall=2.0, our_cpu=2.0, our_wall=2.5) for raw in (1.0, 1.5, 0.5)]
    report = Report(name="x", size=1000, rounds=rounds, queries={"a": 1}, checked=[])
    assert json.loads(report.line()) == {
        "name": "x",
        "rounds": 3,
        "size": 1000,
        "ratio_cpu": {"min": 0.25, "median": 0.5, "max": 0.75},
        "ratio_wall": {"min": 0.8, "median": 0.8, "max": 0.8},
        "cpu_us": {"raw": 1000, "ours": 2000},
        "queries": {"a": 1},
        "checked": [],
    }


@pytest.mark.django_db(transaction=True)
def test_both_sides_post_the_same_entries() -> None:
    report = compare(Ledger(), SHORT)
    assert report.queries == {"shared": 1, "credit": 3}
    assert list(report.checked) == CHECKED
    assert LedgerEntry.objects.count() == DEEDS
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_both_sides_settle_the_same_orders() -> None:
    report = compare(Fulfil(), SHORT)
    assert report.queries["settle"] <= 16
    assert list(report.checked) == CHECKED
    assert [Order.objects.filter(state=state).count() for state in (OrderState.APPLIED, OrderState.PENDING)] == [
        DEEDS,
        0,
    ]
    assert PlanPeriod.objects.count() == DEEDS
    assert Allowance.objects.count() == 3 * DEEDS
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_a_baseline_that_does_less_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Baseline, "play", lambda *_words: None)
    with pytest.raises(NotTheSame, match="ledger, shared"):
        compare(Ledger(), SHORT)


@pytest.mark.django_db(transaction=True)
def test_what_commits_by_itself_is_not_recorded_as_if_it_were_in_a_transaction() -> None:
    with pytest.raises(NotReplayable):
        record(Line.objects.count, {})


def test_what_is_a_deeds_own_is_found_however_deep_it_is() -> None:
    words = {"R-1": "R-2"}
    assert retell([{"about": "order R-1", "sum": 1}, ("R-1",)], words) == [{"about": "order R-2", "sum": 1}, ("R-2",)]
