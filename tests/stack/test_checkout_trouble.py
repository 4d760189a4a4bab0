"""Opening the payment page while the gateway has a bad day: nothing is charged twice, nothing is lost, the page stays usable."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from billing.gateways import gateway
from billing.gateways.stripe import client, pages
from billing.models import Method, Order, OrderState, Payment, PaymentState
from billing.paying import checkout
from billing.paying.attempts import CALLS_A_KEY, PageNotOpened
from lib import clock
from lib.models import Alarm
from tests.billing.ordering import order_plan
from tests.cast import anna
from tests.stack.buying import Purchase, assert_applied_once, let_leases_end, open_page, settle_down, sweep
from tests.stack.running import Portal, until

CREATE = "POST /v1/checkout/sessions"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that waits half a second and asks once, so that the test does not have to wait a minute."""
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    monkeypatch.setattr(client, "NETWORK_RETRIES", 0)
    gateway.cache_clear()
    yield
    gateway.cache_clear()


def browser_of(order: Order) -> Client:
    client = Client()
    assert order.buyer
    client.force_login(order.buyer)
    return client


def sessions_made(portal: Portal) -> int:
    """How many sessions the gateway really made since the test began."""
    calls = [call for call in portal.sandbox.calls() if call["at"] >= portal.emptied_at]
    return sum(
        f"{call['method']} {call['path']}" == CREATE and call["status"] == 200 and not call["is_replay"]
        for call in calls
    )


def test_two_clicks_on_pay_are_one_order_one_payment_and_one_page(portal: Portal) -> None:
    buyer, token = anna(), uuid.uuid4()
    client = Client()
    client.force_login(buyer)
    form = {
        "form_token": str(token),
        "shown_price_minor": "1500",
        "start": "queue",
        "method": Method.CARD.value,
        "consent": "on",
    }
    answers = [client.post("/plans/month-15/order/", form) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Order.objects.count() == Payment.objects.count() == sessions_made(portal) == 1


def test_an_answer_that_comes_too_late_is_asked_for_again_under_the_same_key(portal: Portal, impatient: None) -> None:
    portal.sandbox.fault("api", "timeout_after", match=CREATE, seconds=3, times=1)
    order = order_plan(anna(), now=clock.now())
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    payment = Payment.objects.get()
    assert (payment.state, payment.session_id) == (PaymentState.CREATED, None)
    assert payment.unknown_since is not None
    portal.sandbox.mend()
    url = checkout.start(order.pk)
    opened = Payment.objects.get()
    assert (opened.state, opened.page_url, opened.unknown_since) == (PaymentState.OPEN, url, None)
    assert until(lambda: sessions_made(portal)) == 1


def test_money_paid_on_a_page_whose_address_never_reached_us_is_applied(worker: Portal, impatient: None) -> None:
    worker.sandbox.fault("api", "timeout_after", match=CREATE, seconds=3, times=1)
    buyer = anna()
    order = order_plan(buyer, now=clock.now())
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    worker.sandbox.mend()
    url = checkout.start(order.pk)
    Payment.objects.update(session_id=None)
    purchase = Purchase(buyer, str(order.pk), url.rpartition("/")[2])
    worker.sandbox.pay(purchase.session_id)
    settle_down(purchase)
    assert_applied_once(worker, purchase)


def test_a_page_whose_address_was_lost_is_found_by_the_sweep_and_what_was_paid_on_it_applied(
    worker: Portal, impatient: None
) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    worker.sandbox.fault("api", "timeout_after", match=CREATE, seconds=3, times=1)
    buyer = anna()
    order = order_plan(buyer, now=clock.now())
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    assert until(lambda: sessions_made(worker)) == 1
    payment = Payment.objects.get()
    page = gateway().find_page(payment.pk, since=payment.created_at - timedelta(hours=1))
    assert page
    worker.sandbox.mend()
    worker.sandbox.fault("webhook", "drop", times=50)
    worker.sandbox.pay(page.session_id)
    purchase = Purchase(buyer, str(order.pk), page.session_id)

    def is_applied() -> bool:
        let_leases_end()
        sweep()
        return purchase.is_applied()

    until(is_applied, every=0.5)
    assert_applied_once(worker, purchase)


def test_a_gateway_that_breaks_is_said_plainly_and_the_order_is_kept(portal: Portal) -> None:
    portal.sandbox.fault("api", "error", match=CREATE, times=20)
    order = order_plan(anna(), now=clock.now())
    client = browser_of(order)
    page = client.post(f"/orders/{order.pk}/pay/", follow=True)
    assert page.status_code == 200
    assert "The payment page did not open. Nothing has been charged" in page.content.decode()
    assert "Your bank said no" not in page.content.decode()
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    portal.sandbox.mend()
    assert client.post(f"/orders/{order.pk}/pay/").status_code == 303


def test_a_broken_answer_stored_under_the_key_is_left_behind_by_a_new_attempt(portal: Portal) -> None:
    portal.sandbox.fault("api", "error", match=CREATE, stored=True)
    order = order_plan(anna(), now=clock.now())
    for _try in range(CALLS_A_KEY):
        with pytest.raises(PageNotOpened):
            checkout.start(order.pk)
    assert checkout.start(order.pk)
    first, second = Payment.objects.order_by("created_at")
    assert (first.state, second.state) == (PaymentState.EXPIRED, PaymentState.OPEN)
    assert first.idempotency_key != second.idempotency_key


def test_a_parameter_the_gateway_does_not_know_is_an_alarm_and_the_order_stays_payable(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_LOCALES", {"en": "xx-nowhere"})
    order = order_plan(anna(), now=clock.now())
    with pytest.raises(PageNotOpened):
        checkout.start(order.pk)
    assert Alarm.objects.get().kind == "checkout.refused"
    page = browser_of(order).get(f"/orders/{order.pk}/").content.decode()
    assert "Your bank said no" not in page
    assert "Waiting for your payment" in page
    monkeypatch.undo()
    assert checkout.start(order.pk)


def test_a_page_whose_session_expired_is_replaced_and_late_money_is_still_booked(worker: Portal) -> None:
    purchase = open_page()
    Payment.objects.update(expires_at=clock.real_now())
    assert checkout.start(purchase.order.pk).rpartition("/")[2] != purchase.session_id
    worker.sandbox.pay(purchase.session_id)
    settle_down(purchase)
    assert_applied_once(worker, purchase)


def test_a_cancelled_order_lets_nobody_pay_any_more(portal: Portal) -> None:
    purchase = open_page()
    client = browser_of(purchase.order)
    page = client.post(f"/orders/{purchase.order_id}/cancel/", follow=True)
    assert "The order is cancelled. You have not been charged." in page.content.decode()
    assert purchase.order.state == OrderState.CANCELLED
    with pytest.raises(AssertionError, match="expired"):
        portal.sandbox.pay(purchase.session_id)
