"""Bank transfers on a bad day: dropped notices, dead workers, slow answers, money that never comes; no cent used twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from billing import sweeps
from billing.gateways import gateway
from billing.gateways.stripe import client
from billing.models import (
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentState,
    TransferAccount,
    TransferMovement,
)
from billing.paying import cancellation, checkout, transfers, ways_to_pay
from billing.paying.attempts import PageNotOpened
from lib import clock, queue
from notifications.models import Message
from tests.billing.ordering import order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna
from tests.stack.buying import events_handled, let_leases_end, sweep
from tests.stack.invariants import broken
from tests.stack.running import Portal, until

INTENTS = "POST /v1/payment_intents"


def wanted(code: str = "month-15", *, buyer: object = None) -> Order:
    order = order_plan(buyer or anna(), code, method=Method.TRANSFER, now=clock.now())  # type: ignore[arg-type]
    checkout.start(order.pk)
    return order


def intent_of(order: Order) -> str:
    intent_id = Payment.objects.get(order=order, state=PaymentState.OPEN).intent_id
    assert intent_id
    return intent_id


def state_of(order: Order) -> str:
    return Order.objects.values_list("state", flat=True).get(pk=order.pk)


def intents_made(portal: Portal) -> int:
    calls = [call for call in portal.sandbox.calls() if call["at"] >= portal.emptied_at]
    return sum(f"{call['method']} {call['path']}" == INTENTS and not call["is_replay"] for call in calls)


def unused() -> int:
    return sum(TransferAccount.objects.values_list("available_minor", flat=True))


def paid_once(order: Order) -> None:
    """One booking of the price, one application, nothing left over."""
    assert list(LedgerEntry.objects.filter(order=order, kind="payment").values_list("amount_minor", flat=True)) == [
        1500
    ]
    assert (state_of(order), unused(), broken()) == (OrderState.APPLIED, 0, {})


def test_an_awaited_transfer_whose_answer_was_lost_is_found_and_told_of(worker: Portal, impatient: None) -> None:
    order = order_plan(anna(), "month-15", method=Method.TRANSFER, now=clock.now())
    worker.sandbox.fault("api", "timeout_after", match=INTENTS, seconds=3, times=1)
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    until(lambda: intents_made(worker) == 1)
    worker.sandbox.mend()

    def is_found() -> bool:
        let_leases_end()
        sweep()
        return Payment.objects.filter(order=order, state=PaymentState.OPEN).exists()

    until(is_found, every=0.5)
    payment = Payment.objects.get(order=order)
    assert (payment.unknown_since, intents_made(worker)) == (None, 1)
    assert payment.instructions["iban"]
    assert Message.objects.filter(kind="transfer_awaited").count() == 1
    worker.sandbox.transfer(intent=str(payment.intent_id), amount=1500)
    until(lambda: (state_of(order), unused()) == (OrderState.APPLIED, 0))
    paid_once(order)


def test_with_every_notice_dropped_the_sweep_finds_the_money(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    order = wanted()
    worker.sandbox.transfer(intent=intent_of(order), amount=1500)

    def is_applied() -> bool:
        TransferAccount.objects.update(asked_at=clock.real_now() - timedelta(hours=1))
        let_leases_end()
        sweep()
        return (state_of(order), unused()) == (OrderState.APPLIED, 0)

    until(is_applied, every=0.5)
    paid_once(order)


def test_what_a_dead_worker_used_is_not_shown_as_unused_for_long(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    order = wanted()
    worker.sandbox.transfer(intent=intent_of(order), amount=1500)
    transfers.follow(TransferAccount.objects.get().customer_id, now=clock.now())
    TransferAccount.objects.update(available_minor=1500, asked_at=clock.real_now() - timedelta(minutes=59))
    assert transfers.due() == []
    TransferAccount.objects.update(asked_at=clock.real_now() - timedelta(minutes=61))

    def is_mirrored() -> bool:
        sweep()
        return unused() == 0

    until(is_mirrored, every=0.5)
    paid_once(order)


def test_every_notice_ten_times_at_once_uses_the_money_once(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "concurrent", copies=10, events=50)
    order = wanted()
    worker.sandbox.transfer(intent=intent_of(order), amount=1500)
    until(lambda: state_of(order) == OrderState.APPLIED and events_handled())
    paid_once(order)
    assert TransferMovement.objects.filter(kind="funded").count() == 1


@pytest.mark.parametrize("step", ["transfer.used", "settle.booked"])
def test_a_worker_killed_between_using_and_booking_books_it_once(worker: Portal, step: str) -> None:
    worker.order_crash(f"{step} kill")
    order = wanted()
    worker.sandbox.transfer(intent=intent_of(order), amount=1500)
    until(lambda: not worker.crashes_left())

    def is_applied() -> bool:
        let_leases_end()
        sweep()
        return state_of(order) == OrderState.APPLIED

    until(is_applied, every=0.5)
    customer = TransferAccount.objects.get().customer_id
    transfers.follow(customer, now=clock.now())
    paid_once(order)


def test_looking_at_it_by_eight_at_once_uses_it_once(portal: Portal) -> None:
    order = wanted()
    portal.sandbox.transfer(intent=intent_of(order), amount=1500)
    customer = TransferAccount.objects.get().customer_id
    run_together(8, lambda _number: transfers.try_follow(customer, now=clock.now()))
    paid_once(order)


def test_of_two_orders_the_one_that_lacks_exactly_this_sum_gets_it(portal: Portal) -> None:
    buyer = anna()
    first, second = wanted(buyer=buyer), wanted("month-5", buyer=buyer)
    portal.sandbox.transfer(intent=intent_of(first), amount=800)
    transfers.follow(TransferAccount.objects.get().customer_id, now=clock.now())
    assert (state_of(first), state_of(second)) == (OrderState.PENDING, OrderState.APPLIED)
    portal.sandbox.transfer(intent=intent_of(first), amount=1500)
    transfers.follow(TransferAccount.objects.get().customer_id, now=clock.now())
    assert (state_of(first), unused(), broken()) == (OrderState.APPLIED, 0, {})


def test_one_that_never_comes_ends_at_the_gateway_first_and_then_the_order_expires(portal: Portal) -> None:
    order = wanted()
    payment = Payment.objects.get()
    assert payment.expires_at
    assert payment.expires_at > clock.real_now() + timedelta(days=13)
    past = clock.real_now() - timedelta(minutes=1)
    Payment.objects.update(expires_at=past)
    Order.objects.update(expires_at=past)
    assert sweeps.unpaid_orders(now=clock.now()) == 0
    cancellation.end_transfer(payment.pk, now=clock.now())
    payment.refresh_from_db()
    assert payment.state == PaymentState.CANCELLED
    assert sweeps.unpaid_orders(now=clock.now()) == 1
    assert state_of(order) == OrderState.EXPIRED
    portal.sandbox.transfer(reference=payment.instructions["reference"], amount=1500)
    transfers.follow(TransferAccount.objects.get().customer_id, now=clock.now())
    assert (state_of(order), unused(), broken()) == (OrderState.EXPIRED, 1500, {})
    assert Message.objects.filter(kind="transfer_left").count() == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that waits half a second and asks once."""
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    monkeypatch.setattr(client, "NETWORK_RETRIES", 0)
    gateway.cache_clear()
    yield
    gateway.cache_clear()


def test_an_answer_that_comes_too_late_gives_the_same_place_when_asked_again(portal: Portal, impatient: None) -> None:
    portal.sandbox.fault("api", "timeout_after", match=INTENTS, seconds=3, times=1)
    order = order_plan(anna(), method=Method.TRANSFER, now=clock.now())
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    assert Payment.objects.get().unknown_since is not None
    portal.sandbox.mend()
    assert checkout.start(order.pk) == f"/orders/{order.pk}/transfer/"
    payment = Payment.objects.get()
    assert (payment.state, payment.unknown_since) == (PaymentState.OPEN, None)
    assert until(lambda: intents_made(portal)) == 1


def test_what_the_gateway_can_take_is_asked_by_a_worker_and_kept(worker: Portal) -> None:
    worker.sandbox.capabilities(paypal_payments="inactive")
    try:
        queue.wake("billing.learn_abilities")
        until(lambda: Method.TRANSFER in ways_to_pay.at_the_gateway("EUR"))
        assert ways_to_pay.at_the_gateway("EUR") == [Method.CARD, Method.TRANSFER]
        assert ways_to_pay.at_the_gateway("CHF") == [Method.CARD]
    finally:
        worker.sandbox.capabilities(paypal_payments="active")
