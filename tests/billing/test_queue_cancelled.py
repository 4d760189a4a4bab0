"""A queued plan is cancelled: nothing changes for ten minutes, then all of it goes back to whoever paid, and what lies behind moves up."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import LineOwnership, Subscriber
from billing import ledger
from billing.by_voucher import vouchers
from billing.by_voucher.vouchers import Redemption
from billing.gateways.disputes import DisputeFactState
from billing.giving_back import refund_requests, withdrawal
from billing.models import (
    AccountKind,
    CameBy,
    LedgerEntry,
    Order,
    OrderState,
    QueueChange,
    Refund,
    RefundRequest,
    VoucherNature,
)
from billing.queued import cancelling, limits
from billing.queued.limits import CannotBeChanged, Why
from lib.models import Alarm
from notifications.models import Message
from plans import foresight, periods
from plans.calendar import Slot
from plans.models import Allowance, Plan, PlanPeriod
from provisioning.models import Command
from tests.billing import printing
from tests.billing.giving_back import ask, balance, dispute
from tests.billing.ordering import NOW, load_reference_data
from tests.billing.planting import plant
from tests.billing.queueing import (
    DAY,
    DONE_AT,
    SOON,
    bought,
    bought_from_credit,
    cancel,
    carry_out,
    ended,
    period,
    undo,
)
from tests.cast import anna, bao
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner(db: None) -> Subscriber:
    """Anna, whose first month runs."""
    person = anna()
    bought(person)
    return person


def money(order: Order) -> list[tuple[str, str, int]]:
    """What moved for an order after it was applied."""
    entries = LedgerEntry.objects.filter(order=order).exclude(kind__in=("payment", "sale", "vat", "credit_spent"))
    return [(row.source.kind, row.target.kind, row.amount_minor) for row in entries.order_by("id")]


def test_for_ten_minutes_nothing_changes(owner: Subscriber) -> None:
    order = bought(owner)
    before = period(order)
    change = cancel(order, owner)
    carry_out(change, now=DONE_AT - SECOND)
    assert ended(change) == ("waiting", "")
    order.refresh_from_db()
    after = period(order)
    assert (after.starts_at, after.ends_at, after.cancelled_at) == (before.starts_at, before.ends_at, None)
    assert order.state == OrderState.APPLIED
    assert money(order) == []
    assert not RefundRequest.objects.exists()


def test_after_ten_minutes_all_of_it_goes_back_to_the_card(owner: Subscriber) -> None:
    order = bought(owner)
    change = carry_out(cancel(order, owner))
    order.refresh_from_db()
    assert ended(change) == ("done", "")
    assert order.state == OrderState.REVERSED
    assert period(order).cancelled_at == DONE_AT
    assert money(order) == [("sales", "refunds_due", 1261), ("vat", "refunds_due", 239)]
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.payment.order) == (1500, order)
    assert broken() == {}


def test_undone_it_is_as_if_nobody_had_asked_and_costs_nothing(owner: Subscriber) -> None:
    order = bought(owner)
    before = (period(order).starts_at, Command.objects.count(), LedgerEntry.objects.count())
    change = cancel(order, owner)
    undo(change, now=DONE_AT - SECOND)
    carry_out(change, now=DONE_AT + DAY)
    assert ended(change) == ("undone", "")
    assert (period(order).starts_at, Command.objects.count(), LedgerEntry.objects.count()) == before
    assert Message.objects.filter(subject=change.subject).values_list("state", flat=True)[0] == "suppressed"


def test_when_its_time_has_come_it_cannot_be_undone_any_more(owner: Subscriber) -> None:
    change = cancel(bought(owner), owner)
    with pytest.raises(CannotBeChanged):
        undo(change, now=DONE_AT)
    carry_out(change)
    with pytest.raises(CannotBeChanged):
        undo(change)
    assert ended(change) == ("done", "")


def test_cancelled_undone_and_cancelled_again_goes_back_once(owner: Subscriber) -> None:
    order = bought(owner)
    undo(cancel(order, owner))
    carry_out(cancel(order, owner))
    assert RefundRequest.objects.get().amount_minor == 1500
    assert broken() == {}


def test_the_same_form_sent_twice_is_one_change_and_so_are_two_tabs(owner: Subscriber) -> None:
    order = bought(owner)
    first = cancel(order, owner)
    assert cancel(order, owner, form_token=first.form_token) == first
    assert cancel(order, owner) == first
    carry_out(first)
    assert cancel(order, owner, form_token=first.form_token, shown_minor=1500) == first
    assert RefundRequest.objects.count() == 1


def test_a_form_from_before_it_was_undone_does_not_cancel_again(owner: Subscriber) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    undo(change)
    assert cancel(order, owner, form_token=change.form_token) == change
    assert ended(change) == ("undone", "")


def test_what_was_paid_from_credit_goes_back_in_the_same_parts(owner: Subscriber) -> None:
    order = bought_from_credit(owner, paid=1000, bonus=500)
    carry_out(cancel(order, owner))
    assert [part.minor for part in ledger.credit_of(owner.lines[0])] == [1000, 500]
    assert balance(AccountKind.REFUNDS_DUE) == 0
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("nature", "parts"), [(VoucherNature.SOLD, [1500, 0]), (VoucherNature.PROMOTION, [0, 1500])], ids=str
)
def test_a_voucher_s_plan_becomes_credit_of_the_voucher_s_kind(
    owner: Subscriber, nature: VoucherNature, parts: list[int]
) -> None:
    code = printing.one(nature=nature, plan="month-15", now=NOW).code
    line = owner.lines[0]
    voucher = vouchers.look_up(code, line=line, buyer=owner, address="192.0.2.1", now=NOW)
    wish = Redemption(voucher_id=voucher.pk, line=line, buyer=owner, form_token=voucher.pk)
    order = vouchers.redeem(wish, now=NOW)
    carry_out(cancel(order, owner))
    assert [part.minor for part in ledger.credit_of(line)] == parts
    assert broken() == {}


def test_the_payer_who_owns_the_line_may_have_it_as_credit(owner: Subscriber) -> None:
    order = bought(owner)
    carry_out(cancel(order, owner, to_credit=True))
    assert [part.minor for part in ledger.credit_of(owner.lines[0])] == [1500, 0]
    assert not Refund.objects.exists()


def given(owner: Subscriber, giver: Subscriber) -> Order:
    order = bought(owner)
    plant(
        "UPDATE billing_order SET buyer_id = %s, payer_email = %s WHERE id = %s",
        giver.pk,
        "giver@example.com",
        order.pk,
    )
    order.refresh_from_db()
    return order


def test_a_gift_goes_back_to_whoever_gave_it_and_never_becomes_the_owner_s_credit(owner: Subscriber) -> None:
    order = given(owner, bao())
    seen = cancelling.look(order, owner, now=SOON)
    assert seen.may_be_credit is False
    carry_out(cancel(order, owner, to_credit=True))
    assert [part.minor for part in ledger.credit_of(owner.lines[0])] == [0, 0]
    assert Refund.objects.get().payment.order == order
    mails = Message.objects.filter(channel="email", kind__in=("refund_granted", "next_plan_cancelled"))
    assert sorted(mails.values_list("kind", "address")) == [
        ("next_plan_cancelled", "anna@example.com"),
        ("refund_granted", "giver@example.com"),
    ]


def test_whoever_paid_for_another_s_line_cannot_cancel_there(owner: Subscriber) -> None:
    giver = bao()
    order = given(owner, giver)
    with pytest.raises(CannotBeChanged) as refused:
        cancel(order, giver)
    assert refused.value.why == Why.NOT_OWNER


def test_what_lies_behind_moves_up_to_the_dates_that_were_shown(owner: Subscriber) -> None:
    second, third, fourth = bought(owner), bought(owner, "day-1"), bought(owner, "month-5")
    seen = cancelling.look(second, owner, now=SOON).moved
    assert [move.period for move in seen] == [period(third), period(fourth)]
    carry_out(cancel(second, owner))
    for move, order in zip(seen, (third, fourth), strict=True):
        now_there = period(order)
        assert periods.slot_of(now_there) == move.slot
        assert set(Allowance.objects.filter(period=now_there).values_list("starts_at", "expires_at")) == {
            (move.slot.starts_at, move.slot.ends_at)
        }


def test_two_that_are_both_going_are_both_left_out_of_what_is_shown(owner: Subscriber) -> None:
    second, third, fourth = bought(owner), bought(owner), bought(owner, "month-5")
    cancel(second, owner)
    seen = cancelling.look(third, owner, now=SOON).moved
    assert [move.period for move in seen] == [period(fourth)]
    assert seen[0].slot.starts_at == PlanPeriod.objects.order_by("starts_at")[0].ends_at


def test_the_core_is_told_of_what_is_cancelled_and_of_what_moves(owner: Subscriber) -> None:
    second, third = bought(owner), bought(owner, "month-5")
    told = Command.objects.count()
    carry_out(cancel(second, owner))
    new = Command.objects.order_by("sequence")[told:]
    assert [(row.payload["period"], row.payload["is_cancelled"]) for row in new] == [
        (second.subject, True),
        (third.subject, False),
    ]


def test_the_cut_off_is_24_hours_before_it_begins(owner: Subscriber) -> None:
    order = bought(owner)
    last = period(order).starts_at - DAY
    with pytest.raises(CannotBeChanged) as refused:
        cancel(order, owner, now=last + SECOND)
    assert refused.value.why == Why.TOO_LATE
    change = cancel(order, owner, now=last)
    carry_out(change, now=last + timedelta(minutes=10))
    assert ended(change) == ("done", "")


def test_a_worker_that_comes_days_later_keeps_the_promise(owner: Subscriber) -> None:
    """The plan has begun meanwhile and was used: it ends, and everything that was promised goes back."""
    order = bought(owner)
    change = cancel(order, owner, now=period(order).starts_at - DAY)
    late = period(order).starts_at + 2 * DAY
    Allowance.objects.filter(origin=order.subject, unit="data").update(used=5_000_000_000)
    carry_out(change, now=late)
    assert ended(change) == ("done", "")
    assert RefundRequest.objects.get().amount_minor == 1500
    assert (period(order).ends_at, period(order).cancelled_at) == (late, None)
    assert broken() == {}


def test_one_that_was_moved_up_and_began_before_is_left_alone_and_that_is_told(owner: Subscriber) -> None:
    first = Order.objects.get()
    order = bought(owner)
    change = cancel(order, owner)
    ask(first, now=SOON + timedelta(minutes=1))
    assert period(order).starts_at < DONE_AT
    carry_out(change)
    assert ended(change) == ("dropped", "begun")
    assert period(order).ends_at > DONE_AT
    assert RefundRequest.objects.get().order == first
    told = Message.objects.filter(kind="next_plan_kept").order_by("channel")
    assert [(row.channel, row.context["why"]) for row in told] == [("email", "begun"), ("sms", "begun")]


def test_while_a_bank_decides_nothing_goes_back(owner: Subscriber) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    dispute(order.payments.get(), DisputeFactState.OPEN, now=SOON)
    with pytest.raises(CannotBeChanged) as refused:
        cancelling.look(order, owner, now=SOON)
    assert refused.value.why == Why.DISPUTED
    carry_out(change)
    assert ended(change) == ("dropped", "disputed")
    assert not RefundRequest.objects.exists()
    assert period(order).cancelled_at is None


def test_withdrawn_meanwhile_it_is_given_back_once(owner: Subscriber) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    withdrawal.withdraw(order, subscriber=owner, shown_minor=1500, now=SOON)
    carry_out(change)
    assert ended(change) == ("dropped", "gone")
    assert RefundRequest.objects.get().amount_minor == 1500
    assert not Message.objects.filter(kind="next_plan_kept").exists()
    assert broken() == {}


def test_what_support_gave_back_of_it_does_not_go_back_again(owner: Subscriber) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    ask(order, now=SOON, key="part", amount_minor=400, takes_back=False)
    carry_out(change)
    assert sorted(RefundRequest.objects.values_list("amount_minor", flat=True)) == [400, 1100]
    assert broken() == {}


def test_a_sum_that_is_not_the_one_on_the_button_is_refused(owner: Subscriber) -> None:
    order = bought(owner)
    with pytest.raises(CannotBeChanged) as refused:
        cancel(order, owner, shown_minor=1499)
    assert refused.value.why == Why.SUM
    assert not QueueChange.objects.exists()


def test_when_the_number_goes_to_somebody_else_the_plan_stays_with_it(owner: Subscriber) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    LineOwnership.objects.update(until_at=SOON)
    carry_out(change)
    assert ended(change) == ("dropped", "not_owner")
    assert period(order).cancelled_at is None


def test_a_period_without_an_order_belongs_to_nobody_s_money(owner: Subscriber) -> None:
    line, plan = owner.lines[0], Plan.objects.get(code="month-5")
    start = PlanPeriod.objects.get().ends_at
    slot = Slot(start, start + 30 * DAY, start, 0)
    with transaction.atomic():
        imported = periods.bring_in(line=line, plan=plan, slot=slot, origin="import:1:plan")
    assert limits.order_of(imported) == ""


def test_an_order_that_auto_renew_placed_is_cancelled_like_any_other(owner: Subscriber) -> None:
    order = bought(owner)
    plant("UPDATE billing_order SET came_by = %s WHERE id = %s", CameBy.AUTO_RENEW, order.pk)
    carry_out(cancel(order, owner))
    assert RefundRequest.objects.get().amount_minor == 1500


def test_the_database_holds_one_waiting_change_an_order(owner: Subscriber) -> None:
    change = cancel(bought(owner), owner)
    change.pk, change.form_token = None, change.order_id
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save(force_insert=True)


def test_one_that_breaks_holds_up_no_other_and_raises_an_alarm(
    owner: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_order, good = bought(owner), bought(owner)
    first, second = cancel(broken_order, owner), cancel(good, owner)
    ask_locked = refund_requests.ask_locked

    def breaks(wish: object, order: Order, **more: object) -> object:
        if order.pk == broken_order.pk:
            raise RuntimeError
        return ask_locked(wish, order, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(refund_requests, "ask_locked", breaks)
    carry_out(first)
    assert (ended(first), ended(second)) == (("waiting", ""), ("done", ""))
    assert Alarm.objects.get(kind="queue_change.broken").subject == first.subject


def test_what_is_foreseen_with_a_new_plan_is_what_happens(owner: Subscriber) -> None:
    second, third = bought(owner), bought(owner, "day-1")
    plan = Plan.objects.get(code="month-5")
    seen = foresight.without(owner.lines[0], {period(second).pk}, now=DONE_AT, plan=plan)
    carry_out(cancel(second, owner))
    new = bought(owner, "month-5", now=DONE_AT)
    assert seen.slot == periods.slot_of(period(new))
    assert [move.slot for move in seen.moved] == [periods.slot_of(period(third))]
