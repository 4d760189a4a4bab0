"""Money in random order: paid, over, short, withdrawn, refunded, disputed, kept, spent, redeemed, adjusted. After each step the books add up."""

import contextlib
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line, LineOwnership, Subscriber
from billing import adjustments, held_money, ledger
from billing.adjustments import AdjustmentWish
from billing.authority import Authority
from billing.by_voucher import vouchers
from billing.by_voucher.vouchers import Redemption
from billing.from_outside.reversing import AlreadyUsed, NotStanding
from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import dashboard_refunds, quotes, withdrawal
from billing.giving_back.refund_requests import CannotBeGivenBack
from billing.giving_back.withdrawal import TooLate
from billing.ledger import NotEnoughCredit
from billing.models import (
    AdjustmentPart,
    Dispute,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentState,
    QueueChange,
    Refund,
    RefundCause,
    RefundRequest,
    RefundState,
    ReviewItem,
    VoucherNature,
)
from billing.orders import LineNotPayable, OtherCurrency
from billing.paying import credit
from billing.queued import carrying_out
from billing.queued.limits import CannotBeChanged
from lib.models import Alarm
from lib.money import Money
from plans.models import Allowance, PlanPeriod
from tests.billing import outside, printing, queueing
from tests.billing.giving_back import answer, ask, dispute
from tests.billing.money import use_beyond
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
STAFF = Authority(person_id=0, limit_minor=10_000_000, may_decide=True)
ENDS = (RefundFactState.SUCCEEDED, RefundFactState.FAILED, RefundFactState.PENDING, RefundFactState.NEEDS_PAYER)
REFUSED = (AlreadyUsed, NotStanding, LineNotPayable)
NEWS = tuple(DisputeFactState)
_numbers = iter(range(10_000_000))

Step = tuple[str, int, int]
Row = TypeVar("Row")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "buy",
                "buy",
                "top_up",
                "pay_by_credit",
                "pay_again",
                "use",
                "use_beyond",
                "withdraw",
                "cancel_queued",
                "swap_queued",
                "undo",
                "refund",
                "refund_at_gateway",
                "refund_news",
                "dispute_news",
                "give_back",
                "keep",
                "adjust",
                "redeem",
                "sell_outside",
                "take_back_outside",
                "later",
            ]
        ),
        st.integers(0, 7),
        st.integers(1, 2500),
    ),
    min_size=3,
    max_size=14,
)


def one_of(rows: list[Row], which: int) -> Row | None:
    return rows[which % len(rows)] if rows else None


