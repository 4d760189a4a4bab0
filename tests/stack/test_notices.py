"""How the gateway's word reaches an order: by notice alone, by ten at once, or not at all."""

import time
from typing import Any

from django.test import Client

from billing.models import WebhookEvent
from notifications.models import Message
from sandbox.embedded.valkey import EmbeddedValkey
from tests.stack.buying import (
    assert_applied_once,
    events_handled,
    let_leases_end,
    open_page,
    settle_down,
    sweep,
    wait_for_apply,
    wait_for_messages,
)
from tests.stack.running import Portal, until

TOLD = ["email payment_received", "email renewed", "sms renewed"]


def test_a_payment_is_applied_within_two_seconds_when_the_browser_is_closed(worker: Portal) -> None:
    purchase = open_page()
    started = time.monotonic()
    worker.sandbox.pay(purchase.session_id)
    until(purchase.is_applied, every=0.01)
    took = time.monotonic() - started
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD
    assert took < 2, f"{took:.2f} s from payment to applied"


def test_looking_at_the_order_applies_it_when_no_notice_comes_and_no_worker_runs(portal: Portal) -> None:
    portal.sandbox.fault("webhook", "drop", times=50)
    purchase = open_page()
    portal.sandbox.pay(purchase.session_id)
    browser = Client()
    browser.force_login(purchase.buyer)
    page = browser.get(f"/orders/{purchase.order_id}/")
    assert "Renewed until" in page.content.decode()
    assert not WebhookEvent.objects.exists()
    assert_applied_once(portal, purchase)
    browser.get(f"/orders/{purchase.order_id}/")
    assert_applied_once(portal, purchase)


def test_the_sweep_applies_what_neither_notice_nor_page_brought(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    purchase = open_page()
    worker.sandbox.pay(purchase.session_id)
    let_leases_end()
    sweep()
    wait_for_apply(purchase)
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD


def test_ten_deliveries_at_once_of_every_notice_have_one_effect(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "concurrent", times=10, events=50)
    purchase = open_page()
    worker.sandbox.pay(purchase.session_id)
    wait_for_apply(purchase)
    sent = until(lambda: all_taken(worker), seconds=60)
    assert {row["answer"] for row in sent} == {"200"}
    assert WebhookEvent.objects.count() == len({row["event_id"] for row in sent})
    assert len(sent) == 10 * WebhookEvent.objects.count()
    until(events_handled)
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD
    assert Message.objects.count() == len(TOLD)


def test_notices_in_the_wrong_order_end_the_same(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "reorder", together=4, seconds=1, times=4)
    purchase = open_page()
    worker.sandbox.pay(purchase.session_id)
    until(lambda: all_taken(worker))
    until(events_handled)
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD


def test_a_notice_is_taken_while_the_broker_is_away_and_applied_by_the_next_sweep(
    portal: Portal, valkey: EmbeddedValkey
) -> None:
    purchase = open_page()
    valkey.stop()
    try:
        portal.sandbox.pay(purchase.session_id)
        assert {row["answer"] for row in until(lambda: all_taken(portal))} == {"200"}
    finally:
        valkey.start()
    portal.start_worker()
    assert not purchase.is_applied()
    sweep()
    wait_for_apply(purchase)
    until(events_handled)
    assert_applied_once(portal, purchase)
    assert wait_for_messages(portal) == TOLD


def test_an_emptied_broker_costs_one_sweep_and_nothing_else(portal: Portal, valkey: EmbeddedValkey) -> None:
    purchase = open_page()
    portal.sandbox.pay(purchase.session_id)
    until(lambda: all_taken(portal))
    valkey.flush()
    portal.start_worker()
    sweep()
    wait_for_apply(purchase)
    valkey.flush()
    settle_down(purchase)
    assert_applied_once(portal, purchase)
    assert wait_for_messages(portal) == TOLD


def all_taken(portal: Portal) -> list[dict[str, Any]]:
    """Every delivery, once none is under way."""
    rows = [row for row in portal.sandbox.deliveries() if row["created_at"] >= portal.emptied_at]
    return rows if rows and all(row["state"] != "due" for row in rows) else []
