"""Home and the plan list say until when data lasts at the reader's pace, and ask the database no more for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.models import LineOwnership, Subscriber
from lib import clock
from network.models import UsageDay
from plans.models import Allowance, Plan, PlanAllowance, Unit
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna, bao
from tests.counting import statements_of

GB = 10**9
DAY = timedelta(days=1)
Live = Callable[..., None]


@pytest.fixture
def owner(db: None) -> Subscriber:
    load_reference_data()
    return anna()


@pytest.fixture
def client_of(owner: Subscriber) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def live(owner: Subscriber) -> Live:
    """Anna bought a plan some days ago and used as much every day, today's part included."""

    def lived(*, days: int = 12, a_day: float = 0.5, left: float = 9, code: str = "month-15") -> None:
        bought = clock.now() - days * DAY
        pay(order_plan(owner, code, now=bought), now=bought)
        use(owner, days=days - 1, a_day=a_day)
        data = Allowance.objects.filter(unit=Unit.DATA, granted__isnull=False)
        for allowance in data:
            data.filter(pk=allowance.pk).update(used=(allowance.granted or 0) - int(left * GB))

    return lived


def use(owner: Subscriber, *, days: int, a_day: float) -> None:
    line = owner.lines[0]
    today = clock.now().astimezone(ZoneInfo(line.time_zone)).date()
    rows = (
        UsageDay(line=line, day=today - ago * DAY, unit="data", country="DE", amount=int(a_day * GB), records_count=3)
        for ago in range(days + 1)
    )
    UsageDay.objects.bulk_create(rows)


def said(client: Client) -> dict[str, Any]:
    context = client.get("/home/").context
    return {"outlook": context["forecast"] and context["forecast"].outlook.value, "says": context["forecast_says"]}


def offers(client: Client, show: str = "month") -> dict[str, str]:
    return {offer.plan.code: offer.at_pace for offer in client.get("/plans/", {"show": show}).context["offers"]}


@pytest.mark.parametrize(
    ("a_day", "outlook", "begins"),
    [
        (1.5, "runs_out", "At your pace your data lasts until about "),
        (0.2, "lasts", "At your pace your data lasts until the plan ends, with about "),
    ],
)
def test_home_says_until_when(client_of: Client, live: Live, a_day: float, outlook: str, begins: str) -> None:
    live(a_day=a_day)
    page = client_of.get("/home/").content.decode()

    assert said(client_of)["outlook"] == outlook
    assert said(client_of)["says"].startswith(begins)
    assert said(client_of)["says"] in page
    assert ("reach-axis" in page) == (outlook == "runs_out")
    assert "How we reckon this" in page


def test_home_says_nothing_while_it_is_too_early(client_of: Client, live: Live) -> None:
    live(days=2, a_day=3)

    assert said(client_of) == {"outlook": None, "says": ""}
    assert "How we reckon" not in client_of.get("/home/").content.decode()


def test_home_asks_no_more_statements_for_it(client_of: Client, live: Live) -> None:
    live(a_day=1)

    assert said(client_of)["outlook"] == "runs_out"
    assert len(statements_of(client_of, "/home/")) <= 8


def test_an_heir_is_told_nothing_from_the_use_of_the_former_owner(
    owner: Subscriber, client_of: Client, live: Live
) -> None:
    live(a_day=1)
    line, heir = owner.lines[0], bao()
    LineOwnership.objects.filter(line=line).update(until_at=clock.now() - DAY)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=clock.now() - DAY)
    theirs = Client()
    theirs.force_login(heir)
    theirs.post("/account/lines/switch/", {"line": str(line.pk)})

    assert theirs.get("/home/").context["line"] == line
    assert said(theirs)["outlook"] is None
    assert set(offers(theirs).values()) == {""}


def test_the_plan_list_says_how_long_each_plan_would_last(client_of: Client, live: Live) -> None:
    live(a_day=0.5)
    months, quarters, days = offers(client_of), offers(client_of, "quarter"), offers(client_of, "day")

    assert months["month-5"].startswith("about 10 days (")
    assert months["month-40"].startswith("lasts, about 2")
    assert quarters["quarter-15"].startswith("about 3")
    assert days["day-1"].startswith("lasts, about ")
    page = client_of.get("/plans/").content.decode()
    assert page.count(months["month-5"]) == 2  # on its card and side by side
    assert "You use about 500\N{NO-BREAK SPACE}MB a day, reckoned from 1" in page


def test_add_ons_say_how_much_longer_data_would_last(client_of: Client, live: Live) -> None:
    live(a_day=1)

    found = offers(client_of, "add_on")
    assert found["more-5"].startswith("about 5 more days (")


def test_an_add_on_that_is_enough_says_so(client_of: Client, live: Live) -> None:
    live(a_day=0.05)

    assert offers(client_of, "add_on")["more-5"] == "enough until your plan ends"


def test_an_unlimited_plan_says_how_long_its_full_speed_lasts(client_of: Client, live: Live) -> None:
    live(a_day=1)
    plan = Plan.objects.get(code="month-40")
    PlanAllowance.objects.filter(plan=plan, unit=Unit.DATA).update(
        amount=None, full_speed_amount=18 * GB, speed_after_kbit=256, zone_cap=None
    )

    assert offers(client_of)["month-40"].startswith("full speed for about 18 days (")


def test_the_plan_list_is_silent_for_strangers_and_before_a_week_is_known(client_of: Client, live: Live) -> None:
    live(days=6)

    for client in (client_of, Client()):
        page = client.get("/plans/")
        assert {offer.at_pace for offer in page.context["offers"]} == {""}
        assert "your pace" not in page.content.decode()
    assert said(client_of)["outlook"] is not None


def test_the_plan_list_costs_the_same_with_and_without_a_pace(owner: Subscriber, live: Live) -> None:
    client = Client()
    client.force_login(owner)
    bare = len(statements_of(client, "/plans/"))
    live(a_day=0.5)

    assert len(statements_of(client, "/plans/")) == bare <= 7
