"""Within 14 days somebody withdraws: the sum by the formula, to the payer, and what was left ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Subscriber
from billing import ledger
from billing.giving_back import quotes, withdrawal
from billing.giving_back.quotes import Rule, Share
from billing.giving_back.refund_requests import NothingLeft
from billing.giving_back.withdrawal import SumChanged, TooLate
from billing.models import (
    AccountKind,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Refund,
    RefundRequest,
    RefundRequestState,
    Start,
)
from billing.paying import credit
from lib.money import Money
from notifications.models import Message
from plans.models import Allowance, PlanPeriod
from tests.billing.giving_back import balance, use
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.cast import anna, emma

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def bought(buyer: Subscriber, code: str = "month-15", **fields: object) -> Order:
    order = order_plan(buyer, code, **fields)  # type: ignore[arg-type]
    pay(order)
    return order


def withdraw(order: Order, buyer: Subscriber, *, days: float, **fields: bool) -> RefundRequest:
    at = NOW + days * DAY
    offered = withdrawal.offer(order, buyer, now=at)
    done = withdrawal.withdraw(order, subscriber=buyer, shown_minor=offered.quote.amount.minor, now=at, **fields)
    order.refresh_from_db()
    return done


def test_on_day_3_with_a_third_of_the_data_used_two_thirds_go_back(buyer: Subscriber) -> None:
    order = bought(buyer)
    use(buyer, "data", 1 / 3)
    counted = quotes.quote(order, now=NOW + 3 * DAY)
    assert counted.smallest == Share("data", 10_000_000_000, 15_000_000_000)
    assert counted.amount == Money(1000, "EUR")
    request = withdraw(order, buyer, days=3)
    assert (request.amount_minor, request.net_minor + request.vat_minor) == (1000, 1000)
    assert (order.state, request.state) == (OrderState.REVERSED, RefundRequestState.GRANTED)


def test_with_hardly_anything_used_the_time_counts(buyer: Subscriber) -> None:
    order = bought(buyer)
    counted = quotes.quote(order, now=NOW + 3 * DAY)
    assert counted.rule == Rule.IN_PROPORTION
    assert counted.smallest == Share("time", 27 * 86400, 30 * 86400)
    assert counted.amount == Money(1350, "EUR")


def test_a_broken_cent_is_the_payers(buyer: Subscriber) -> None:
    order = bought(buyer)
    assert quotes.quote(order, now=NOW + timedelta(seconds=1)).amount == Money(1500, "EUR")


def test_a_queued_plan_goes_back_whole_and_what_is_behind_it_moves_up(buyer: Subscriber) -> None:
    running = bought(buyer)
    second, third = bought(buyer), bought(buyer, "month-5")
    withdraw(second, buyer, days=1)
    request = RefundRequest.objects.get()
    assert (request.amount_minor, request.formula["rule"]) == (second.price_minor, Rule.NOT_BEGUN)
    assert PlanPeriod.objects.get(origin=second.subject).cancelled_at == NOW + DAY
    starts, ends = (PlanPeriod.objects.get(origin=order.subject) for order in (third, running))
    assert starts.starts_at == ends.ends_at
    assert Allowance.objects.filter(origin=second.subject, frozen_at=None).count() == 0


def test_a_running_plan_ends_now_and_the_next_one_begins(buyer: Subscriber) -> None:
    running, behind = bought(buyer), bought(buyer, "month-5")
    withdraw(running, buyer, days=2)
    cut, begun = (PlanPeriod.objects.get(origin=order.subject) for order in (running, behind))
    assert cut.ends_at == begun.starts_at == NOW + 2 * DAY
    assert {row.expires_at for row in Allowance.objects.filter(origin=running.subject)} == {NOW + 2 * DAY}


def test_without_the_box_all_of_it_goes_back(buyer: Subscriber) -> None:
    order = bought(buyer)
    order.consents = {"start_at_once": False}
    use(buyer, "data", 0.9)
    assert quotes.quote(order, now=NOW + 3 * DAY).amount == order.price


def test_what_is_used_up_cannot_be_withdrawn_from(buyer: Subscriber) -> None:
    order = bought(buyer)
    use(buyer, "data", 1)
    with pytest.raises(NothingLeft):
        withdrawal.offer(order, buyer, now=NOW + DAY)
    assert not RefundRequest.objects.exists()


def test_the_fourteenth_day_counts_to_its_end_and_the_fifteenth_is_too_late(buyer: Subscriber) -> None:
    order = bought(buyer, "quarter-15")
    until = withdrawal.deadline(order)
    assert until.astimezone(timezone.get_fixed_timezone(60)).strftime("%Y-%m-%d %H:%M") == "2026-12-08 00:00"
    withdrawal.offer(order, buyer, now=until - timedelta(seconds=1))
    with pytest.raises(TooLate):
        withdrawal.offer(order, buyer, now=until)


def test_the_sum_that_was_read_is_the_sum_that_is_paid_for_ten_minutes(buyer: Subscriber) -> None:
    order = bought(buyer, "day-1")
    shown = quotes.quote(order, now=NOW + timedelta(hours=6)).amount.minor
    at = NOW + timedelta(hours=6, minutes=9)
    assert quotes.quote(order, now=at).amount.minor < shown
    assert withdrawal.withdraw(order, subscriber=buyer, shown_minor=shown, now=at).amount_minor == shown


@pytest.mark.parametrize("change", [-1, 50])
def test_another_sum_than_shown_is_not_paid(buyer: Subscriber, change: int) -> None:
    order = bought(buyer)
    shown = quotes.quote(order, now=NOW + DAY).amount.minor
    with pytest.raises(SumChanged):
        withdrawal.withdraw(order, subscriber=buyer, shown_minor=shown + change, now=NOW + DAY)
    assert not RefundRequest.objects.exists()


def test_the_sale_its_vat_and_the_money_add_up(buyer: Subscriber) -> None:
    order = bought(buyer)
    before = {kind: balance(kind) for kind in AccountKind if kind not in {"credit_paid", "credit_bonus", "shortfall"}}
    request = withdraw(order, buyer, days=10)
    assert balance(AccountKind.SALES) == before[AccountKind.SALES] - request.net_minor
    assert balance(AccountKind.VAT) == before[AccountKind.VAT] - request.vat_minor
    assert balance(AccountKind.REFUNDS_DUE) == request.amount_minor
    assert Refund.objects.get().amount_minor == request.amount_minor


def test_the_payer_gets_a_confirmation_with_its_time(buyer: Subscriber) -> None:
    order = bought(buyer)
    withdraw(order, buyer, days=1)
    message = Message.objects.get(subject=order.subject, kind="refund_granted")
    assert (message.channel, message.address) == ("email", buyer.email)
    assert message.context["asked_at"] == (NOW + DAY).isoformat()


def test_a_second_click_withdraws_once(buyer: Subscriber) -> None:
    order = bought(buyer)
    first = withdraw(order, buyer, days=1)
    again = withdrawal.withdraw(order, subscriber=buyer, shown_minor=first.amount_minor, now=NOW + DAY)
    assert again == first
    assert Refund.objects.count() == 1


def test_the_owner_may_have_it_as_credit_and_it_is_there_at_once(buyer: Subscriber) -> None:
    order = bought(buyer)
    request = withdraw(order, buyer, days=1, as_credit=True)
    assert ledger.credit_of(order.line) == (Money(request.amount_minor, "EUR"), Money(0, "EUR"))
    assert not Refund.objects.exists()


def test_who_does_not_own_the_line_cannot_turn_it_into_credit(buyer: Subscriber) -> None:
    order = bought(buyer)
    buyer.ownerships.update(until_at=NOW)
    request = withdraw(order, buyer, days=1, as_credit=True)
    assert request.formula["to"] == "payer"
    assert ledger.credit_of(order.line)[0].minor == 0


def test_an_order_paid_from_credit_goes_back_to_both_parts(buyer: Subscriber) -> None:
    line = buyer.lines[0]
    give_credit(line, 600, bonus=True)
    give_credit(line, 1400)
    order = order_plan(buyer, method=Method.CREDIT)
    credit.pay(order.pk, line_id=line.pk, actor="test", now=NOW)
    order.refresh_from_db()
    request = withdraw(order, buyer, days=15 / 2)
    paid, bonus = ledger.credit_of(line)
    assert request.amount_minor == 1125
    assert (bonus.minor, paid.minor) == (450, 500 + 675)


def test_of_a_top_up_only_what_is_unspent_goes_back(buyer: Subscriber) -> None:
    top_up = order_top_up(buyer, 2000)
    pay(top_up)
    plan = order_plan(buyer, method=Method.CREDIT)
    credit.pay(plan.pk, line_id=plan.line_id, actor="test", now=NOW)
    request = withdraw(top_up, buyer, days=1)
    assert (request.amount_minor, request.vat_minor) == (500, 0)
    assert ledger.credit_of(top_up.line)[0].minor == 0
    assert Refund.objects.get().amount_minor == 500


def test_an_early_start_that_cut_the_plan_leaves_nothing_of_it_to_withdraw_from(buyer: Subscriber) -> None:
    first = bought(buyer)
    bought(buyer, start=Start.NOW, now=NOW + timedelta(hours=1))
    with pytest.raises(NothingLeft):
        withdrawal.offer(first, buyer, now=NOW + timedelta(hours=2))


def test_somebody_elses_order_is_not_theirs_to_see(buyer: Subscriber) -> None:
    order = bought(buyer)
    assert not Order.objects.visible_to(emma()).filter(pk=order.pk).exists()
    assert LedgerEntry.objects.filter(order=order).exists()
