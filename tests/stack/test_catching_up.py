"""Notices that never came: a day without webhooks and workers, a list read in pieces, a database that was restored."""

from datetime import timedelta

import pytest

from billing import catching_up, fulfilment, inbox
from billing.gateways import gateway
from billing.gateways.protocol import GatewayProblem
from billing.models import (
    GatewayCursor,
    GatewayMove,
    LedgerEntry,
    OrderState,
    Payment,
    ReceiptEdition,
    ReviewItem,
    WebhookEvent,
)
from billing.reconciliation import events, nightly
from lib import clock, queue
from lib.models import Alarm
from plans.models import PlanPeriod
from tests.billing.planting import plant
from tests.cast import bao
from tests.sandbox_process import Sandbox
from tests.stack.buying import open_page, wait_for_apply
from tests.stack.invariants import broken
from tests.stack.reconciling import bought, handle_events, later, night, state_of, world
from tests.stack.running import Portal

__all__ = ["world"]


def told(kinds_of: str = "") -> list[str]:
    """Kinds of what was kept, in the order it was kept."""
    kept = WebhookEvent.objects.filter(kind__startswith=kinds_of).order_by("id")
    return list(kept.values_list("kind", flat=True))


def reached() -> object:
    return GatewayCursor.objects.get(name="events").reached_at


def test_after_a_day_without_notices_and_workers_every_order_is_applied_once(world: Sandbox) -> None:
    events.read()
    purchases = [open_page(), open_page(bao())]
    for purchase in purchases:
        world.pay(purchase.session_id)
    with later(timedelta(days=1)):
        assert events.read() > 0
        handle_events()
        assert events.read() == 0
    assert [state_of(purchase) for purchase in purchases] == [OrderState.APPLIED] * 2
    assert LedgerEntry.objects.filter(kind="payment").count() == 2
    assert set(told("checkout.session")) == {"checkout.session.completed"}
    assert broken() == {}


def test_a_worker_that_is_woken_reads_and_applies(worker: Portal) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    purchase = open_page()
    worker.sandbox.pay(purchase.session_id)
    queue.wake("billing.read_events")
    wait_for_apply(purchase)
    assert LedgerEntry.objects.filter(order_id=purchase.order_id, kind="payment").count() == 1


def test_an_event_that_came_as_a_notice_is_kept_once(world: Sandbox) -> None:
    purchase = open_page()
    world.pay(purchase.session_id)
    real = clock.real_now()
    pages = gateway().events(since=real - timedelta(minutes=5), until=real + timedelta(minutes=1))
    first = next(notice for page in pages for notice in page)
    assert inbox.keep(first)
    total = events.read()
    assert WebhookEvent.objects.count() == total + 1
    assert WebhookEvent.objects.filter(event_id=first.event_id).count() == 1


def test_whoever_breaks_off_reads_the_rest_again(world: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page(bao())
    plant("UPDATE billing_payment SET created_at = now() - interval '1 hour'")
    before = clock.real_now() - timedelta(minutes=5)
    GatewayCursor.objects.create(name="events", reached_at=before)
    purchase = open_page()
    world.pay(purchase.session_id)
    keep, kept = inbox.keep, 0

    def keep_two(notice: object) -> bool:
        nonlocal kept
        kept += 1
        if kept == 3:
            raise ConnectionError
        return keep(notice)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "keep", keep_two)
    with pytest.raises(ConnectionError):
        events.read()
    assert (WebhookEvent.objects.count(), reached()) == (2, before)
    monkeypatch.setattr(inbox, "keep", keep)
    assert events.read() > 0
    handle_events()
    assert state_of(purchase) == OrderState.APPLIED


def test_a_gateway_that_does_not_answer_moves_no_cursor(world: Sandbox) -> None:
    events.read()
    before = reached()
    world.fault("api", "error", match="GET /v1/events", status=500, times=20)
    with pytest.raises(GatewayProblem):
        events.read()
    assert not events.try_read()
    assert reached() == before


def test_an_event_listed_late_is_found_in_the_overlap(world: Sandbox) -> None:
    purchase = open_page()
    world.pay(purchase.session_id)
    GatewayCursor.objects.create(name="events", reached_at=clock.real_now() + timedelta(minutes=10))
    with later(timedelta(minutes=11)):
        assert events.read() > 0


