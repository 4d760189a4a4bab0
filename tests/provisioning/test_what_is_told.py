"""Whatever changes what a line has is told to the core as it stands afterwards, in the same transaction, by one statement."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineState
from billing import releasing
from plans import grants, lapsing, life, periods, taking_back
from plans.models import Allowance, PlanPeriod
from provisioning.models import Command
from tests import cast
from tests.plans.conftest import NOON, load_the_catalogue

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GB = 10**9


@pytest.fixture
def line(db: None) -> Line:
    load_the_catalogue()
    return cast.anna().lines.get()


@pytest.fixture
def plan_of(line: Line) -> Any:
    from plans.models import Plan

    return lambda code: Plan.objects.select_related("zone").get(code=code)


def told(since: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, subject and payload of everything told, in its order, from the `since`-th on."""
    return list(Command.objects.order_by("sequence").values_list("kind", "subject", "payload"))[since:]


def as_it_stands(period: PlanPeriod) -> dict[str, Any]:
    """What the core must know of a period, from the tables themselves."""
    period.refresh_from_db()
    amounts = Allowance.objects.filter(period=period).select_related("zone").order_by("unit")
    return {
        "period": period.origin,
        "plan": period.plan.code,
        "kind": period.kind,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "is_cancelled": period.cancelled_at is not None,
        "beyond_by_credit": period.plan.beyond_by_credit,
        "allowances": {one.unit: (one.granted, one.zone.code, one.frozen_at is not None) for one in amounts},
    }


def as_told(payload: dict[str, Any]) -> dict[str, Any]:
    amounts = {one["unit"]: (one["granted"], one["zone"], one["is_frozen"]) for one in payload["allowances"]}
    return {**payload, "allowances": amounts}


def assert_all_known() -> None:
    """What was told last of each period is how it stands."""
    latest = {payload["period"]: payload for kind, _subject, payload in told() if kind == "period_set"}
    for period in PlanPeriod.objects.exclude(origin__startswith="import:"):
        assert as_told(latest[period.origin]) == as_it_stands(period)


def test_a_first_plan_tells_that_the_line_is_in_use_and_what_was_granted(line, plan_of):
    period = periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")

    (woken, given) = told()
    assert woken[:2] == ("line_set", "order:1")
    assert woken[2] == {"state": "active", "since": line.state_since.isoformat(), "uses_credit": True}
    assert given[:2] == ("period_set", "order:1")
    assert as_told(given[2]) == as_it_stands(period)
    assert given[2]["allowances"][0]["granted"] == 15 * GB
    assert set(Command.objects.values_list("line_id", "msisdn")) == {(line.pk, line.msisdn)}


def test_a_plan_that_is_queued_or_asked_for_twice_is_told_once(line, plan_of):
    for _time in range(2):
        periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")
        periods.queue(line=line, plan=plan_of("month-5"), now=NOON, origin="order:2")
        periods.add_on(line=line, plan=plan_of("more-5"), now=NOON, origin="order:3")

    assert [payload["period"] for _kind, _subject, payload in told(since=1)] == ["order:1", "order:2", "order:3"]
    assert_all_known()


def test_starting_now_tells_the_cut_the_moved_and_the_new_period_by_one_statement(line, plan_of):
    periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")
    periods.queue(line=line, plan=plan_of("month-5"), now=NOON, origin="order:2")
    frozen = grants.freeze(plan_of("month-5"))
    with CaptureQueriesContext(connection) as captured:
        periods.start_now(line=line, plan=plan_of("month-5"), now=NOON + DAY, origin="order:3", grants=frozen)

    written = [query["sql"] for query in captured if "provisioning_command" in query["sql"]]
    assert len(written) == 1
    named = [(subject, payload["period"]) for _kind, subject, payload in told(since=3)]
    assert named == [("order:3", "order:1"), ("order:3", "order:2"), ("order:3", "order:3")]
    assert_all_known()


def test_what_is_taken_back_while_it_runs_or_waits_is_told(line, plan_of):
    periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")
    periods.queue(line=line, plan=plan_of("month-5"), now=NOON, origin="order:2")
    periods.queue(line=line, plan=plan_of("month-5"), now=NOON, origin="order:3")
    before = Command.objects.count()
    taking_back.take_back(line=line, origin="order:2", now=NOON + DAY)
    assert_all_known()
    taking_back.take_back(line=line, origin="order:1", now=NOON + DAY)
    assert_all_known()

    assert [payload["period"] for _kind, _subject, payload in told(since=before)] == [
        "order:2",
        "order:3",
        "order:1",
        "order:3",
    ]
    assert not any(subject.startswith("order:") for _kind, subject, _payload in told(since=before))
    for _time in range(2):
        taking_back.take_back(line=line, origin="order:1", now=NOON + 2 * DAY)
    assert Command.objects.count() == before + 4


def test_what_a_bank_freezes_and_gives_free_is_told_each_time(line, plan_of):
    periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")
    before = Command.objects.count()
    for number in range(2):
        taking_back.freeze(line=line, origin="order:1", now=NOON + number * DAY)
        assert_all_known()
        taking_back.freeze(line=line, origin="order:1", now=NOON + number * DAY)
        taking_back.unfreeze(line=line, origin="order:1", now=NOON + number * DAY)
        assert_all_known()

    frozen = [payload["allowances"][0]["is_frozen"] for _kind, _subject, payload in told(since=before)]
    assert frozen == [True, False, True, False]


def test_what_came_with_an_import_is_not_told_and_what_becomes_of_it_is(line, plan_of):
    plan = plan_of("month-15")
    slot = periods.imported_slot(line, plan, starts_at=NOON - DAY, ends_at=NOON + 29 * DAY)
    imported = periods.bring_in(line=line, plan=plan, slot=slot, origin=f"import:{line.pk}")
    assert told() == []

    periods.start_now(line=line, plan=plan, now=NOON, origin="order:1")
    assert [payload["period"] for _kind, _subject, payload in told()] == [imported.origin, "order:1"]


def test_a_line_that_falls_asleep_wakes_and_is_given_up_is_told_each_time(line):
    life.topped_up(line, now=NOON)
    life.topped_up(line, now=NOON + DAY)
    spans = [NOON + 182 * DAY, NOON + 300 * DAY]
    for at in spans:
        lapsing.lapse(now=at)
    line.refresh_from_db()
    assert line.state == LineState.SUSPENDED
    releasing.sweep(now=NOON + 600 * DAY)

    states = [payload["state"] for _kind, _subject, payload in told()]
    assert states == ["active", "grace", "suspended", "released"]
    assert {subject for _kind, subject, _payload in told()} == {f"line:{line.pk}"}


def test_what_lapses_together_is_told_by_one_statement(line):
    others = [cast.line_of(f"+49176040691{number:02}") for number in range(9)]
    for other in others:
        other.move_to(LineState.ACTIVE, reason="import")
    Line.objects.update(last_top_up_at=NOON, created_at=NOON)
    with CaptureQueriesContext(connection) as captured:
        lapsing.lapse(now=NOON + 181 * DAY)

    written = [query["sql"] for query in captured if query["sql"].startswith('INSERT INTO "provisioning_command"')]
    assert len(written) == 1
    assert Command.objects.count() == 9
