"""The demo: its people have used their phones for weeks, every figure is the sum of its records, and a month goes by on order."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import Coalesce

from accounts.models import Line
from billing import ledger
from billing.models import Order
from lib import clock
from network.models import UsageDay, UsageRecord, UsageRowError
from notifications.models import Message, MessageState
from plans.models import Allowance, GroupUse
from portal.demo import loading
from portal.demo.people import CAST
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.waking import BERLIN

HOUR, DAY = 3600, 86_400
ANNA, BAO, FELIX, TARA, LENA, GRETA = (f"+49176040690{end}" for end in (11, 12, 16, 17, 18, 21))


@pytest.fixture
def demo(portal: Portal, settings: Any) -> Iterator[Portal]:
    """The cast, as `script/server` loads it."""
    settings.USAGE_KEPT_MONTHS = int(portal.environment["USAGE_KEPT_MONTHS"])
    loading.load(now=clock.now())
    yield portal
    portal.sandbox.name_players()


def unlike_their_records() -> list[Allowance]:
    """Allowances whose `used` is not the sum of what was charged to them."""
    summed = Allowance.objects.annotate(charged=Coalesce(Sum("charges__amount"), 0))
    return [allowance for allowance in summed if allowance.used != allowance.charged]


def share(msisdn: str) -> float:
    """What is used of the data that runs."""
    running = Allowance.objects.get(
        line__msisdn=msisdn, unit="data", starts_at__lte=clock.now(), expires_at__gt=clock.now()
    )
    assert running.granted
    return running.used / running.granted


def test_the_cast_has_used_its_phones_every_figure_is_the_sum_of_its_records_and_no_old_news_is_told(
    demo: Portal,
) -> None:
    assert (unlike_their_records(), broken()) == ([], {})
    assert not UsageRowError.objects.exists()
    assert not Message.objects.exclude(state=MessageState.SUPPRESSED).exists()
    played = {person.msisdn for person in CAST if person.habit}
    assert set(UsageRecord.objects.values_list("line__msisdn", flat=True).distinct()) == played
    shares = [share(number) for number in (ANNA, BAO, FELIX)]
    assert shares == pytest.approx([0.573, 1.0, 0.945], abs=0.01)

    days = UsageDay.objects.filter(unit="data")
    assert days.filter(line__msisdn=FELIX).count() > 360
    assert set(days.filter(line__msisdn=TARA).values_list("country", flat=True)) == {"DE", "FR", "TR", "US"}
    family = Line.objects.filter(ownerships__subscriber__name="Lena").values_list("label", flat=True)
    assert set(family) == {"", "Mia", "Ben"}
    shared = GroupUse.objects.get()
    assert (shared.member.shows, 10**9 < shared.used_bytes < 2 * 10**9) == ("Ben", True)

    assert not Allowance.objects.filter(line__msisdn=GRETA).exists()
    paid, _bonus = ledger.credit_of(Line.objects.get(msisdn=GRETA))
    cost = UsageDay.objects.filter(line__msisdn=GRETA).aggregate(Sum("cost_minor"))["cost_minor__sum"]
    assert 1000 < cost == 9000 - paid.minor
    assert UsageRecord.objects.aggregate(Sum("overrun"))["overrun__sum"] == 0


def test_a_month_goes_by_with_usage_renewals_and_reminders_and_the_books_add_up(demo: Portal) -> None:
    demo.start_worker()
    known = UsageRecord.objects.count()
    to_noon = (12 - clock.real_now().astimezone(BERLIN).hour) % 24
    demo.sandbox.set_out(to_noon * HOUR or HOUR, step_seconds=DAY)
    until(lambda: not demo.sandbox.journey()["is_moving"], seconds=60, every=0.2)
    on_the_way = demo.sandbox.journey()["records"]
    demo.sandbox.set_out(30 * DAY, step_seconds=2 * DAY)
    until(lambda: not demo.sandbox.journey()["is_moving"], seconds=120, every=0.2)
    journey = demo.sandbox.journey()
    assert (journey["trouble"], journey["share"]) == ("", 1.0)
    assert on_the_way + journey["records"] == UsageRecord.objects.count() - known > 5_000
    assert unlike_their_records() == []
    assert not UsageRowError.objects.exists()
    renewed = Order.objects.filter(came_by="auto_renew", state="applied").values_list("line__msisdn", flat=True)
    assert set(renewed) == {FELIX, TARA, LENA}
    subjects = " ".join(message["subject"] for message in demo.sandbox.messages(channel="email"))
    for words in ("renewed by itself", "Month 15 ends", "has ended", "used up"):
        assert words in subjects
    assert broken() == {}
