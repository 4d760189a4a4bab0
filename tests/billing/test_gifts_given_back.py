"""Gifts and money: what was given on counts as provided, and what is not paid for in the end is taken from who received it."""

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Line, LineOwnership, Subscriber
from billing import orders
from billing.gateways.disputes import DisputeFactState
from billing.giving_back import withdrawal
from billing.giving_back.quotes import Rule
from billing.models import Method, Order
from billing.orders import Wish
from billing.reconciliation import stored
from notifications.models import Message
from plans.gifts import following
from plans.gifts.refusals import CannotBeUndone, WhyNotBack
from plans.models import Allowance, AllowanceGift, Plan
from provisioning.models import Command
from tests import cast
from tests.billing.giving_back import ask, dispute
from tests.billing.ordering import NOW, load_reference_data, pay
from tests.billing.planting import plant
from tests.plans.gifting import GB, HALF, figures, give, undo, use, wake
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
BAO = "+4917604069012"
SOON = NOW + timedelta(minutes=3)
DAY = timedelta(days=1)


@pytest.fixture
def anna(db: None) -> Subscriber:
    load_reference_data()
    wake(cast.bao().lines[0])
    return cast.anna()


def bought(anna: Subscriber, *, has_box: bool = True) -> tuple[Order, Allowance]:
    """A month of 15 GB for 15.00 EUR that begins now, and its data; with the box "start at once" ticked or not."""
    plan = Plan.objects.get(code="month-15")
    wish = Wish(
        line=anna.lines[0],
        buyer=anna,
        method=Method.CARD,
        form_token=uuid.uuid4(),
        shown_price_minor=plan.price_minor,
        plan=plan,
        consents={"start_at_once": has_box},
    )
    order = orders.place(wish, now=NOW)
    pay(order)
    return order, Allowance.objects.get(line=anna.lines[0], unit="data", origin=order.subject)


def withdraw(order: Order, buyer: Subscriber, *, now: Any) -> int:
    """What goes back, in minor units."""
    offered = withdrawal.offer(order, buyer, now=now)
    shown = offered.quote.amount.minor
    return withdrawal.withdraw(order, subscriber=buyer, shown_minor=shown, now=now).amount_minor


def is_usable(gift: AllowanceGift, *, now: Any) -> bool:
    """Once the gift has followed what it came from."""
    following.follow(gift.from_line_id, now=now)
    gift.received.refresh_from_db()
    return gift.received.frozen_at is None


def test_what_was_given_on_is_counted_as_provided_and_stays(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, 5 * GB, now=NOW)
    assert withdraw(order, anna, now=SOON) == 1000
    assert is_usable(gift, now=SOON)
    assert figures(gift.received) == (5 * GB, 0, 0)
    with pytest.raises(CannotBeUndone) as caught:
        undo(gift, now=SOON)
    assert caught.value.why == WhyNotBack.SOURCE
    assert figures(data) == (15 * GB, 0, 5 * GB)
    assert broken() == {}


def test_what_was_taken_back_first_is_not(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, 5 * GB, now=NOW)
    use(gift.received, 3 * GB)
    undo(gift, now=SOON)
    assert withdraw(order, anna, now=SOON) == 1200
    assert broken() == {}


def test_when_all_goes_back_because_the_box_was_not_ticked_the_rest_of_the_gift_is_lost(anna):
    order, data = bought(anna, has_box=False)
    gift = give(anna, BAO, data, 5 * GB, now=NOW)
    use(gift.received, GB)
    assert withdraw(order, anna, now=SOON) == 1500
    assert not is_usable(gift, now=SOON)
    assert figures(gift.received) == (5 * GB, GB, 0)
    told = Message.objects.filter(subject=gift.subject, kind="gift_gone", channel="sms").get()
    assert (told.address, told.context["why"]) == (BAO, "unpaid")
    assert told.context["given"] == {"amount": 4 * GB, "unit": "data"}
    last = Command.objects.filter(subject=gift.subject).latest("sequence")
    assert [one["is_frozen"] for one in last.payload["allowances"]] == [True]
    assert broken() == {}


def test_staff_within_the_rules_leave_the_gift_and_beyond_them_take_it(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, 5 * GB, now=NOW)
    ask(order, amount_minor=1000, now=SOON)
    assert is_usable(gift, now=SOON)
    carla = cast.carla()
    second, other_data = bought(carla)
    other = give(carla, BAO, other_data, 4 * GB, now=NOW)
    ask(second, amount_minor=1500, now=SOON)
    assert not is_usable(other, now=SOON)
    assert is_usable(gift, now=SOON)


def test_goodwill_that_takes_nothing_back_leaves_the_gift(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, 5 * GB, now=NOW)
    ask(order, amount_minor=1400, takes_back=False, now=SOON)
    assert is_usable(gift, now=SOON)


