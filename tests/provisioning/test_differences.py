"""The daily comparison: what differs is listed with both sides, nothing is changed, and rows close when both agree again."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import Line, Sim, SimState, Subscriber
from lib import clock
from lib.models import Alarm
from plans import core_differences, periods, telling_again
from plans.models import Allowance, Plan, PlanPeriod
from plans.tasks import compare_with_core
from provisioning import delivery
from provisioning.core.http import _line
from provisioning.core.protocol import LineThere, OutcomeUnknown, PeriodThere
from provisioning.models import Command, Difference
from tests import cast
from tests.plans.conftest import load_the_catalogue
from tests.plans.gifting import GB, give
from tests.provisioning.cores import pass_time

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now(db: None) -> datetime:
    return clock.real_now().replace(microsecond=0)


@pytest.fixture
def line(now: datetime, network: Any) -> Line:
    """Anna's, with a plan that runs and one that waits; the core knows all of it."""
    load_the_catalogue()
    line = cast.anna().lines.get()
    taken_out = Sim.objects.create(line=line, iccid="8949000000000000001")
    taken_out.move_to(SimState.ENDED)
    Sim.objects.create(line=line, iccid="8949000000000000011")
    Sim.objects.create(line=line, iccid="8949000000000000099", gets_texts=False)
    buy(line, "order:1", now=now)
    buy(line, "order:2", now=now)
    told(network)
    return line


def buy(line: Line, origin: str, *, now: datetime, code: str = "month-15") -> PlanPeriod:
    with transaction.atomic():
        return periods.queue(line=line, plan=Plan.objects.get(code=code), now=now, origin=origin)


def told(network: Any) -> None:
    """Everything is delivered, long ago; the snapshot is what the core was told."""
    delivery.deliver()
    pass_time(3600, by="claimed_at")
    known: dict[UUID, dict[str, Any]] = {}
    for said in network.told:
        there = known.setdefault(said.line_id, {"line": str(said.line_id), "msisdn": said.msisdn, "periods": {}})
        if said.kind == "line_set":
            there["state"] = said.payload["state"]
        elif said.kind == "sims_set":
            there["sims"] = said.payload["sims"]
        else:
            there["periods"][said.payload["period"]] = said.payload
    rows = [{**row, "periods": list(row["periods"].values())} for _line_id, row in sorted(known.items())]
    network.pages = [[_line(row) for row in rows]]


def change(network: Any, how: Any) -> None:
    network.pages = [[how(line) for line in page] for page in network.pages]


def with_period(line: LineThere, **changes: Any) -> LineThere:
    first, *others = sorted(line.periods, key=lambda period: period.starts_at)
    return replace(line, periods=[replace(first, **changes), *others])


def found() -> list[tuple[str, str, str, str]]:
    rows = Difference.objects.filter(closed_at=None).order_by("kind", "about")
    return list(rows.values_list("kind", "about", "ours", "theirs"))


def test_where_both_agree_nothing_is_listed(line, network, now):
    compared = core_differences.compare(now=now)

    assert (compared.lines, compared.new, compared.open) == (1, 0, 0)
    assert not Difference.objects.exists()


