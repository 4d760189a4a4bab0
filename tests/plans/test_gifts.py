"""Data given to another line, and taken back: every byte has one place."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import Line, LineOwnership, LineState, Subscriber
from billing.reconciliation.stored import PROMISES, breaches
from lib import clock
from notifications.models import Message
from plans import periods
from plans.gifts import limits, listing, sources, undoing
from plans.gifts.refusals import CannotBeGiven, CannotBeUndone, Why, WhyNotBack
from plans.models import Allowance, AllowanceGift, Plan, PlanPeriod
from provisioning.models import Command
from tests import cast
from tests.plans.conftest import NOON
from tests.plans.gifting import GB, HALF, figures, give, start, undo, use, wake

SOON = NOON + timedelta(minutes=3)
LATE = NOON + timedelta(minutes=10)
BAO = "+4917604069012"


@pytest.fixture
def anna(line: Line) -> Subscriber:
    return Subscriber.objects.get()


@pytest.fixture
def data(line: Line) -> Allowance:
    """Anna's 15 GB, which begin now."""
    return start(line, "month-15", now=NOON)


@pytest.fixture
def bao(catalogue: None) -> Subscriber:
    """In use, without a plan."""
    person = cast.bao()
    wake(person.lines[0])
    return person


def nothing_is_lost() -> bool:
    return not any(breaches(promise) for promise in PROMISES if promise.name in {"gifted", "gift", "allowance"})