def test_while_a_bank_decides_the_gift_is_on_hold_and_won_it_is_free_again(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, now=NOW)
    dispute(order.payments.get(), DisputeFactState.OPEN, now=SOON)
    assert not is_usable(gift, now=SOON)
    with pytest.raises(CannotBeUndone) as caught:
        undo(gift, now=SOON)
    assert caught.value.why == WhyNotBack.SOURCE
    dispute(order.payments.get(), DisputeFactState.WON, now=NOW + 9 * DAY)
    assert is_usable(gift, now=NOW + 9 * DAY)
    assert figures(gift.received) == (GB, 0, 0)
    told = Message.objects.filter(subject=gift.subject, kind="gift_gone", channel="sms").order_by("id")
    assert [(one.context["why"], one.state) for one in told] == [("on_hold", "suppressed"), ("free", "due")]


@pytest.mark.parametrize("what", ["new owner", "first owner", "given up"])
def test_whoever_has_the_number_only_since_then_hears_nothing_of_it(anna, what):
    order, data = bought(anna)
    line = Line.objects.get(msisdn=BAO)
    if what == "first owner":
        LineOwnership.objects.filter(line=line).update(until_at=NOW - DAY)
    gift = give(anna, BAO, data, GB, now=NOW)
    if what == "given up":
        Line.objects.filter(pk=line.pk).update(state="ported_out")
    else:
        LineOwnership.objects.filter(line=line, until_at=None).update(until_at=NOW)
        LineOwnership.objects.create(line=line, subscriber=cast.carla(), from_at=SOON)
    dispute(order.payments.get(), DisputeFactState.OPEN, now=SOON)
    assert not is_usable(gift, now=SOON)
    assert not Message.objects.filter(subject=gift.subject, kind="gift_gone").exists()


def test_lost_it_is_gone(anna):
    order, data = bought(anna)
    gift = give(anna, BAO, data, now=NOW)
    dispute(order.payments.get(), DisputeFactState.LOST, now=NOW + 9 * DAY)
    assert following.sweep(now=NOW + 9 * DAY) == 1
    assert following.sweep(now=NOW + 9 * DAY) == 0
    assert not is_usable(gift, now=NOW + 9 * DAY)
    assert broken() == {}


def test_a_line_that_was_given_up_keeps_nobody_from_what_it_gave(anna):
    _order, data = bought(anna)
    gift = give(anna, BAO, data, now=NOW)
    Line.objects.filter(pk=anna.lines[0].pk).update(state="suspended")
    Line.objects.filter(pk=gift.from_line_id).update(state="ported_out")
    assert following.sweep(now=SOON) == 0
    assert is_usable(gift, now=SOON)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_given_used_and_taken_back_money_back_gives_nothing_away(anna: Subscriber, seed: int) -> None:
    """What stays with us pays for everything that was used or still can be, to the cent; without the box for nothing that still can."""
    chance, now, has_box = random.Random(seed), NOW, bool(seed % 2)
    order, data = bought(anna, has_box=has_box)
    gifts: list[AllowanceGift] = []
    for _step in range(8):
        now += timedelta(minutes=chance.randrange(4))
        data.refresh_from_db()
        act = chance.choice(["give", "use", "use_own", "undo"])
        if act == "give" and len(gifts) < 4:
            gifts.append(give(anna, BAO, data, HALF * chance.randrange(1, 3), now=now))
        elif act == "use_own":
            use(data, chance.randrange(GB))
        elif gifts:
            gift = AllowanceGift.objects.get(pk=chance.choice(gifts).pk)
            left = gift.received.remaining or 0
            if act == "use" and not gift.undone_at:
                use(gift.received, chance.randrange(left + 1))
            elif act == "undo" and not gift.undone_at and left and now < gift.undo_until:
                undo(gift, now=now)
    kept_minor = 1500 - withdraw(order, anna, now=now)
    following.follow(data.line_id, now=now)
    data.refresh_from_db()
    received = list(Allowance.objects.filter(gift__isnull=False))
    usable = sum(one.remaining or 0 for one in received if one.frozen_at is None)
    assert usable == 0 or has_box
    if has_box:
        assert (kept_minor + 1) * 15 * GB > 1500 * (data.used + sum(one.used for one in received) + usable)
    assert rule_of(order) == (Rule.IN_PROPORTION if has_box else Rule.NO_CONSENT)
    assert broken() == {}


def rule_of(order: Order) -> str:
    return str(order.refund_requests.get().formula["rule"])


def test_a_gift_that_somebody_changed_in_the_database_is_named_on_both_sides(anna):
    _order, data = bought(anna)
    gift = give(anna, BAO, data, now=NOW)
    assert stored.compare(now=SOON) == []
    plant("UPDATE plans_allowance SET gifted = gifted - 1 WHERE id = %s", data.pk)
    plant("UPDATE plans_allowance SET granted = granted + 1 WHERE id = %s", gift.received_id)
    found = {difference.subject: difference.detail for difference in stored.compare(now=SOON)}
    assert set(found) == {f"difference:gifted:{data.pk}", f"difference:gift:{gift.received_id}"}
    assert "999999999 given on, but its gifts come to 1000000000" in found[f"difference:gifted:{data.pk}"]