STRANGER = PeriodThere(
    name="order:9",
    starts_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"),
    ends_at=datetime.fromisoformat("2999-01-01T00:00:00+00:00"),
    is_cancelled=False,
    granted={},
    frozen=frozenset(),
)
_LATER = "2999-01-01T00:00:00+00:00"
CASES: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "state": (lambda line: replace(line, state="suspended"), ("state", "", "active", "suspended")),
    "number": (lambda line: replace(line, msisdn="+4917604069099"), ("number", "", "+4917604069011", "+4917604069099")),
    "SIMs": (
        lambda line: replace(line, sims=frozenset({"8949000000000000098"})),
        ("sims", "", "8949000000000000011 8949000000000000099", "8949000000000000098"),
    ),
    "blocked SIMs": (
        lambda line: replace(
            line,
            sims=frozenset({"8949000000000000011", "8949000000000000099"}),
            blocked=frozenset({"8949000000000000099"}),
        ),
        ("sims", "", "8949000000000000011 8949000000000000099", "8949000000000000011 8949000000000000099 blocked"),
    ),
    "end": (
        lambda line: with_period(line, ends_at=datetime.fromisoformat(_LATER)),
        ("dates", "order:1", "{0} – {1}", "{0} – " + _LATER),
    ),
    "amount": (
        lambda line: with_period(line, granted={"data": 16 * 10**9, "voice": None, "texts": None}),
        ("amount", "order:1 data", "15000000000", "16000000000"),
    ),
    "frozen": (
        lambda line: with_period(line, frozen=frozenset({"data"})),
        ("amount", "order:1 data", "15000000000", "15000000000 frozen"),
    ),
    "lacks a period": (
        lambda line: replace(line, periods=[one for one in line.periods if one.name != "order:1"]),
        ("period_here", "order:1", "{0} – {1}", ""),
    ),
    "has taken one back": (
        lambda line: with_period(line, is_cancelled=True),
        ("period_here", "order:1", "{0} – {1}", ""),
    ),
    "has one more": (
        lambda line: replace(line, periods=[*line.periods, STRANGER]),
        ("period_there", "order:9", "", "2020-01-01T00:00:00+00:00 – " + _LATER),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_difference_is_listed_with_both_sides_and_closed_when_they_agree(line, network, now, case):
    how, expected = CASES[case]
    agreed, period = network.pages, PlanPeriod.objects.get(origin="order:1")
    dates = period.starts_at.isoformat(), period.ends_at.isoformat()
    before = (Command.objects.count(), as_stored())
    change(network, how)
    for _time in range(2):
        core_differences.compare(now=now)
    wanted = tuple(text.format(*dates) for text in expected)
    if case == "amount":
        assert wanted in found()
    else:
        assert found() == [wanted]
    assert (Command.objects.count(), as_stored()) == before

    network.pages = agreed
    core_differences.compare(now=now + DAY)
    assert found() == []
    assert {row.closed_at for row in Difference.objects.all()} == {now + DAY}
    change(network, how)
    core_differences.compare(now=now + 2 * DAY)
    assert wanted in found()


def as_stored() -> list[Any]:
    return [*Line.objects.values_list(), *PlanPeriod.objects.order_by("pk").values_list()]


def test_a_line_only_one_of_them_knows_is_listed(line, network, now):
    agreed = network.pages
    network.pages = [[]]
    core_differences.compare(now=now)
    assert found() == [("unknown_there", "", "active", "")]
    network.pages = agreed
    change(network, lambda there: replace(there, line_id=UUID(int=7)))
    network.pages = [[*network.pages[0], *agreed[0]]]
    core_differences.compare(now=now)
    assert found() == [("unknown_here", "", "", "active")]


def test_stock_and_what_is_over_need_not_be_known_there(line, network, now):
    cast.line_of("+4917604069077")
    PlanPeriod.objects.filter(origin="order:1").update(ends_at=now - DAY, starts_at=now - 2 * DAY)
    over = now - DAY
    change(network, lambda there: with_period(there, ends_at=over - DAY, starts_at=over - 2 * DAY))
    core_differences.compare(now=now)

    assert found() == []


def test_a_period_that_ends_here_and_goes_on_there_is_listed(line, network, now):
    PlanPeriod.objects.filter(origin="order:1").update(starts_at=now - 2 * DAY, ends_at=now - DAY)
    core_differences.compare(now=now)

    assert [(kind, about) for kind, about, *_sides in found()] == [("dates", "order:1")]


def test_what_is_on_its_way_or_just_came_is_left_out(line, network, now):
    change(network, lambda there: replace(there, state="suspended"))
    core_differences.compare(now=now)
    agreed = found()
    buy(line, "order:3", now=now)
    core_differences.compare(now=now)
    assert found() == agreed
    delivery.deliver()
    core_differences.compare(now=now)
    assert found() == agreed
    pass_time(60, by="claimed_at")
    core_differences.compare(now=now)
    assert ("period_here", "order:3") in [(kind, about) for kind, about, *_sides in found()]


def test_many_lines_are_compared_page_by_page_each_exactly_once(line, network, now, django_assert_max_num_queries):
    others = [cast.line_of(f"+49176040691{number:02}") for number in range(10)]
    for other in others:
        buy(other, f"order:1{other.msisdn}", now=now)
    told(network)
    (everything,) = network.pages
    for cut in (1, 4, 11):
        network.pages = [everything[:cut], everything[cut:]]
        assert core_differences.compare(now=now).lines == 11
    missing = everything[:5] + everything[6:]
    network.pages = [missing[:5], missing[5:]]
    core_differences.compare(now=now)
    assert [kind for kind, *_rest in found()] == ["unknown_there"]
    assert Difference.objects.get().line_id == everything[5].line_id
    network.pages = [everything]
    with django_assert_max_num_queries(12):
        core_differences.compare(now=now)


def test_the_daily_task_raises_one_alarm_for_what_is_new_and_one_when_nobody_answers(line, network, monkeypatch):
    compare_with_core()
    assert not Alarm.objects.exists()
    change(network, lambda there: replace(there, state="suspended"))
    for _day in range(2):
        compare_with_core()
    assert list(Alarm.objects.values_list("kind", "detail")) == [("provisioning.differs", "1 new, 1 open")]

    def silent(**_asked: Any) -> None:
        raise OutcomeUnknown("ReadTimeout")

    monkeypatch.setattr(network, "snapshot", silent)
    for _day in range(2):
        compare_with_core()
    assert Alarm.objects.filter(kind="provisioning.no_answer").count() == 1
    assert len(found()) == 1


def test_the_command_says_what_it_found_and_changes_nothing(line, network, now):
    out = io.StringIO()
    call_command("compare_core", stdout=out)
    assert "1 lines compared, 0 new differences." in out.getvalue()
    change(network, lambda there: with_period(replace(there, state="suspended"), ends_at=now + 2 * DAY))
    before = Command.objects.count()
    with pytest.raises(CommandError, match="2 differences are open"):
        call_command("compare_core", stdout=out)
    assert Command.objects.count() == before
    assert telling_again.differing_lines() == [line.pk]


def test_a_difference_stays_itself_and_is_never_deleted(line, network, now):
    change(network, lambda there: replace(there, state="suspended"))
    core_differences.compare(now=now)
    row = Difference.objects.get()
    for wrong in ({"kind": "dates"}, {"about": "x"}, {"msisdn": "+49"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Difference.objects.filter(pk=row.pk).update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.django_db(transaction=True)
def test_telling_again_makes_the_core_say_what_we_say(line, network, now):
    change(network, lambda there: with_period(replace(there, state="suspended"), ends_at=now + 2 * DAY))
    core_differences.compare(now=now)
    assert len(found()) == 2
    with pytest.raises(CommandError, match="2 differences are open"):
        call_command("compare_core", "--tell-again", stdout=io.StringIO())
    told(network)
    core_differences.compare(now=now)

    assert found() == []


def test_what_one_line_gave_to_another_is_compared_and_told_again(line, network, now):
    other = cast.line_of("+4917604069079")
    buy(other, "order:3", now=now)
    data = Allowance.objects.get(line=line, unit="data", origin="order:1")
    gift = give(owner_of(line), other.msisdn, data, now=now)
    told(network)
    assert core_differences.compare(now=now).new == 0
    for name, ours in {gift.subject: GB, "order:1": 14 * GB}.items():
        network.pages = [[less(there, name) for there in page] for page in network.pages]
        core_differences.compare(now=now)
        assert found() == [("amount", f"{name} data", str(ours), "7")]
        for line_id in telling_again.differing_lines():
            telling_again.tell_again(line_id, now=now)
        told(network)
        core_differences.compare(now=now)
        assert found() == []
        now += timedelta(seconds=1)


def owner_of(line: Line) -> Subscriber:
    return Subscriber.objects.get(ownerships__line=line)


def less(there: LineThere, name: str) -> LineThere:
    """The core believes in seven bytes of it."""
    rows = [replace(one, granted={**one.granted, "data": 7}) if one.name == name else one for one in there.periods]
    return replace(there, periods=rows)