class Story:
    """One person's line, and what random steps make of it."""

    def __init__(self) -> None:
        number = next(_numbers)
        msisdn = f"+4917{number:08d}"
        self.person = Subscriber.objects.create_user(
            email=f"p{number}@example.com", password="correct horse battery", msisdn=msisdn, name="P", language="en"
        )
        line = Line.objects.create(msisdn=msisdn, country="DE", currency="EUR", time_zone="Europe/Berlin")
        LineOwnership.objects.create(line=line, subscriber=self.person, from_at=NOW - timedelta(days=400))
        self.line = line
        self.now: datetime = NOW

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(line=self.line).order_by("id"))

    def take(self, step: Step) -> None:
        """Do it; what the rules refuse is refused and changes nothing."""
        name, which, minor = step
        with contextlib.suppress(
            *REFUSED,
            CannotBeGivenBack,
            TooLate,
            NotEnoughCredit,
            credit.CannotBeApplied,
            OtherCurrency,
            CannotBeChanged,
        ):
            getattr(self, f"_{name}")(which, minor)

    def _buy(self, which: int, minor: int) -> None:
        order = order_plan(self.person, ("month-15", "day-1", "month-5")[which % 3], now=self.now)
        pay(order, minor if which == 7 else None, "USD" if which == 6 else "EUR", now=self.now)

    def _top_up(self, which: int, minor: int) -> None:
        pay(order_top_up(self.person, (1000, 2000)[which % 2], now=self.now), now=self.now)

    def _pay_by_credit(self, which: int, minor: int) -> None:
        order = order_plan(self.person, "month-5", method=Method.CREDIT, now=self.now)
        credit.pay(order.pk, line_id=self.line.pk, actor="test", now=self.now)

    def _pay_again(self, which: int, minor: int) -> None:
        orders = [order for order in self.orders() if order.method == Method.CARD]
        if order := one_of(orders, which):
            pay(order, minor if which > 3 else None, now=self.now)

    def _use(self, which: int, minor: int) -> None:
        for allowance in Allowance.objects.filter(line=self.line).exclude(granted=None):
            allowance.used += (allowance.remaining or 0) * minor // 5000
            allowance.save(update_fields=["used"])

    def _use_beyond(self, which: int, minor: int) -> None:
        use_beyond(self.line, minor * 1_000_000, country=("DE", "US")[which % 2], now=self.now)

    def _withdraw(self, which: int, minor: int) -> None:
        if order := one_of(self.orders(), which):
            offer = withdrawal.offer(order, self.person, now=self.now)
            shown = offer.quote.amount.minor
            withdrawal.withdraw(
                order, subscriber=self.person, shown_minor=shown, as_credit=which % 2 == 0, now=self.now
            )

    def _queued(self) -> list[Order]:
        """Orders whose period has not begun."""
        origins = PlanPeriod.objects.queued(self.now).filter(line=self.line).values_list("origin", flat=True)
        return [order for order in self.orders() if order.subject in set(origins)]

    def _cancel_queued(self, which: int, minor: int) -> None:
        if order := one_of(self._queued(), which):
            queueing.cancel(order, self.person, now=self.now, to_credit=which % 2 == 0)
            self._effect(minor)

    def _swap_queued(self, which: int, minor: int) -> None:
        if order := one_of(self._queued(), which):
            code = ("month-15", "day-1", "month-5")[minor % 3]
            queueing.swap(order, self.person, code, now=self.now, to_credit=which % 2 == 0)
            self._effect(minor)

    def _undo(self, which: int, minor: int) -> None:
        if change := QueueChange.objects.filter(line=self.line, state="waiting").first():
            queueing.undo(change, now=self.now)

    def _effect(self, minor: int) -> None:
        """Most take effect at once, some wait for later steps."""
        if minor % 4:
            self.now += timedelta(minutes=10)
            carrying_out.sweep(now=self.now)

    def _refund(self, which: int, minor: int) -> None:
        if order := one_of(self.orders(), which):
            ask(order, now=self.now, key=f"test:{uuid.uuid4()}", amount_minor=minor, takes_back=which > 3)

    def _refund_at_gateway(self, which: int, minor: int) -> None:
        paid = Payment.objects.filter(order__line=self.line, state=PaymentState.SUCCEEDED)
        if payment := one_of(list(paid.order_by("id")), which):
            gone = (RefundState.FAILED, RefundState.CANCELLED)
            back = payment.refunds.exclude(state__in=gone).aggregate(minor=Sum("amount_minor", default=0))["minor"]
            part = min(minor, (payment.received_minor or 0) - back)
            is_lost = payment.disputes.exists()
            if part > 0 and not is_lost:
                fact = RefundFact(
                    gateway_id=f"re_{uuid.uuid4().hex}",
                    state=RefundFactState.PENDING,
                    amount=Money(part, payment.received_currency),
                    intent_id=payment.intent_id,
                )
                dashboard_refunds.take_in(fact, now=self.now)

    def _refund_news(self, which: int, minor: int) -> None:
        rows = list(Refund.objects.filter(payment__order__line=self.line).order_by("id"))
        if refund := one_of(rows, which):
            answer(refund, ENDS[minor % len(ENDS)], now=self.now)

    def _dispute_news(self, which: int, minor: int) -> None:
        paid = Payment.objects.filter(order__line=self.line, state=PaymentState.SUCCEEDED)
        if payment := one_of(list(paid.order_by("id")), which):
            state = NEWS[minor % len(NEWS)]
            dispute(payment, state, now=self.now, is_withdrawn=state != DisputeFactState.INQUIRY)

    def _give_back(self, which: int, minor: int) -> None:
        if item := one_of(self._items(), which):
            held_money.give_back(item, actor="test", now=self.now)

    def _keep(self, which: int, minor: int) -> None:
        if item := one_of(self._items(), which):
            with contextlib.suppress(held_money.NotYours):
                held_money.keep_as_credit(item, subscriber=self.person, now=self.now)

    def _items(self) -> list[ReviewItem]:
        items = ReviewItem.objects.filter(order__line=self.line, closed_at=None).order_by("id")
        return [item for item in items if item.is_about_held_money]

    def _adjust(self, which: int, minor: int) -> None:
        part = (AdjustmentPart.PAID, AdjustmentPart.BONUS)[which % 2]
        sign = -1 if which > 4 else 1
        adjustments.ask(
            AdjustmentWish(
                line=self.line, part=part, amount_minor=sign * minor, reason="random", form_token=uuid.uuid4()
            ),
            by=STAFF,
            now=self.now,
        )

    def _redeem(self, which: int, minor: int) -> None:
        nature = list(VoucherNature)[which % 3]
        plan = "month-5" if which > 5 else ""
        worth = {} if plan else {"amount_minor": minor}
        code = printing.one(nature=nature, plan=plan, now=self.now, **worth).code
        address = f"192.0.2.{which}"
        voucher = vouchers.look_up(code, line=self.line, buyer=self.person, address=address, now=self.now)
        wish = Redemption(voucher_id=voucher.pk, line=self.line, buyer=self.person, form_token=uuid.uuid4())
        vouchers.redeem(wish, now=self.now)

    def _sell_outside(self, which: int, minor: int) -> None:
        outside.sell(self.line, minor, plan="month-5" if which > 5 else "", now=self.now)

    def _take_back_outside(self, which: int, minor: int) -> None:
        sold = [order for order in self.orders() if order.method == Method.EXTERNAL]
        if order := one_of(sold, which):
            outside.take_back(order, now=self.now)

    def _later(self, which: int, minor: int) -> None:
        self.now += timedelta(hours=minor % 200)
        carrying_out.sweep(now=self.now)