def test_a_gift_is_data_of_the_other_line_at_once_for_as_long_as_it_would_have_been_ones_own(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    received = gift.received
    assert figures(data) == (15 * GB, 0, GB)
    assert figures(received) == (GB, 0, 0)
    assert (received.line, received.period, received.unit, received.zone) == (bao.lines[0], None, "data", data.zone)
    assert (received.starts_at, received.expires_at) == (NOON, data.expires_at)
    assert received.origin == f"gift:{gift.pk}"
    assert (gift.given_by, gift.given_at, gift.undone_at) == (anna, NOON, None)
    assert nothing_is_lost()


def test_the_core_hears_of_both_lines_in_the_same_transaction(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    told = {one.line_id: one for one in Command.objects.filter(subject=f"gift:{gift.pk}")}
    assert set(told) == {anna.lines[0].pk, bao.lines[0].pk}
    mine, theirs = told[anna.lines[0].pk].payload, told[bao.lines[0].pk].payload
    assert mine["period"] == data.origin
    assert [one["granted"] for one in mine["allowances"] if one["unit"] == "data"] == [14 * GB]
    assert (theirs["period"], theirs["kind"], theirs["plan"]) == (f"gift:{gift.pk}", "gift", "")
    assert [(one["unit"], one["granted"], one["is_frozen"]) for one in theirs["allowances"]] == [("data", GB, False)]
    use(gift.received, 300)
    undo(gift, now=SOON)
    back = Command.objects.filter(subject=f"gift:{gift.pk}").order_by("sequence")[2:]
    amounts = {one.line_id: one.payload["allowances"][0]["granted"] for one in back}
    assert amounts == {anna.lines[0].pk: 15 * GB - 300, bao.lines[0].pk: 300}


def test_both_are_told_once_by_sms_and_by_e_mail(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    told = {(one.kind, one.channel): one for one in Message.objects.filter(subject=f"gift:{gift.pk}")}
    assert set(told) == {(kind, way) for kind in ("gift_given", "gift_received") for way in ("sms", "email")}
    assert told["gift_received", "sms"].address == BAO
    assert told["gift_received", "sms"].context["whom"] == "+49 176 04069011"
    assert told["gift_given", "email"].address == anna.email
    assert told["gift_given", "email"].context["remaining"] == {"amount": 14 * GB, "unit": "data"}
    undo(gift, now=SOON)
    undo(gift, now=SOON)
    back = Message.objects.filter(subject=f"gift:{gift.pk}", kind__in=("gift_undone", "gift_gone"))
    assert sorted((one.kind, one.channel, one.address) for one in back) == [
        ("gift_gone", "email", bao.email),
        ("gift_gone", "sms", BAO),
        ("gift_undone", "email", anna.email),
    ]


def test_what_is_used_stays_with_whoever_used_it_to_the_byte(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    use(gift.received, 123_456_789)
    undone = undo(gift, now=SOON)
    assert undone.given_back_bytes == GB - 123_456_789
    assert figures(data) == (15 * GB, 0, 123_456_789)
    assert figures(gift.received) == (123_456_789, 123_456_789, 0)
    assert nothing_is_lost()


def test_a_second_click_on_undo_changes_nothing(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    assert undo(gift, now=SOON) == undo(gift, now=LATE)
    assert figures(data) == (15 * GB, 0, 0)


def test_a_second_click_on_give_is_the_same_gift(anna, data, bao):
    token = uuid.uuid4()
    first = give(anna, BAO, data, form_token=token, now=NOON)
    assert give(anna, BAO, data, form_token=token, now=SOON) == first
    assert figures(data) == (15 * GB, 0, GB)
    assert Message.objects.filter(kind="gift_received").count() == 2


def test_what_may_be_used_abroad_goes_along_and_comes_back(anna, line, bao):
    data = start(line, "month-40", now=NOON)
    assert data.zone_cap == 39 * GB
    gift = give(anna, BAO, data, 2 * GB, now=NOON)
    data.refresh_from_db()
    assert (data.zone_cap, gift.received.zone_cap) == (37 * GB, 2 * GB)
    Allowance.objects.filter(pk=gift.received_id).update(used=GB + 7, used_abroad=GB)
    undo(gift, now=SOON)
    data.refresh_from_db()
    gift.received.refresh_from_db()
    assert (data.zone_cap, gift.received.zone_cap) == (38 * GB, GB)


# --- What cannot be given -------------------------------------------------------------------------------------------------


def refused(call: Callable[[], Any]) -> Why:
    before = [list(model.objects.order_by("pk").values()) for model in (Allowance, Message, Command)]
    with pytest.raises(CannotBeGiven) as caught:
        call()
    assert [list(model.objects.order_by("pk").values()) for model in (Allowance, Message, Command)] == before
    return caught.value.why


@pytest.mark.parametrize("amount", [0, -HALF, HALF - 1, 750_000_000, 15 * GB + HALF])
def test_only_whole_steps_of_what_is_left(anna, data, bao, amount, settings):
    settings.GIFT_BYTES_A_DAY = 100 * GB
    assert refused(lambda: give(anna, BAO, data, amount, now=NOON)) == Why.AMOUNT


def test_what_is_used_cannot_be_given(anna, data, bao):
    use(data, 14 * GB + HALF + 1)
    assert sources.of(anna.lines[0], now=NOON) == []
    assert refused(lambda: give(anna, BAO, data, HALF, now=NOON)) == Why.AMOUNT


def test_a_gift_cannot_be_given_on(anna, data, bao):
    received = give(anna, BAO, data, now=NOON).received
    assert sources.of(bao.lines[0], now=NOON) == []
    assert refused(lambda: give(bao, "+4917604069011", received, HALF, now=NOON)) == Why.SOURCE
    with pytest.raises(IntegrityError, match="allowance_gives_what_was_bought"), transaction.atomic():
        Allowance.objects.filter(pk=received.pk).update(gifted=HALF)


def test_neither_can_data_that_is_over_frozen_about_to_end_or_without_limit(anna, line, data, bao):
    ends = data.expires_at
    for at in (ends, ends - timedelta(minutes=10)):
        assert refused(partial(give, anna, BAO, data, now=at)) == Why.SOURCE
    give(anna, BAO, data, now=ends - timedelta(minutes=10, seconds=1))
    Allowance.objects.filter(pk=data.pk).update(frozen_at=NOON)
    assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.SOURCE
    unlimited = start(line, "month-5", now=ends)
    Allowance.objects.filter(pk=unlimited.pk).update(granted=None, full_speed_amount=GB, speed_after_kbit=64)
    assert refused(lambda: give(anna, BAO, unlimited, now=ends)) == Why.SOURCE


def test_neither_can_minutes_or_what_is_somebody_elses(anna, data, bao):
    minutes = Allowance.objects.get(period=data.period, unit="voice")
    assert refused(lambda: give(anna, BAO, minutes, now=NOON)) == Why.SOURCE
    assert refused(lambda: give(bao, "+4917604069011", data, now=NOON)) == Why.SOURCE


def test_not_from_a_line_that_is_not_in_use_or_not_theirs(anna, data, bao):
    line = anna.lines[0]
    assert refused(lambda: give(bao, BAO, data, line=line, now=NOON)) == Why.NOT_OWNER
    line.move_to(LineState.GRACE, reason="test")
    assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.LINE


def test_not_for_a_day_after_the_sign_in_was_changed(anna, data, bao):
    Subscriber.objects.filter(pk=anna.pk).update(sign_in_changed_at=clock.real_now())
    assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.HOLD


def test_everything_about_the_other_number_is_one_and_the_same_refusal(anna, data, bao, settings):
    settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR = 100
    assert refused(lambda: give(anna, "+4917604069099", data, now=NOON)) == Why.NUMBER  # none of ours
    line = bao.lines[0]
    for field, value in {"state": "grace", "identity": "missing", "country": "US"}.items():
        Line.objects.filter(pk=line.pk).update(**{field: value})
        assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.NUMBER
        Line.objects.filter(pk=line.pk).update(state="active", identity="not_needed", country="DE")
    settings.GIFT_RECEIVED_BYTES_A_DAY = HALF
    assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.NUMBER
    assert refused(lambda: give(anna, "+4917604069011", data, now=NOON)) == Why.OWN_NUMBER


def test_wrong_numbers_are_counted_before_they_are_looked_up(anna, data, bao, settings):
    for last in range(settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR):
        assert refused(partial(give, anna, f"+49176040690{last + 90}", data, now=NOON)) == Why.NUMBER
    assert refused(lambda: give(anna, BAO, data, now=NOON)) == Why.TOO_OFTEN


def test_right_ones_are_not_counted(anna, data, bao, settings):
    settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR = 1
    give(anna, BAO, data, now=NOON)
    give(anna, BAO, data, now=NOON)
    assert figures(data) == (15 * GB, 0, 2 * GB)


def test_a_day_has_its_limits_by_the_line_s_own_clock(anna, data, bao):
    give(anna, BAO, data, 4 * GB, now=NOON)
    assert limits.left_today(anna.lines[0], now=NOON) == GB
    assert refused(lambda: give(anna, BAO, data, GB + HALF, now=NOON)) == Why.MUCH
    midnight_in_berlin = NOON.replace(hour=22)
    assert refused(lambda: give(anna, BAO, data, 2 * GB, now=midnight_in_berlin - timedelta(seconds=1))) == Why.MUCH
    give(anna, BAO, data, 2 * GB, now=midnight_in_berlin)
    assert figures(data) == (15 * GB, 0, 6 * GB)


def test_what_was_taken_back_counts_as_often_but_not_as_much(anna, data, bao, settings):
    for _time in range(settings.GIFTS_A_DAY):
        undo(give(anna, BAO, data, 5 * GB, now=NOON), now=SOON)
    assert refused(lambda: give(anna, BAO, data, HALF, now=SOON)) == Why.MANY


# --- What cannot be taken back --------------------------------------------------------------------------------------------


def kept(gift: AllowanceGift, who: Subscriber, *, now: Any) -> WhyNotBack:
    before = list(Allowance.objects.order_by("pk").values())
    with pytest.raises(CannotBeUndone) as caught:
        undoing.undo(gift.pk, who, now=now)
    assert list(Allowance.objects.order_by("pk").values()) == before
    return caught.value.why


def test_after_ten_minutes_or_when_all_is_used_it_stays(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    assert kept(gift, anna, now=LATE) == WhyNotBack.TOO_LATE
    use(gift.received, GB)
    assert kept(gift, anna, now=LATE - timedelta(seconds=1)) == WhyNotBack.USED_UP


def test_nobody_else_takes_it_back(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    assert kept(gift, bao, now=SOON) == WhyNotBack.NOT_OWNER
    carla = cast.carla()
    LineOwnership.objects.filter(subscriber=anna).update(until_at=SOON)
    LineOwnership.objects.create(line=gift.from_line, subscriber=carla, from_at=SOON)
    assert kept(gift, anna, now=SOON) == WhyNotBack.NOT_OWNER
    assert kept(gift, carla, now=SOON) == WhyNotBack.NOT_OWNER
    assert not listing.given_by(carla).exists()
    assert not listing.of_line(gift.from_line, carla).exists()


def test_a_plan_that_was_cut_takes_nothing_in_and_the_gift_stays(anna, line, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    with transaction.atomic():
        plan = Plan.objects.get(code="month-5")
        periods.start_now(line=line, plan=plan, now=SOON, origin="test:now")
    assert kept(gift, anna, now=SOON + timedelta(minutes=1)) == WhyNotBack.SOURCE
    gift.received.refresh_from_db()
    assert gift.received.expires_at > SOON + timedelta(days=20)
    assert PlanPeriod.objects.get(pk=data.period_id).ends_at == SOON


def test_the_database_keeps_a_gift_as_it_was(anna, data, bao):
    gift = give(anna, BAO, data, now=NOON)
    for change in ({"amount_bytes": 2 * GB}, {"to_line": gift.from_line}, {"given_at": SOON}):
        with pytest.raises(DatabaseError), transaction.atomic():
            AllowanceGift.objects.filter(pk=gift.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AllowanceGift.objects.filter(pk=gift.pk).delete()
    undo(gift, now=SOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        AllowanceGift.objects.filter(pk=gift.pk).update(undone_at=None, given_back_bytes=0)


def test_the_same_line_may_not_be_both_sides(anna, data):
    with pytest.raises(IntegrityError, match="gift_to_another"), transaction.atomic():
        AllowanceGift.objects.create(
            from_line=data.line, to_line=data.line, source=data, received=data, amount_bytes=GB, given_by=anna,
            given_at=NOON, form_token=uuid.uuid4(),
        )  # fmt: skip
