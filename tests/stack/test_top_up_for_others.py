"""Paying for a number that is somebody else's, against the sandbox: the line is looked up when the money is set aside, not before."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineState, Subscriber
from billing import ledger
from billing.for_others import asking, following, links, obstacles, targets, undo
from billing.for_others.asking import Wish
from billing.gateways import gateway
from billing.models import (
    CameBy,
    GuestState,
    GuestTopUp,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentState,
    Receipt,
    Refund,
    RefundState,
)
from billing.paying import credit as credit_pay
from billing.receipts import numbering
from lib import clock, queue
from lib.money import Money
from notifications.models import Message
from plans.models import Plan, PlanPeriod
from tests.billing.ordering import order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna, bao
from tests.sandbox_process import DECLINED
from tests.stack.buying import let_leases_end, sweep
from tests.stack.invariants import broken
from tests.stack.running import Portal, until

NOBODYS = "+4917604069099"


def wish(msisdn: str = "+4917604069011", **more: Any) -> Wish:
    given: dict[str, Any] = {
        "target": targets.of_number(msisdn) if msisdn else None,
        "email": "grandma@example.com",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "way": "card",
        "price": Money(1000, "EUR"),
        "form_token": uuid.uuid4(),
        "address": "127.0.0.1",
    }
    return Wish(**{**given, **more})


def asked(wanted: Wish | None = None) -> GuestTopUp:
    """A payment page is open for it."""
    top_up = asking.ask(wanted or wish())
    asking.page(top_up, title="Credit")
    return GuestTopUp.objects.get(pk=top_up.pk)


def paid(portal: Portal, wanted: Wish | None = None, **how: Any) -> GuestTopUp:
    """Its payer's bank has set the money aside."""
    top_up = asked(wanted)
    portal.sandbox.pay(str(top_up.session_id), **how)
    return top_up


def now_of(top_up: GuestTopUp) -> GuestTopUp:
    return GuestTopUp.objects.select_related("order").get(pk=top_up.pk)


def credit(person: Subscriber) -> int:
    return ledger.credit_of(person.lines[0])[0].minor


def told(kind: str) -> list[tuple[str, str]]:
    return list(Message.objects.filter(kind=kind).order_by("pk").values_list("channel", "address"))


def payments_booked() -> list[int]:
    return list(LedgerEntry.objects.filter(kind="payment").values_list("amount_minor", flat=True))


def test_a_guest_tops_up_a_number_and_both_hear_of_it_once(portal: Portal) -> None:
    person = anna()
    top_up = now_of(following.follow(paid(portal).pk, now=clock.now()))
    order = top_up.order
    assert order
    assert (top_up.state, order.state, order.came_by, order.buyer) == ("taken", "applied", CameBy.GUEST, None)
    assert (credit(person), payments_booked()) == (1000, [1000])
    assert told("topped_up_by_other") == [("sms", "+4917604069011")]
    assert told("top_up_for_other") == [("email", "grandma@example.com")]
    assert set(Message.objects.values_list("kind", flat=True)) == {"topped_up_by_other", "top_up_for_other"}
    assert broken() == {}


def test_nothing_the_payer_is_sent_tells_anything_of_the_line(portal: Portal) -> None:
    person = anna()
    ledger_before = credit(person)
    following.follow(paid(portal).pk, now=clock.now())
    context = Message.objects.get(kind="top_up_for_other").context
    assert set(context) == {"reference", "price", "msisdn", "url", "amount", "plan", "whom", "undo_at"}
    assert (context["msisdn"], context["whom"], ledger_before) == ("+4917604069011", "+49 176 04069011", 0)


def test_a_plan_for_somebody_starts_for_them(portal: Portal) -> None:
    person = anna()
    plan = Plan.objects.get(code="month-15")
    following.follow(paid(portal, wish(plan=plan, price=Money(plan.price_minor, "EUR"))).pk, now=clock.now())
    period = PlanPeriod.objects.get()
    assert (period.line_id, period.plan_id) == (person.lines[0].pk, plan.pk)
    assert told("topped_up_by_other") == [("sms", "+4917604069011")]
    assert told("renewed") == []
    assert broken() == {}


