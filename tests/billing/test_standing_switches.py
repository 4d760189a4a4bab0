"""Auto-renew and auto top-up are switched on by the line's owner alone, once, with what was shown, and off with one tap."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import LineOwnership, Subscriber
from billing.models import AutoRenew, AutoTopUp, PaymentMethod, RefundRequest, Renewal
from billing.saved_methods import choosing
from billing.standing import auto_renew, auto_top_up
from billing.standing.auto_renew import CannotBeSwitchedOn, RenewWish
from billing.standing.auto_top_up import TopUpWish
from lib import clock
from lib.money import Money
from plans.models import Plan, PlanPeriod
from tests.billing.ordering import NOW, load_reference_data, order_plan, pay
from tests.cast import anna, carla

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    return anna()


def method(owner: Subscriber, number: str = "4242") -> PaymentMethod:
    return PaymentMethod.objects.create(
        subscriber=owner, way="card", gateway_id=f"pm_{number}", label=f"Visa ···{number}", saved_at=NOW
    )


def renew_wish(owner: Subscriber, way: PaymentMethod | None, code: str = "month-15") -> RenewWish:
    plan = Plan.objects.get(code=code)
    return RenewWish(
        line=owner.lines[0],
        subscriber=owner,
        plan=plan,
        method=way,
        shown_price_minor=plan.price_minor,
        consents={"auto_renew": {"text_version": "test"}},
    )


def top_up_wish(owner: Subscriber, way: PaymentMethod) -> TopUpWish:
    return TopUpWish(
        line=owner.lines[0], subscriber=owner, below_minor=500, add_minor=1000, at_most=3, method=way, consents={}
    )


def refusal(wish: RenewWish | TopUpWish) -> str:
    with pytest.raises(CannotBeSwitchedOn) as refused:
        auto_renew.switch_on(wish, now=NOW) if isinstance(wish, RenewWish) else auto_top_up.switch_on(wish, now=NOW)
    assert not AutoRenew.objects.exists()
    assert not AutoTopUp.objects.exists()
    return refused.value.reason


def bought(owner: Subscriber, *, at: datetime = NOW) -> PlanPeriod:
    order = order_plan(owner, now=at)
    pay(order, now=at)
    return PlanPeriod.objects.get(origin=order.subject)


def test_a_second_click_finds_it_on_and_other_ways_to_pay_are_swapped(owner: Subscriber) -> None:
    first, second = method(owner), method(owner, "4444")
    on = auto_renew.switch_on(renew_wish(owner, first), now=NOW)
    again = auto_renew.switch_on(replace(renew_wish(owner, second), backup=first, uses_credit=True), now=NOW)
    assert again.pk == on.pk
    assert (again.method, again.backup, again.uses_credit, again.on_at) == (second, first, True, NOW)
    assert AutoRenew.objects.count() == 1


def test_another_plan_is_another_row(owner: Subscriber) -> None:
    way = method(owner)
    former = auto_renew.switch_on(renew_wish(owner, way), now=NOW)
    later = NOW + timedelta(hours=1)
    auto_renew.switch_on(renew_wish(owner, way, "month-5"), now=later)
    former.refresh_from_db()
    assert (former.off_at, former.off_reason) == (later, "replaced")
    assert AutoRenew.objects.filter(off_at=None).count() == 1


def test_who_does_not_own_the_line_cannot_switch_it_on(owner: Subscriber) -> None:
    stranger = carla()
    way = method(stranger)
    assert refusal(replace(renew_wish(owner, way), subscriber=stranger)) == "not_owner"
    assert refusal(replace(top_up_wish(owner, way), subscriber=stranger)) == "not_owner"


def test_only_a_plan_on_sale_in_the_line_s_currency_at_the_price_shown(owner: Subscriber) -> None:
    wish = renew_wish(owner, method(owner))
    assert refusal(replace(wish, shown_price_minor=1)) == "price"
    assert refusal(renew_wish(owner, wish.method, "more-5")) == "not_sold"
    Plan.objects.filter(code="month-15").update(on_sale_until=NOW)
    assert refusal(wish) == "not_sold"


def test_only_with_something_that_can_be_paid_with(owner: Subscriber) -> None:
    way, foreign = method(owner), method(carla(), "0005")
    assert refusal(renew_wish(owner, None)) == "method"
    assert refusal(renew_wish(owner, foreign)) == "method"
    assert refusal(replace(renew_wish(owner, way), backup=foreign)) == "method"
    assert refusal(top_up_wish(owner, foreign)) == "method"
    choosing.remove(way.pk, subscriber=owner, now=NOW)
    assert refusal(renew_wish(owner, way)) == "method"


def test_not_within_a_day_after_the_sign_in_changed(owner: Subscriber) -> None:
    way = method(owner)
    Subscriber.objects.filter(pk=owner.pk).update(sign_in_changed_at=clock.real_now() - timedelta(hours=23))
    assert refusal(renew_wish(owner, way)) == "hold"
    assert refusal(top_up_wish(owner, way)) == "hold"


@pytest.mark.parametrize("change", [{"below_minor": 1}, {"add_minor": 7}, {"at_most": 0}, {"at_most": 11}])
def test_only_sums_that_were_offered(owner: Subscriber, change: dict[str, Any]) -> None:
    assert refusal(replace(top_up_wish(owner, method(owner)), **change)) == "sums"


def test_what_comes_next_is_a_day_before_the_last_paid_period_ends(owner: Subscriber) -> None:
    way = method(owner)
    assert auto_renew.outlook(owner.lines[0], now=NOW) is None
    auto_renew.switch_on(replace(renew_wish(owner, way), backup=method(owner, "4444")), now=NOW)
    idle = auto_renew.outlook(owner.lines[0], now=NOW)
    assert idle
    assert (idle.renews_at, idle.cut_off) == (None, None)
    bought(owner)
    last = bought(owner)
    seen = auto_renew.outlook(owner.lines[0], now=NOW)
    assert seen
    assert (seen.renews_at, seen.cut_off) == (last.ends_at, last.ends_at - timedelta(hours=24))
    assert (seen.price, seen.method_label, seen.backup_label) == (Money(1500, "EUR"), "Visa ···4242", "Visa ···4444")
    assert (seen.state, seen.repair_url) == ("", "")


def test_short_plans_are_paid_when_they_end() -> None:
    assert auto_renew.lead(NOW, NOW + timedelta(days=1)) == timedelta(0)
    assert auto_renew.lead(NOW, NOW + timedelta(days=7)) == timedelta(hours=16, minutes=48)
    assert auto_renew.lead(NOW, NOW + timedelta(days=30)) == timedelta(hours=24)


def test_a_renewal_in_trouble_names_its_repair(owner: Subscriber) -> None:
    on = auto_renew.switch_on(renew_wish(owner, method(owner)), now=NOW)
    period, order = bought(owner), order_plan(owner)
    run = Renewal.objects.create(auto_renew=on, line=on.line, follows=period, created_at=NOW, order=order)
    for state in ("charging", "wants_bank"):
        run.move_to(state)  # type: ignore[arg-type]
    seen = auto_renew.outlook(on.line, now=NOW)
    assert seen
    assert (seen.state, seen.repair_url) == ("wants_bank", f"/orders/{order.pk}/")


def test_the_next_owner_sees_nothing_of_it(owner: Subscriber) -> None:
    way, line = method(owner), owner.lines[0]
    auto_renew.switch_on(renew_wish(owner, way), now=NOW)
    auto_top_up.switch_on(top_up_wish(owner, way), now=NOW)
    assert auto_top_up.outlook(line, now=NOW)
    LineOwnership.objects.filter(line=line).update(until_at=NOW)
    LineOwnership.objects.create(line=line, subscriber=carla(), from_at=NOW)
    assert auto_renew.outlook(line, now=NOW) is None
    assert auto_top_up.outlook(line, now=NOW) is None


def test_off_before_the_charge_leaves_nothing_to_cancel(owner: Subscriber) -> None:
    on = auto_renew.switch_on(renew_wish(owner, method(owner)), now=NOW)
    bought(owner)
    bought(owner)
    assert auto_renew.switch_off(auto_renew=on, by="subscriber:1", now=NOW) is None
    on.refresh_from_db()
    assert (on.off_at, on.off_reason, on.off_by) == (NOW, "by_owner", "subscriber:1")


def test_off_after_the_charge_offers_the_next_period_back_in_full_until_it_begins(owner: Subscriber) -> None:
    on = auto_renew.switch_on(renew_wish(owner, method(owner)), now=NOW)
    first, charged_at = bought(owner), NOW + timedelta(days=29)
    order = order_plan(owner, now=charged_at)
    pay(order, now=charged_at)
    run = Renewal.objects.create(auto_renew=on, line=on.line, follows=first, created_at=charged_at, order=order)
    for state in ("charging", "done"):
        run.move_to(state)  # type: ignore[arg-type]
    paid = auto_renew.switch_off(auto_renew=on, by="subscriber:1", now=charged_at)
    assert paid
    assert (paid.origin, paid.starts_at) == (order.subject, first.ends_at)
    assert auto_renew.paid_next(on, now=first.ends_at) is None
    given = auto_renew.cancel_next(auto_renew=on, by=owner, now=charged_at)
    assert given
    assert given.amount_minor == 1500
    paid.refresh_from_db()
    assert paid.cancelled_at == charged_at
    assert auto_renew.cancel_next(auto_renew=on, by=owner, now=charged_at) is None
    assert RefundRequest.objects.count() == 1


def test_auto_top_up_off_stays_off(owner: Subscriber) -> None:
    on = auto_top_up.switch_on(top_up_wish(owner, method(owner)), now=NOW)
    auto_top_up.switch_off(auto_top_up=on, by="subscriber:1", now=NOW)
    off = auto_top_up.switch_off(auto_top_up=on, by="subscriber:2", now=NOW + timedelta(hours=1))
    assert (off.off_at, off.off_by) == (NOW, "subscriber:1")
    assert auto_top_up.outlook(on.line, now=NOW) is None