def test_what_the_gateway_no_longer_keeps_raises_an_alarm_and_the_rest_is_read(world: Sandbox) -> None:
    open_page()
    GatewayCursor.objects.create(name="events", reached_at=clock.real_now() - timedelta(days=40))
    events.try_read()
    assert list(Alarm.objects.values_list("kind", flat=True)) == ["reconciliation.events_lost"]
    events.try_read()
    assert Alarm.objects.count() == 1


def test_the_first_reading_begins_at_our_first_payment(world: Sandbox) -> None:
    assert events.read() == 0
    calls = [call for call in world.calls() if call["path"] == "/v1/events"]
    assert len(calls) == 1


def test_a_restored_database_catches_up_with_what_the_gateway_has_done_since(world: Sandbox) -> None:
    """Both payments were booked when the disk died; the backup knew the second order only with its page open."""
    bought(world)
    second = open_page(bao())
    night()
    taken_at = clock.real_now()
    fulfilment.fulfil(bought(world, second).pk, now=clock.now())
    events.read()
    assert night() == {}
    as_of_the_backup(second.order_id)
    caught_up = catching_up.after_restore(taken_at=taken_at)
    assert (caught_up.payments, ReceiptEdition.objects.count()) == (1, 1)
    events.read()
    handle_events()
    assert state_of(second) == OrderState.APPLIED
    assert LedgerEntry.objects.filter(kind="payment").count() == 2
    assert PlanPeriod.objects.count() == 2
    assert night() == {}
    assert broken() == {}
    assert not ReviewItem.objects.exists()


def as_of_the_backup(order_id: str) -> None:
    """Everything about the order that came after its page was opened is gone."""
    plant(
        "DELETE FROM billing_gatewaymove WHERE payment_id = (SELECT id FROM billing_payment WHERE order_id = %s)",
        order_id,
    )
    plant("DELETE FROM billing_ledgerentry WHERE order_id = %s", order_id)
    plant("DELETE FROM billing_ledgerentry WHERE kind = 'fee'")
    plant("DELETE FROM billing_gatewaymove WHERE fee_minor <> 0")
    plant("DELETE FROM plans_allowance WHERE origin = %s", f"order:{order_id}")
    plant("DELETE FROM plans_planperiod WHERE origin = %s", f"order:{order_id}")
    plant(
        "UPDATE billing_payment SET state = 'open', received_minor = NULL, intent_id = NULL WHERE order_id = %s",
        order_id,
    )
    plant("UPDATE billing_order SET state = 'pending', paid_at = NULL, applied_at = NULL WHERE id = %s", order_id)
    plant("DELETE FROM billing_webhookevent")


def test_after_a_restore_the_cursors_go_back_and_the_night_is_open_again(world: Sandbox) -> None:
    bought(world)
    nightly.reconcile(now=clock.now())
    taken_at = clock.real_now() - timedelta(hours=5)
    GatewayCursor.objects.create(name="night", position="2099-01-01", moved_at=clock.real_now())
    catching_up.after_restore(taken_at=taken_at)
    assert dict(GatewayCursor.objects.values_list("name", "reached_at")) == {
        "events": taken_at,
        "balance": taken_at,
        "night": None,
    }
    assert GatewayCursor.objects.get(name="night").position == ""
    catching_up.after_restore(taken_at=taken_at + timedelta(hours=1))
    assert reached() == taken_at


def test_money_for_an_order_the_backup_does_not_know_is_named(world: Sandbox) -> None:
    bought(world)
    lost = bought(world, open_page(bao()))
    night()
    plant("DELETE FROM billing_gatewaymove")
    plant("DELETE FROM billing_ledgerentry WHERE order_id = %s OR kind = 'fee'", lost.order_id)
    plant("DELETE FROM plans_planperiod WHERE origin = %s", f"order:{lost.order_id}")
    plant("DELETE FROM billing_orderevent WHERE order_id = %s", lost.order_id)
    plant("DELETE FROM billing_payment WHERE id = %s", lost.pk)
    plant("DELETE FROM billing_order WHERE id = %s", lost.order_id)
    catching_up.after_restore(taken_at=clock.real_now() - timedelta(hours=1))
    (detail,) = night().values()
    assert str(lost.intent_id) in detail
    assert GatewayMove.objects.filter(matched_at=None).count() == 1
    handle_events()
    assert Alarm.objects.filter(kind="payment.unknown").exists()
    assert Payment.objects.count() == 1
