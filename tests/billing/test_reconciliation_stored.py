"""Our own tables against each other: each planted difference is found and named, once, and nothing is mended."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Subscriber
from billing import review_list
from billing.authority import Authority
from billing.gateways.facts import RefundFactState
from billing.models import LedgerEntry, Order, ReviewItem, ReviewOutcome
from billing.reconciliation import stored
from lib.money import format_money
from plans.models import Allowance
from tests.billing import outside
from tests.billing.giving_back import answer, ask
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.planting import alarms, money_rows, open_differences, plant
from tests.billing.printing import active
from tests.billing.queueing import cancel
from tests.cast import anna

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def order(buyer: Subscriber) -> Order:
    """A plan of 15.00 paid by card and applied."""
    placed = order_plan(buyer)
    pay(placed)
    return placed


def compared() -> dict[str, str]:
    """What the night finds; it changes nothing that money stands in."""
    before = money_rows()
    found = stored.compare(now=TOMORROW)
    assert money_rows() == before
    assert {difference.subject for difference in found} == set(open_differences())
    return open_differences()


def test_books_that_hold_raise_nothing(order: Order) -> None:
    active(count=2)
    assert compared() == {}
    assert alarms() == []


def test_a_sale_outside_that_is_not_booked_as_collected_is_named(buyer: Subscriber) -> None:
    sold = outside.sell(buyer.lines[0])
    assert compared() == {}
    assert (
        plant("UPDATE billing_ledgerentry SET amount_minor = 900 WHERE order_id = %s AND kind = 'collected'", sold.pk)
        == 1
    )
    words = f"Order {sold.reference} was sold outside for {format_money(1000, 'EUR')} and is not booked so."
    assert compared()[f"difference:collected:{sold.pk}"] == words


def test_a_changed_stored_balance_is_named_with_both_sums(buyer: Subscriber) -> None:
    pot = give_credit(buyer.lines[0], 1000)
    assert plant("UPDATE billing_ledgeraccount SET balance_minor = 1500 WHERE id = %s", pot.pk) == 1
    assert compared() == {
        f"difference:credit:{pot.pk}": (
            f"Line {buyer.lines[0].pk}: {format_money(1500, 'EUR')} is stored as its credit_paid, but its entries come to "
            f"{format_money(1000, 'EUR')}. Somebody changed it in the database."
        )
    }
    assert alarms() == [("reconciliation.difference", f"difference:credit:{pot.pk}")]


def test_a_missing_entry_is_named_by_the_payment_and_by_the_money_that_is_held_too_little(order: Order) -> None:
    payment = order.payments.get()
    assert plant("DELETE FROM billing_ledgerentry WHERE key = %s", f"payment:{payment.intent_id}") == 1
    found = compared()
    assert set(found) == {f"difference:received:{payment.pk}", f"difference:held:{order.pk}:EUR"}
    assert order.reference in found[f"difference:received:{payment.pk}"]
    assert str(payment.intent_id) in found[f"difference:received:{payment.pk}"]
    assert len(alarms()) == 2


def test_an_entry_with_another_amount_is_named(order: Order) -> None:
    entry = order.entries.get(kind="sale")
    plant("UPDATE billing_ledgerentry SET amount_minor = amount_minor - 100 WHERE id = %s", entry.pk)
    found = compared()
    assert set(found) == {f"difference:earned:{order.pk}", f"difference:held:{order.pk}:EUR"}
    assert found[f"difference:earned:{order.pk}"] == (
        f"Order {order.reference} costs €15.00 and €14.00 of it were booked as earned."
    )


def test_a_booking_without_a_payment_is_named(order: Order) -> None:
    payment = order.payments.get()
    plant("UPDATE billing_payment SET intent_id = 'pi_other' WHERE id = %s", payment.pk)
    entry = LedgerEntry.objects.get(kind="payment")
    assert set(compared()) == {f"difference:booked:{entry.pk}", f"difference:received:{payment.pk}"}


def test_money_that_is_held_and_nobody_is_asked_about_is_named(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order, 2000)
    plant("UPDATE billing_reviewitem SET closed_at = now(), outcome = 'settled' WHERE order_id = %s", order.pk)
    assert compared() == {
        f"difference:held:{order.pk}:EUR": f"Order {order.reference} holds €5.00, and nobody is asked what to do with it."
    }


def test_a_refund_that_arrived_and_is_not_booked_is_named(order: Order) -> None:
    refund = ask(order, now=NOW).refunds.get()
    answer(refund, RefundFactState.SUCCEEDED, now=NOW)
    plant("DELETE FROM billing_ledgerentry WHERE key = %s", f"refund:{refund.pk}:refund_paid")
    assert set(compared()) == {f"difference:given_back:{refund.pk}", "difference:due:refunds_due:EUR"}


def test_sold_vouchers_that_vanish_are_named_as_a_sum() -> None:
    active(count=3)
    plant("DELETE FROM billing_voucher WHERE id = (SELECT min(id::text)::uuid FROM billing_voucher)")
    assert compared() == {
        "difference:due:vouchers:EUR": "vouchers: the ledger says €30.00, what is open comes to €20.00."
    }


def test_a_plan_that_was_paid_and_not_given_is_named(order: Order) -> None:
    plant("UPDATE plans_planperiod SET origin = 'elsewhere'")
    assert set(compared()) == {f"difference:applied:{order.pk}"}
    plant("UPDATE billing_order SET state = 'paid' WHERE id = %s", order.pk)
    assert set(compared()) == {f"difference:lying:{order.pk}", f"difference:earned:{order.pk}"}


def test_an_allowance_used_beyond_what_was_granted_is_named(order: Order) -> None:
    """Only somebody who drops the constraint gets there."""
    allowance = Allowance.objects.exclude(granted=None).earliest("id")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE plans_allowance DROP CONSTRAINT allowance_within_grant")
    plant("UPDATE plans_allowance SET used = granted + 1 WHERE id = %s", allowance.pk)
    assert set(compared()) == {f"difference:allowance:{allowance.pk}"}


def test_a_difference_found_again_is_one_item_and_one_alarm(buyer: Subscriber) -> None:
    pot = give_credit(buyer.lines[0], 1000)
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1500 WHERE id = %s", pot.pk)
    first = compared()
    assert compared() == first
    assert (ReviewItem.objects.count(), len(alarms())) == (1, 1)


def test_a_difference_that_is_gone_settles_by_itself_and_one_that_returns_is_told_again(buyer: Subscriber) -> None:
    pot = give_credit(buyer.lines[0], 1000)
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1500 WHERE id = %s", pot.pk)
    compared()
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1000 WHERE id = %s", pot.pk)
    assert compared() == {}
    assert ReviewItem.objects.get().outcome == ReviewOutcome.SETTLED
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1500 WHERE id = %s", pot.pk)
    assert len(compared()) == 1
    assert len(alarms()) == 2


def test_what_staff_have_looked_into_stays_closed_until_it_says_something_else(buyer: Subscriber) -> None:
    pot = give_credit(buyer.lines[0], 1000)
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1500 WHERE id = %s", pot.pk)
    compared()
    fina = Authority(person_id=7, may_decide=True)
    review_list.close_looked_into(ReviewItem.objects.get().pk, reason="known", by=fina, now=TOMORROW)
    stored.compare(now=TOMORROW)
    assert open_differences() == {}
    plant("UPDATE billing_ledgeraccount SET balance_minor = 1600 WHERE id = %s", pot.pk)
    assert len(compared()) == 1


def test_a_flood_is_told_by_its_first_hundred_and_settles_nothing(
    buyer: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.reconciliation.differences.MOST", 2)
    pots = [pay(order_top_up(buyer)).order for _number in range(3)]
    plant("UPDATE billing_payment SET received_minor = 999")
    assert len(pots) == 3
    assert len(stored.compare(now=TOMORROW)) == 2
    assert [kind for kind, _subject in alarms()] == [*["reconciliation.difference"] * 2, "reconciliation.many"]


def test_a_queued_plan_that_was_cancelled_without_its_money_is_named(buyer: Subscriber, order: Order) -> None:
    queued = order_plan(buyer)
    pay(queued)
    change = cancel(queued, buyer)
    assert compared() == {}
    plant("UPDATE billing_queuechange SET state = 'done' WHERE id = %s", change.pk)
    assert compared() == {
        f"difference:queue_change:{change.pk}": (
            f"Order {queued.reference}: its queued plan was cancelled, and nothing of its {format_money(1500, 'EUR')} went back."
        )
    }