@pytest.mark.parametrize("why", ["no_line", "not_payable", "currency", "plan", "link_over", "limits"])
def test_what_cannot_be_used_is_let_go_with_the_same_words_whatever_the_reason(
    portal: Portal, why: str, settings: Any
) -> None:
    person = anna()
    line = person.lines[0]
    plan = Plan.objects.get(code="month-15")
    wanted = {
        "no_line": lambda: wish(NOBODYS),
        "plan": lambda: wish(plan=plan, price=Money(plan.price_minor, "EUR")),
        "link_over": lambda: _by_link(person),
    }.get(why, wish)()
    top_up = asked(wanted)
    if why == "not_payable":
        line.move_to(LineState.BLOCKED, reason="lost")
    elif why == "currency":
        Line.objects.filter(pk=line.pk).update(currency="CHF")
    elif why == "plan":
        Plan.objects.filter(pk=plan.pk).update(on_sale_until=clock.now())
    elif why == "link_over":
        links.revoke(line, person, now=clock.now())
    elif why == "limits":
        settings.FOR_OTHERS_PER_DAY = 0
    portal.sandbox.pay(str(top_up.session_id))
    found = now_of(following.follow(top_up.pk, now=clock.now()))
    assert (found.state, found.reason, found.order) == (GuestState.RELEASED, why, None)
    assert (Order.objects.count(), Payment.objects.count(), payments_booked()) == (0, 0, [])
    message = Message.objects.get()
    assert (message.kind, message.address) == ("top_up_not_done", "grandma@example.com")
    assert set(message.context) == {"amount", "whom", "url"}
    assert broken() == {}


def _by_link(person: Subscriber) -> Wish:
    link = links.make(person.lines[0], person, shows="Anna’s phone", lets_plans=False, now=clock.now())
    return wish("", target=targets.of_link(link))


def test_until_money_is_set_aside_no_statement_looks_at_a_line(portal: Portal) -> None:
    anna()
    counts = []
    for msisdn in ("+4917604069011", NOBODYS):
        with CaptureQueriesContext(connection) as captured:
            top_up = asked(wish(msisdn))
            following.follow(top_up.pk, now=clock.now())
        statements = [row["sql"] for row in captured.captured_queries]
        assert not [sql for sql in statements if "accounts_line" in sql]
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_second_click_gets_the_same_page_and_another_wish_is_refused(portal: Portal) -> None:
    wanted = wish()
    first, second = asked(wanted), asked(wanted)
    assert (first.pk, first.page_url) == (second.pk, second.page_url)
    with pytest.raises(asking.FormUsed):
        asking.ask(wish(form_token=wanted.form_token, price=Money(2000, "EUR")))
    assert GuestTopUp.objects.count() == 1


def test_a_declined_card_learns_nothing_and_may_be_tried_again(portal: Portal) -> None:
    person = anna()
    top_up = asked()
    portal.sandbox.pay(str(top_up.session_id), DECLINED)
    assert now_of(following.follow(top_up.pk, now=clock.now())).state == GuestState.OPEN
    portal.sandbox.pay(str(top_up.session_id))
    following.follow(top_up.pk, now=clock.now())
    assert credit(person) == 1000


def test_following_it_many_times_at_once_takes_the_money_once(portal: Portal) -> None:
    person = anna()
    top_up = paid(portal)
    run_together(4, lambda _number: following.try_follow(top_up.pk, now=clock.now()))
    following.follow(top_up.pk, now=clock.now())
    assert (credit(person), payments_booked()) == (1000, [1000])
    assert len(told("topped_up_by_other")) == 1
    assert broken() == {}


@pytest.mark.parametrize("step", ["top_up.asked", "top_up.decided", "top_up.taken", "settle.booked"])
def test_a_worker_killed_on_the_way_takes_it_once(worker: Portal, step: str) -> None:
    person = anna()
    worker.order_crash(f"{step} kill")
    top_up = asked()
    worker.sandbox.pay(str(top_up.session_id))
    until(lambda: not worker.crashes_left())

    def is_applied() -> bool:
        let_leases_end()
        GuestTopUp.objects.update(asked_at=None)
        queue.wake("billing.sweep_top_ups_for_others")
        sweep()
        found = now_of(top_up).order
        return found is not None and found.state == OrderState.APPLIED

    until(is_applied, every=0.5)
    assert (credit(person), payments_booked()) == (1000, [1000])
    assert broken() == {}


def test_a_worker_killed_after_letting_go_tells_the_payer_once(worker: Portal) -> None:
    worker.order_crash("top_up.released kill")
    top_up = asked(wish(NOBODYS))
    worker.sandbox.pay(str(top_up.session_id))
    until(lambda: not worker.crashes_left())

    def is_released() -> bool:
        let_leases_end()
        GuestTopUp.objects.update(asked_at=None)
        queue.wake("billing.sweep_top_ups_for_others")
        return now_of(top_up).state == GuestState.RELEASED

    until(is_released, every=0.5)
    assert told("top_up_not_done") == [("email", "grandma@example.com")]


def test_with_every_notice_dropped_the_sweep_finds_it(worker: Portal) -> None:
    person = anna()
    worker.sandbox.fault("webhook", "drop", times=50)
    top_up = paid(worker)
    GuestTopUp.objects.filter(pk=top_up.pk).update(created_at=clock.real_now() - timedelta(hours=1))

    def is_applied() -> bool:
        GuestTopUp.objects.update(asked_at=None)
        queue.wake("billing.sweep_top_ups_for_others")
        return credit(person) == 1000

    until(is_applied, every=0.5)


def test_a_notice_alone_applies_it(worker: Portal) -> None:
    person = anna()
    paid(worker)
    until(lambda: credit(person) == 1000)
    assert broken() == {}


