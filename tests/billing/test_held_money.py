"""Money that stays held leaves in two ways, once, and never by itself."""

from datetime import timedelta

import pytest

from accounts.models import Subscriber
from billing import held_money, ledger
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import refunds
from billing.held_money import NotYours
from billing.models import EntryKind, LedgerEntry, Order, OrderState, Refund, RefundState, ReviewItem, ReviewOutcome
from lib.models import Alarm
from lib.money import Money
from notifications.models import Message
from tests.billing.ordering import NOW, load_reference_data, order_plan, pay
from tests.billing.test_ledger import run_together
from tests.cast import anna, emma

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def held_order(buyer: Subscriber, minor: int = 1200, currency: str = "EUR") -> tuple[Order, ReviewItem]:
    order = order_plan(buyer)
    pay(order, minor, currency)
    return order, ReviewItem.objects.select_related("order").get(order=order, closed_at=None)


def answered(refund: Refund, state: RefundFactState) -> None:
    refunds.settle(refund.pk, RefundFact(gateway_id=f"re_{refund.pk.hex}", state=state), now=LATER)


def test_giving_back_asks_for_a_refund_of_exactly_what_is_held(buyer: Subscriber) -> None:
    order, item = held_order(buyer)
    held_money.give_back(item, actor="test", now=LATER)
    order.refresh_from_db()
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.currency, refund.state) == (1200, "EUR", RefundState.REQUESTED)
    assert (order.state, ReviewItem.objects.get().outcome) == (OrderState.CLOSED, ReviewOutcome.GIVEN_BACK)
    assert ledger.held_for(order.pk) == {}


def test_the_payer_is_told_when_it_has_been_sent(buyer: Subscriber) -> None:
    order, item = held_order(buyer)
    held_money.give_back(item, actor="test", now=LATER)
    answered(Refund.objects.get(), RefundFactState.SUCCEEDED)
    kinds = LedgerEntry.objects.filter(order=order).order_by("id").values_list("kind", "amount_minor")
    assert list(kinds)[1:] == [(EntryKind.GIVEN_BACK, 1200), (EntryKind.REFUND_PAID, 1200)]
    assert Message.objects.filter(subject=order.subject, kind="money_returned").count() == 1


def test_a_second_click_gives_nothing_back_twice(buyer: Subscriber) -> None:
    _order, item = held_order(buyer)
    held_money.give_back(item, actor="test", now=LATER)
    held_money.give_back(item, actor="test", now=LATER)
    assert Refund.objects.count() == 1


def test_the_same_answer_twice_is_booked_once(buyer: Subscriber) -> None:
    order, item = held_order(buyer)
    held_money.give_back(item, actor="test", now=LATER)
    for _time in range(2):
        answered(Refund.objects.get(), RefundFactState.SUCCEEDED)
    assert LedgerEntry.objects.filter(order=order, kind=EntryKind.REFUND_PAID).count() == 1


@pytest.mark.parametrize("first", [RefundFactState.PENDING, RefundFactState.SUCCEEDED])
def test_a_refund_that_fails_is_held_again_with_an_alarm(buyer: Subscriber, first: RefundFactState) -> None:
    order, item = held_order(buyer)
    held_money.give_back(item, actor="test", now=LATER)
    answered(Refund.objects.get(), first)
    answered(Refund.objects.get(), RefundFactState.FAILED)
    assert ledger.held_for(order.pk) == {"EUR": 1200}
    assert ReviewItem.objects.filter(order=order, closed_at=None).count() == 1
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["refund.failed"]


def test_held_money_becomes_credit_of_the_owners_line(buyer: Subscriber) -> None:
    order, item = held_order(buyer)
    held_money.keep_as_credit(item, subscriber=buyer, now=LATER)
    order.refresh_from_db()
    assert ledger.credit_of(order.line)[0] == Money(1200, "EUR")
    assert (order.state, ReviewItem.objects.get().outcome) == (OrderState.CLOSED, ReviewOutcome.KEPT_AS_CREDIT)
    assert not Refund.objects.exists()


def test_another_currency_leaves_only_by_refund(buyer: Subscriber) -> None:
    order, item = held_order(buyer, 1500, "USD")
    with pytest.raises(NotYours):
        held_money.keep_as_credit(item, subscriber=buyer, now=LATER)
    assert ledger.held_for(order.pk) == {"USD": 1500}
    held_money.give_back(item, actor="test", now=LATER)
    assert Refund.objects.get().currency == "USD"


def test_nobody_else_can_keep_the_payers_money(buyer: Subscriber) -> None:
    order, item = held_order(buyer)
    with pytest.raises(NotYours):
        held_money.keep_as_credit(item, subscriber=emma(), now=LATER)
    assert ledger.held_for(order.pk) == {"EUR": 1200}


def test_several_short_payments_go_back_each_by_its_own_way(buyer: Subscriber) -> None:
    order, item = held_order(buyer, 500)
    pay(order, 300)
    held_money.give_back(item, actor="test", now=LATER)
    assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [300, 500]


@pytest.mark.django_db(transaction=True)
def test_giving_back_and_keeping_at_once_moves_the_money_once() -> None:
    load_reference_data()
    buyer = anna()
    order, item = held_order(buyer)

    def click(number: int) -> None:
        if number % 2:
            held_money.give_back(item, actor="test", now=LATER)
        else:
            held_money.keep_as_credit(item, subscriber=buyer, now=LATER)

    run_together(8, click)
    credit = ledger.credit_of(order.line)[0].minor
    back = sum(Refund.objects.values_list("amount_minor", flat=True))
    assert credit + back == 1200
    assert min(credit, back) == 0
    assert ledger.held_for(order.pk) == {}
