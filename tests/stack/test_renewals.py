"""Auto-renew on the real parts: paid in time, never twice, repaired, waited for, given up; and what its owner hears of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import LineOwnership, Subscriber
from billing.gateways import gateway
from billing.gateways.stripe import client
from billing.models import (
    AutoRenew,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Renewal,
    RunState,
    TransferAccount,
)
from billing.paying import checkout, transfers
from billing.saved_methods import choosing
from billing.standing import auto_renew, prices, renewals
from billing.standing.auto_renew import RenewWish
from billing.tasks import remind_of_ends
from lib import clock
from notifications.models import Message
from plans import periods
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna, bao
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.standing import ASKS_ALWAYS, CREATE, MASTERCARD, intents_made, saved
from tests.waking import awake_before

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that waits half a second and asks once, so that the test does not have to wait a minute."""
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    monkeypatch.setattr(client, "NETWORK_RETRIES", 0)
    gateway.cache_clear()
    yield
    gateway.cache_clear()


@pytest.fixture
def owner(portal: Portal) -> Subscriber:
    """Anna, whose month has begun just now."""
    person = anna()
    begun(person, "test:first")
    return person


def begun(person: Subscriber, origin: str) -> None:
    with transaction.atomic():
        periods.start_now(line=person.lines[0], plan=plan(), now=clock.now(), origin=origin)


def plan(code: str = "month-15") -> Plan:
    return Plan.objects.get(code=code)


def running() -> PlanPeriod:
    return PlanPeriod.objects.get(origin="test:first")


def switched_on(person: Subscriber, method: PaymentMethod | None, **more: Any) -> AutoRenew:
    wish = RenewWish(
        line=person.lines[0], subscriber=person, plan=plan(), method=method, shown_price_minor=1500, consents={}, **more
    )
    return auto_renew.switch_on(wish, now=clock.now())


def sweep(at: datetime) -> Renewal | None:
    renewals.sweep(now=at)
    return Renewal.objects.order_by("-created_at").first()


def cut_off() -> datetime:
    return running().ends_at - DAY


def told() -> list[str]:
    """Why its owner was written to, in order."""
    rows = Message.objects.filter(kind="renewal_trouble", channel="email").order_by("created_at", "id")
    return [row.context["why"] for row in rows]


def renewed_once() -> PlanPeriod:
    """Paid once, by one order, and the next period begins to the second when the first ends."""
    order = Order.objects.get(came_by="auto_renew", state=OrderState.APPLIED)
    assert sum(LedgerEntry.objects.filter(order=order, kind="payment").values_list("amount_minor", flat=True)) == 1500
    following = PlanPeriod.objects.get(origin=order.subject)
    assert following.starts_at == running().ends_at
    assert broken() == {}
    return following