def test_it_is_taken_back_within_ten_minutes_and_the_owner_is_told(worker: Portal) -> None:
    person = anna()
    top_up = now_of(following.follow(paid(worker).pk, now=clock.now()))
    undo.undo(top_up, now=clock.now())
    undo.undo(now_of(top_up), now=clock.now())
    assert (credit(person), Order.objects.get().state) == (0, OrderState.REVERSED)
    assert told("top_up_taken_back") == [("sms", "+4917604069011")]
    until(lambda: Refund.objects.get().state == RefundState.SUCCEEDED)
    assert told("refund_granted") == [("email", "grandma@example.com")]
    assert "+4917604069011" not in str(Message.objects.get(kind="refund_granted").context["url"])
    assert broken() == {}


def test_what_is_spent_or_ten_minutes_old_is_not_taken_back(portal: Portal) -> None:
    person = anna()
    now = clock.now()
    top_up = now_of(following.follow(paid(portal).pk, now=now))
    with pytest.raises(undo.CannotBeUndone):
        undo.undo(top_up, now=now + timedelta(minutes=10))
    taken = order_plan(person, "day-1", method=Method.CREDIT, now=now)
    credit_pay.pay(taken.pk, line_id=taken.line_id, actor="subscriber", now=now)
    with pytest.raises(undo.CannotBeUndone):
        undo.undo(top_up, now=now + timedelta(minutes=1))
    assert (credit(person) < 1000, Refund.objects.count()) == (True, 0)


def test_a_line_that_is_blocked_between_the_order_and_the_money_sends_it_back(worker: Portal, monkeypatch: Any) -> None:
    person = anna()
    top_up = paid(worker)

    def block_first(found: GuestTopUp, order: Order, *, now: Any) -> None:
        line = Line.objects.get(pk=person.lines[0].pk)
        if line.state != LineState.BLOCKED:
            line.move_to(LineState.BLOCKED, reason="lost")
        take(found, order, now=now)

    worker.stop_workers()
    take = following._take
    monkeypatch.setattr(following, "_take", block_first)
    following.follow(top_up.pk, now=clock.now())
    assert Order.objects.get().state == OrderState.CLOSED
    assert credit(person) == 0
    monkeypatch.undo()
    worker.start_worker()
    until(lambda: Refund.objects.get().state == RefundState.SUCCEEDED)
    assert set(Message.objects.values_list("kind", flat=True)) == {"money_returned"}
    assert broken() == {}


def test_money_the_bank_let_go_of_before_it_was_taken_is_no_ones_loss(portal: Portal, monkeypatch: Any) -> None:
    person = anna()
    top_up = paid(portal)
    found = gateway()
    take = following._take

    def let_go_first(row: GuestTopUp, order: Order, *, now: Any) -> None:
        found.release(str(row.intent_id))
        take(row, order, now=now)

    monkeypatch.setattr(following, "_take", let_go_first)
    after = now_of(following.follow(top_up.pk, now=clock.now()))
    assert after.order
    assert (after.order.state, after.reason, Payment.objects.get().state) == (
        OrderState.CANCELLED,
        "not_taken",
        PaymentState.CANCELLED,
    )
    assert (credit(person), payments_booked()) == (0, [])
    assert set(Message.objects.values_list("kind", flat=True)) == {"top_up_not_done"}
    assert following.due() == []


def test_the_receipt_names_the_payer_and_by_a_link_not_the_number(portal: Portal) -> None:
    person = anna()
    following.follow(paid(portal, _by_link(person)).pk, now=clock.now())
    numbering.number(now=clock.now())
    document = Receipt.objects.get().document
    assert document["payer"]["lines"] == ["grandma@example.com"]
    assert ["For", "Anna’s phone"] in document["facts"]
    assert "4069011" not in str(document).replace(" ", "")


def test_one_card_that_keeps_coming_to_nothing_is_stopped(portal: Portal, settings: Any) -> None:
    settings.FOR_OTHERS_PER_DAY = 6
    anna()
    for number in range(2):
        msisdn = f"+49176040690{20 + number}"
        following.follow(paid(portal, wish(msisdn, email=f"p{number}@example.com")).pk, now=clock.now())
    last = now_of(following.follow(paid(portal, wish(email="third@example.com")).pk, now=clock.now()))
    assert (last.state, last.reason) == (GuestState.RELEASED, "limits")


def test_a_link_ends_with_its_owner(portal: Portal) -> None:
    person = anna()
    link = links.make(person.lines[0], person, shows="Anna", lets_plans=True, now=clock.now())
    token = links.address(link).rstrip("/").rpartition("/")[2]
    assert links.standing(token) == link
    person.ownerships.update(until_at=clock.now())
    assert links.standing(token) is None
    assert not obstacles.stands(link)
    bao()


@pytest.fixture(autouse=True)
def _no_limits_by_address(settings: Any) -> None:
    settings.FOR_OTHERS_PER_ADDRESS_HOUR = 1000
