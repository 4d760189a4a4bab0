"""The gateway's books against ours, on a real gateway's answers: each planted difference is found, named, and left as it is."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from billing import fulfilment
from billing.models import (
    AccountKind,
    GatewayCursor,
    GatewayMove,
    LedgerEntry,
    OrderState,
    Payment,
    Refund,
    RefundState,
    ReviewItem,
    ReviewOutcome,
    TransferAccount,
)
from billing.paying import transfers
from billing.reconciliation import moves, nightly
from lib import clock
from tests.billing.giving_back import ask, balance
from tests.billing.planting import alarms, plant
from tests.cast import bao, carla
from tests.sandbox_process import Sandbox
from tests.stack.buying import open_page
from tests.stack.invariants import broken
from tests.stack.reconciling import (
    bought,
    disputed,
    night,
    night_that_mends_nothing,
    sent_back,
    state_of,
    world,
)
from tests.stack.test_transfers import wanted

__all__ = ["world"]
A_MONTH = timedelta(days=31)


def refunded(world: Sandbox, payment: Payment, minor: int = 500) -> Refund:
    request = ask(payment.order, now=clock.now(), amount_minor=minor, takes_back=False)
    return sent_back(world, request.refunds.get())


def everything(world: Sandbox) -> None:
    """Paid, given back, failed, disputed, won, paid out, sent back by our bank, and paid out again."""
    first = bought(world)
    refunded(world, first)
    failed = refunded(world, first, 300)
    world.settle(str(failed.gateway_id), "fail")
    sent_back(world, failed)
    disputed(world, bought(world, open_page(bao())), "won")
    disputed(world, bought(world, open_page(carla())), "lost")
    for _number in range(3):
        bought(world, open_page(first.order.buyer))
    world.fail_payout(world.payout()["payout"])
    bought(world, open_page(first.order.buyer))
    world.payout()


def test_books_of_both_sides_agree_to_the_cent_after_everything(world: Sandbox) -> None:
    everything(world)
    assert night() == {}
    assert night() == {}
    assert alarms() == []
    assert balance(AccountKind.CLEARING) == 0
    assert balance(AccountKind.BANK) + balance(AccountKind.FEES) < 0
    assert not GatewayMove.objects.filter(matched_at=None).exists()
    assert broken() == {}


def test_what_the_gateway_holds_is_what_clearing_says(world: Sandbox) -> None:
    bought(world)
    night()
    fee = -balance(AccountKind.FEES)
    assert fee > 0
    assert balance(AccountKind.CLEARING) == -(1500 - fee)
    payout = world.payout()
    night()
    assert (balance(AccountKind.CLEARING), balance(AccountKind.BANK)) == (0, -payout["amount"])
    world.fail_payout(payout["payout"])
    night()
    assert (balance(AccountKind.CLEARING), balance(AccountKind.BANK)) == (-payout["amount"], 0)
    keys = LedgerEntry.objects.filter(kind="gateway_payout").order_by("id").values_list("key", flat=True)
    assert list(keys) == [f"payout:{payout['payout']}", f"payout:{payout['payout']}:failed"]


def test_a_missing_entry_is_named_and_what_was_taken_away_is_not_put_back(world: Sandbox) -> None:
    payment = bought(world)
    plant("DELETE FROM billing_ledgerentry WHERE key = %s", f"payment:{payment.intent_id}")
    found = night_that_mends_nothing()
    move = GatewayMove.objects.get()
    assert set(found) == {
        f"difference:balance:{move.gateway_id}",
        f"difference:received:{payment.pk}",
        f"difference:held:{payment.order_id}:EUR",
    }
    told = found[f"difference:balance:{move.gateway_id}"]
    assert told.startswith("At the gateway on ")
    assert told.endswith("Our books do not have it.")
    assert "payment received, €15.00" in told
    item = ReviewItem.objects.get(subject=f"difference:balance:{move.gateway_id}")
    assert (item.order_id, item.currency) == (payment.order_id, "EUR")
    assert ("reconciliation.difference", item.subject) in alarms()


def test_another_amount_in_our_books_is_named_with_both(world: Sandbox) -> None:
    payment = bought(world)
    plant("UPDATE billing_ledgerentry SET amount_minor = 1400 WHERE key = %s", f"payment:{payment.intent_id}")
    found = night_that_mends_nothing()
    told = found[f"difference:balance:{GatewayMove.objects.get().gateway_id}"]
    assert "€15.00" in told
    assert told.endswith("Our books say €14.00.")
    assert not any(subject.startswith(("difference:entry", "difference:total")) for subject in found)


def test_a_charge_nobody_asked_for_is_named(world: Sandbox) -> None:
    bought(world, open_page(bao()))
    stranger = bought(world)
    plant("DELETE FROM billing_ledgerentry WHERE order_id = %s", stranger.order_id)
    plant("DELETE FROM billing_payment WHERE id = %s", stranger.pk)
    plant("UPDATE billing_order SET state = 'expired' WHERE id = %s", stranger.order_id)
    found = night_that_mends_nothing()
    move = GatewayMove.objects.get(intent_id=stranger.intent_id)
    assert set(found) == {f"difference:balance:{move.gateway_id}"}
    assert str(stranger.intent_id) in found[f"difference:balance:{move.gateway_id}"]


def test_a_refund_of_a_foreign_charge_is_named(world: Sandbox) -> None:
    bought(world, open_page(bao()))
    stranger = bought(world)
    world.dashboard_refund(str(stranger.intent_id), 700)
    plant("DELETE FROM billing_ledgerentry WHERE order_id = %s", stranger.order_id)
    plant("DELETE FROM billing_payment WHERE id = %s", stranger.pk)
    plant("UPDATE billing_order SET state = 'expired' WHERE id = %s", stranger.order_id)
    found = night_that_mends_nothing()
    assert len(found) == 2
    assert sum("given back, -€7.00" in told for told in found.values()) == 1
    assert not Refund.objects.exists()


def test_a_movement_of_a_kind_the_portal_does_not_know_is_named(world: Sandbox) -> None:
    bought(world)
    strange = world.book(-300, type="reserved_funds")["id"]
    found = night_that_mends_nothing()
    assert set(found) == {f"difference:balance:{strange}"}
    assert found[f"difference:balance:{strange}"].endswith(
        f"reserved_funds, -€3.00 ({strange}). The portal does not know what that is."
    )


def test_the_same_movement_twice_is_named_as_twice(world: Sandbox) -> None:
    bought(world)
    night()
    plant(
        "INSERT INTO billing_gatewaymove (gateway_id, kind, their_kind, object_id, intent_id, amount_minor, fee_minor, currency,"
        " happened_at) SELECT 'txn_twice', kind, their_kind, object_id, intent_id, amount_minor, 0, currency, happened_at"
        " FROM billing_gatewaymove"
    )
    found = night()
    assert found["difference:balance:txn_twice"].endswith("It is there twice, in our books once.")
    assert set(found) == {"difference:balance:txn_twice", "difference:total:gateway:EUR"}


def test_an_entry_the_gateway_knows_nothing_of_is_named_after_a_day(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(world)
    plant(
        "INSERT INTO billing_ledgerentry (kind, source_id, target_id, amount_minor, currency, key, order_id, actor, reason, event_at)"
        " SELECT kind, target_id, source_id, 100, currency, 'payment:pi_invented', order_id, actor, reason, event_at"
        " FROM billing_ledgerentry WHERE kind = 'payment'"
    )
    invented = LedgerEntry.objects.get(key="payment:pi_invented")
    subject = f"difference:entry:{invented.pk}"
    assert subject not in night(timedelta(hours=23))
    assert night(timedelta(hours=25))[subject].endswith(
        "payment received, €1.00 (payment:pi_invented). The gateway's balance did not move so."
    )
    assert payment.order.review_items.filter(subject=subject).exists()


def test_a_fee_that_was_changed_in_our_books_shows_in_the_sum(world: Sandbox) -> None:
    bought(world)
    night()
    fee = LedgerEntry.objects.get(kind="fee")
    plant("UPDATE billing_ledgerentry SET amount_minor = amount_minor + 1 WHERE id = %s", fee.pk)
    assert set(night()) == {f"difference:entry:{fee.pk}", "difference:total:books:EUR"}
    plant("DELETE FROM billing_ledgerentry WHERE id = %s", fee.pk)
    found = night()
    assert set(found) == {"difference:total:books:EUR"}
    assert "told one by one, the rest is not" in found["difference:total:books:EUR"]


def test_movements_the_gateway_no_longer_tells_show_in_the_sum(world: Sandbox) -> None:
    bought(world)
    night()
    plant("UPDATE billing_gatewaymove SET amount_minor = amount_minor + 5")
    assert "difference:total:gateway:EUR" in night()


def test_a_payout_missing_in_our_books_is_named(world: Sandbox) -> None:
    bought(world)
    payout = world.payout()["payout"]
    night()
    plant("UPDATE billing_gatewaymove SET entry_id = NULL, matched_at = NULL WHERE kind = 'payout'")
    plant("DELETE FROM billing_ledgerentry WHERE key = %s", f"payout:{payout}")
    found = night_that_mends_nothing()
    assert f"difference:payout:{payout}" in found
    assert found[f"difference:payout:{payout}"].endswith("Our books do not have it.")


def test_a_difference_that_comes_right_settles_by_itself(world: Sandbox) -> None:
    """The news were late: the payment is booked the day after the night that missed it."""
    purchase = open_page()
    world.pay(purchase.session_id)
    plant("UPDATE billing_payment SET state = 'expired'")
    (subject,) = night()
    fulfilment.fulfil(Payment.objects.get().pk, now=clock.now())
    assert night() == {}
    assert ReviewItem.objects.get(subject=subject).outcome == ReviewOutcome.SETTLED
    assert state_of(purchase) == OrderState.APPLIED


def test_money_just_moved_is_left_for_the_next_night(world: Sandbox) -> None:
    purchase = open_page()
    world.pay(purchase.session_id)
    plant("UPDATE billing_payment SET state = 'expired'")
    nightly.reconcile(now=clock.now())
    assert not ReviewItem.objects.filter(subject__startswith="difference:balance").exists()


def test_a_refund_on_its_way_is_no_difference_and_none_when_it_fails_before_it_arrived(world: Sandbox) -> None:
    payment = bought(world)
    world.fault("refund", "pending")
    refund = refunded(world, payment)
    assert night() == {}
    assert GatewayMove.objects.filter(matched_at=None).count() == 1
    world.settle(str(refund.gateway_id), "fail")
    sent_back(world, refund)
    assert night() == {}
    assert not GatewayMove.objects.filter(matched_at=None).exists()


def test_a_refund_made_in_the_dashboard_whose_news_were_lost_is_found_and_told(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(world)
    world.dashboard_refund(str(payment.intent_id), 700)
    (subject,) = night(A_MONTH)
    assert Refund.objects.get().amount_minor == 700
    assert night() == {}
    assert ReviewItem.objects.get(subject=subject).outcome == ReviewOutcome.SETTLED


def test_a_dispute_whose_news_were_lost_is_told_and_asked_about(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(world)
    case = world.dispute(str(payment.intent_id))["dispute"]
    woken: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr("lib.queue.wake", lambda task, **ids: woken.append((task, ids)))
    assert len(night(A_MONTH)) == 1
    assert ("billing.follow_dispute", {"gateway_id": case}) in woken


def test_a_payment_whose_event_is_older_than_thirty_days_is_found(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = open_page()
    world.pay(purchase.session_id)
    plant("UPDATE billing_payment SET state = 'expired', session_id = NULL")
    woken: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr("lib.queue.wake", lambda task, **ids: woken.append((task, ids)))
    (told,) = night(A_MONTH).values()
    assert "Our books do not have it." in told
    payment = Payment.objects.get()
    assert payment.session_id == purchase.session_id
    assert ("billing.fulfil", {"payment_id": str(payment.pk)}) in woken


def test_reading_movements_again_books_nothing_twice(world: Sandbox) -> None:
    everything(world)
    night()
    count = LedgerEntry.objects.count()
    GatewayCursor.objects.all().delete()
    moves.read(until=clock.real_now())
    moves.read(until=clock.real_now())
    assert LedgerEntry.objects.count() == count
    assert night() == {}


def test_a_gateway_that_does_not_answer_leaves_the_night_open_and_raises_an_alarm(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(world)
    noon = clock.real_now().replace(hour=12)
    monkeypatch.setattr(clock, "real_now", lambda: noon)
    world.fault("api", "error", match="GET /v1/payouts", status=500, times=20)
    assert nightly.reconcile_if_due(now=clock.now())
    assert [kind for kind, _subject in alarms()] == ["reconciliation.no_answer"]
    assert not nightly.reconcile_if_due(now=clock.now())
    world.mend()
    monkeypatch.setattr(clock, "real_now", lambda: noon + timedelta(hours=2))
    assert nightly.reconcile_if_due(now=clock.now())
    assert not nightly.reconcile_if_due(now=clock.now())
    assert GatewayCursor.objects.get(name="night").position == f"{noon:%Y-%m-%d}"


def test_night_comes_once_a_day_at_three_of_the_operators_clock(
    world: Sandbox, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.BOOKS_TIME_ZONE = "Asia/Shanghai"
    midnight = clock.real_now().replace(hour=18, minute=59)  # 02:59 there
    monkeypatch.setattr(nightly, "reconcile", lambda *, now: [])
    for minutes, is_due in ((0, False), (1, True), (2, False), (60 * 24, False), (60 * 24 + 1, True)):
        at = midnight + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "real_now", lambda at=at: at)
        assert nightly.reconcile_if_due(now=clock.now()) is is_due


def test_the_command_names_differences_and_ends_with_an_error(
    world: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = bought(world)
    call_command("reconcile")
    assert "no difference" in capsys.readouterr().out
    plant("DELETE FROM billing_ledgerentry WHERE key = %s", f"payment:{payment.intent_id}")
    with pytest.raises(CommandError, match="differences"):
        call_command("reconcile")
    assert f"difference:received:{payment.pk}" in capsys.readouterr().out


def test_transfers_count_once_they_are_used_and_their_refunds_whether_they_arrive_or_not(world: Sandbox) -> None:
    order = wanted()
    world.transfer(intent=str(order.payments.get().intent_id), amount=2000)
    assert night() == {}
    assert not GatewayMove.objects.exists()
    transfers.follow(TransferAccount.objects.get().customer_id, now=clock.now())
    assert state_of(order) == OrderState.APPLIED
    assert night() == {}
    order.refresh_from_db()
    refund = refunded(world, order.payments.get())
    assert refund.state == RefundState.NEEDS_PAYER
    assert night() == {}
    world.refund_details(str(refund.gateway_id), expire=True)
    assert sent_back(world, refund).state == RefundState.FAILED
    assert night() == {}
    assert not GatewayMove.objects.filter(matched_at=None).exists()