def net(line: Line) -> Counter[tuple[str, str]]:
    """In − out of each account in the entries of the line's orders and its own accounts: (kind, currency) → minor units."""
    found: Counter[tuple[str, str]] = Counter()
    entries = (
        LedgerEntry.objects.filter(order__line=line)
        | LedgerEntry.objects.filter(source__line=line)
        | LedgerEntry.objects.filter(target__line=line)
    )
    for entry in entries.distinct().select_related("source", "target"):
        found[entry.source.kind, entry.currency] -= entry.amount_minor
        found[entry.target.kind, entry.currency] += entry.amount_minor
    return found


def check(story: Story) -> None:
    """An independent count of the same money from the rows that are no ledger."""
    assert broken() == {}
    assert not Alarm.objects.filter(kind="queue_change.broken").exists()
    books = net(story.line)
    payments = Payment.objects.filter(order__line=story.line, state=PaymentState.SUCCEEDED)
    refunds = Refund.objects.filter(payment__order__line=story.line)
    cases = Dispute.objects.filter(payment__order__line=story.line).exclude(withdrawn_at=None)
    for currency in ("EUR", "USD"):
        came = sum(row.received_minor or 0 for row in payments if row.received_currency == currency)
        ours = [row for row in refunds if row.currency == currency]
        went = sum(row.amount_minor for row in ours if row.state == RefundState.SUCCEEDED)
        gone = (RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELLED)
        waits = sum(row.amount_minor for row in ours if row.state not in gone)
        theirs = [row for row in cases if row.currency == currency]
        taken = sum(row.amount_minor for row in theirs if row.state != "won")
        undecided = sum(row.amount_minor for row in theirs if row.is_open)
        assert books["clearing", currency] == -(came - went - taken)
        assert books["refunds_due", currency] == waits
        assert books["disputed", currency] == -undecided
    sold = [order for order in story.orders() if order.method == Method.EXTERNAL]
    back = RefundRequest.objects.filter(order__in=sold, cause=RefundCause.OUTSIDE)
    collected = sum(order.price_minor for order in sold) - sum(request.amount_minor for request in back)
    assert books["outside", "EUR"] == -collected
    assert sum(books.values()) == 0
    credit_paid, credit_bonus = ledger.credit_of(story.line)
    assert (books["credit_paid", "EUR"], books["credit_bonus", "EUR"]) == (credit_paid.minor, credit_bonus.minor)
    for order in story.orders():
        given_back = quotes.given_back_minor(order)
        assert 0 <= given_back <= order.price_minor
        if order.state == OrderState.APPLIED:
            assert quotes.quote(order, now=story.now).amount.minor <= order.price_minor - given_back


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_no_cent_is_lost_or_made(db: None, steps: list[Step]) -> None:
    load_reference_data()
    story = Story()
    for step in steps:
        story.take(step)
        check(story)