def test_who_renews_by_itself_is_not_asked_to_renew_and_hears_of_an_end_all_the_same(
    portal: Portal, owner: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = switched_on(owner, saved(portal, owner))
    last_day = awake_before(running().ends_at)
    monkeypatch.setattr(clock, "now", lambda: last_day)
    remind_of_ends()
    assert not Message.objects.filter(kind="expiry_reminder").exists()
    auto_renew.switch_off(auto_renew=on, by="test", now=last_day)
    remind_of_ends()
    assert Message.objects.filter(kind="expiry_reminder").exists()


def test_a_day_before_the_end_the_next_month_is_paid_and_queued_and_never_again(
    portal: Portal, owner: Subscriber
) -> None:
    switched_on(owner, saved(portal, owner))
    assert sweep(cut_off() - timedelta(seconds=1)) is None
    run = sweep(cut_off())
    assert run
    assert (run.state, run.reason, run.tries) == (RunState.DONE, "", 0)
    renewed_once()
    for later in (cut_off(), cut_off() + HOUR, running().ends_at + HOUR):
        renewals.sweep(now=later)
    assert (Renewal.objects.count(), intents_made(owner), told()) == (1, 1, [])
    renewed_once()


def test_the_period_after_is_renewed_in_its_turn(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    sweep(cut_off())
    second = renewed_once()
    sweep(second.ends_at - DAY)
    third = PlanPeriod.objects.order_by("-starts_at")[0]
    assert (third.starts_at, Renewal.objects.count()) == (second.ends_at, 2)


def test_switched_off_before_the_cut_off_nothing_is_taken(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(owner, saved(portal, owner))
    assert auto_renew.switch_off(auto_renew=on, by="test", now=clock.now()) is None
    assert sweep(cut_off()) is None
    assert intents_made(owner) == 0


def test_switched_off_after_it_the_next_period_can_be_cancelled_for_all_its_price(
    portal: Portal, owner: Subscriber
) -> None:
    on = switched_on(owner, saved(portal, owner))
    sweep(cut_off())
    following = renewed_once()
    assert auto_renew.switch_off(auto_renew=on, by="test", now=cut_off() + HOUR) == following
    request = auto_renew.cancel_next(auto_renew=on, by=owner, now=cut_off() + HOUR)
    assert request
    assert (request.amount_minor, request.state) == (1500, "granted")
    following.refresh_from_db()
    assert following.cancelled_at is not None


def test_a_declined_card_is_followed_by_the_other_one_at_once_and_nobody_is_bothered(
    portal: Portal, owner: Subscriber
) -> None:
    first, second = saved(portal, owner), saved(portal, owner, MASTERCARD)
    switched_on(owner, first, backup=second)
    portal.sandbox.fault("payment", "decline", match=first.gateway_id, code="insufficient_funds")
    run = sweep(cut_off())
    assert run
    assert (run.state, told(), intents_made(owner)) == (RunState.DONE, [], 1)
    assert Payment.objects.get().method_label == "Mastercard ···4444"
    renewed_once()


def test_three_days_of_declines_are_told_each_and_then_it_is_given_up(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(owner, saved(portal, owner))
    portal.sandbox.fault("payment", "decline", times=50, code="insufficient_funds")
    for day in range(4):
        sweep(cut_off() + day * DAY)
        sweep(cut_off() + day * DAY + HOUR)
    assert Renewal.objects.get().state == RunState.GIVEN_UP
    assert told() == ["declined", "declined", "declined", "given_up"]
    assert (PaymentAttempt.objects.count(), intents_made(owner)) == (4, 1)
    on.refresh_from_db()
    assert (on.is_on, on.off_reason) == (False, "given_up")
    assert not LedgerEntry.objects.filter(kind="payment").exists()


def test_recovered_late_it_starts_when_it_is_applied(portal: Portal, owner: Subscriber) -> None:
    method = saved(portal, owner)
    switched_on(owner, method)
    portal.sandbox.fault("payment", "decline", match=method.gateway_id, times=2)
    late = cut_off() + 2 * DAY
    for at in (cut_off(), cut_off() + DAY, late):
        sweep(at)
    assert Renewal.objects.get().state == RunState.DONE
    following = PlanPeriod.objects.order_by("-starts_at")[0]
    assert following.starts_at == late.replace(microsecond=0)
    assert following.starts_at > running().ends_at


@pytest.mark.parametrize("code", ["lost_card", "stolen_card"])
def test_after_do_not_try_again_it_is_not_tried_again(portal: Portal, owner: Subscriber, code: str) -> None:
    switched_on(owner, saved(portal, owner))
    portal.sandbox.fault("payment", "decline", times=50, code=code)
    run = sweep(cut_off())
    assert run
    sweep(cut_off() + DAY)
    assert (run.state, told(), PaymentAttempt.objects.count()) == (RunState.GIVEN_UP, ["given_up"], 1)


def test_the_bank_s_wish_is_told_and_finished_by_its_owner_on_a_page(worker: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(worker, owner, ASKS_ALWAYS))
    run = sweep(cut_off())
    assert run
    assert run.order
    assert (run.state, told()) == (RunState.WANTS_BANK, ["confirm"])
    url = checkout.start(run.order.pk)
    renewals.sweep(now=cut_off() + DAY)
    assert PaymentAttempt.objects.count() == 1
    worker.sandbox.pay(url.rpartition("/")[2], ASKS_ALWAYS, bank="approve")
    order_id = run.order.pk
    until(lambda: Order.objects.get(pk=order_id).state == OrderState.APPLIED)
    run = sweep(cut_off() + 2 * DAY)
    assert run
    assert (run.state, Order.objects.filter(came_by="auto_renew").count()) == (RunState.DONE, 1)
    assert broken() == {}


def test_what_is_paid_by_hand_before_makes_it_needless(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    with transaction.atomic():
        periods.queue(line=owner.lines[0], plan=plan(), now=clock.now(), origin="test:by-hand")
    run = sweep(cut_off())
    assert run is None or run.state == RunState.NOT_NEEDED
    assert intents_made(owner) == 0


def test_while_a_transfer_is_on_its_way_it_waits_and_tells_two_hours_before_the_end(
    portal: Portal, owner: Subscriber
) -> None:
    switched_on(owner, saved(portal, owner))
    transfer = order_plan(owner, "month-15", method=Method.TRANSFER, now=clock.now())
    checkout.start(transfer.pk)
    ends_at = running().ends_at
    for at in (cut_off(), ends_at - 3 * HOUR, ends_at - 2 * HOUR, ends_at - HOUR, ends_at + HOUR):
        renewals.sweep(now=at)
    assert (told(), intents_made(owner)) == (["waits"], 1)
    portal.sandbox.transfer(intent=str(Payment.objects.get(order=transfer).intent_id), amount=1500)
    TransferAccount.objects.update(asked_at=None)
    transfers.look(transfer, now=ends_at + 2 * HOUR)
    run = sweep(ends_at + 3 * HOUR)
    assert run
    assert (run.state, Order.objects.filter(came_by="auto_renew").count()) == (RunState.NOT_NEEDED, 0)


def test_credit_that_covers_the_price_is_taken_first_if_chosen(portal: Portal, owner: Subscriber) -> None:
    give_credit(owner.lines[0], 1500)
    switched_on(owner, saved(portal, owner), uses_credit=True)
    run = sweep(cut_off())
    assert run
    assert run.order
    assert (run.state, run.order.method, intents_made(owner)) == (RunState.DONE, Method.CREDIT, 0)
    assert PlanPeriod.objects.get(origin=run.order.subject).starts_at == running().ends_at


def test_credit_that_does_not_cover_it_is_left_alone(portal: Portal, owner: Subscriber) -> None:
    give_credit(owner.lines[0], 1499)
    switched_on(owner, saved(portal, owner), uses_credit=True)
    run = sweep(cut_off())
    assert run
    assert run.order
    assert (run.state, run.order.method) == (RunState.DONE, Method.CARD)
    renewed_once()


def test_a_price_that_rose_unannounced_is_not_taken(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(owner, saved(portal, owner))
    Plan.objects.filter(code="month-15").update(price_minor=1700)
    run = sweep(cut_off())
    assert run
    on.refresh_from_db()
    assert (run.state, told(), on.off_reason, intents_made(owner)) == (RunState.GIVEN_UP, ["price"], "price", 0)


def test_a_price_told_in_time_is_taken(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    Plan.objects.filter(code="month-15").update(price_minor=1700)
    assert prices.announce(now=clock.now()) == 1
    assert prices.announce(now=clock.now() + DAY) == 0
    assert Message.objects.filter(kind="renewal_price").count() == 1
    run = sweep(cut_off())
    assert run
    assert run.order
    assert (run.state, run.order.price_minor) == (RunState.DONE, 1700)


def test_a_price_that_fell_is_simply_taken(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    Plan.objects.filter(code="month-15").update(price_minor=1200)
    run = sweep(cut_off())
    assert run
    assert run.order
    assert (run.state, run.order.price_minor, prices.announce(now=cut_off())) == (RunState.DONE, 1200, 0)


def test_a_plan_that_is_no_longer_sold_is_told_and_not_taken(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    Plan.objects.filter(code="month-15").update(on_sale_until=clock.now())
    run = sweep(cut_off())
    assert run
    assert (run.state, told(), intents_made(owner)) == (RunState.GIVEN_UP, ["plan_gone"], 0)


def test_nothing_is_taken_for_a_line_that_has_another_owner(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    line = owner.lines[0]
    LineOwnership.objects.filter(line=line).update(until_at=clock.now())
    LineOwnership.objects.create(line=line, subscriber=bao(), from_at=clock.now())
    run = sweep(cut_off())
    assert run is None or run.state == RunState.STOPPED
    assert intents_made(owner) == 0


def test_a_removed_card_leaves_nothing_to_take_from_and_says_so(portal: Portal, owner: Subscriber) -> None:
    method = saved(portal, owner)
    switched_on(owner, method)
    choosing.remove(method.pk, subscriber=owner, now=clock.now())
    run = sweep(cut_off())
    assert run
    assert (run.state, told(), intents_made(owner)) == (RunState.GIVEN_UP, ["method"], 0)


def test_an_answer_that_was_lost_is_waited_for_and_never_charged_again(
    portal: Portal, owner: Subscriber, impatient: None
) -> None:
    switched_on(owner, saved(portal, owner), backup=saved(portal, owner, MASTERCARD))
    portal.sandbox.fault("webhook", "drop", times=50)
    portal.sandbox.fault("api", "timeout_after", match=CREATE, seconds=2, times=1)
    run = sweep(cut_off())
    assert run
    assert run.state == RunState.CHARGING
    until(lambda: intents_made(owner) == 1)
    run = sweep(cut_off() + HOUR)
    assert run
    assert (run.state, intents_made(owner), told()) == (RunState.DONE, 1, [])
    renewed_once()


def test_four_sweeps_at_once_renew_once(portal: Portal, owner: Subscriber) -> None:
    switched_on(owner, saved(portal, owner))
    at = cut_off()
    run_together(4, lambda _number: renewals.sweep(now=at))
    renewals.sweep(now=at + HOUR)
    assert (Renewal.objects.count(), intents_made(owner)) == (1, 1)
    renewed_once()


def test_side_by_side_every_line_is_renewed_once(portal: Portal) -> None:
    people = [anna(), bao()]
    for person in people:
        begun(person, f"test:{person.pk}")
        switched_on(person, saved(portal, person))
    ends_at = PlanPeriod.objects.order_by("-ends_at")[0].ends_at
    renewals.sweep(now=ends_at - HOUR, threads=4)
    assert list(Renewal.objects.values_list("state", flat=True)) == [RunState.DONE] * 2
    assert [intents_made(person) for person in people] == [1, 1]
    assert broken() == {}
