"""docs/money.md tells no stories that the code would not: every worked example is played, and every account and kind is told of."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import LineState, Subscriber
from billing import adjustments, held_money, releasing
from billing.adjustments import AdjustmentWish
from billing.authority import Authority
from billing.by_voucher import voucher_batches, vouchers
from billing.by_voucher.voucher_batches import Printed
from billing.by_voucher.vouchers import Redemption
from billing.from_outside import settling
from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import RefundFactState
from billing.giving_back import withdrawal
from billing.models import (
    AccountKind,
    AdjustmentPart,
    EntryKind,
    LedgerEntry,
    Method,
    Order,
    Refund,
    ReviewItem,
    VoucherNature,
)
from billing.paying import credit
from billing.paying_out import payouts, payouts_at_the_desk
from billing.paying_out.bank_accounts import BankAccount
from lib.money import major_units
from tests.billing import outside, printing
from tests.billing.giving_back import answer, ask, dispute, use
from tests.billing.money import give_credit, use_beyond
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.queueing import carry_out, swap
from tests.billing.test_adjustments import owes
from tests.cast import anna

PAGE = Path("docs/money.md").read_text(encoding="utf-8")
TITLES = re.compile(r"^### (.+?)\n\n```\n(.+?)```", re.MULTILINE | re.DOTALL)
EXAMPLES = dict(TITLES.findall(PAGE))
LATER = NOW + timedelta(days=3)
ACCOUNT = BankAccount(holder="Anna Berg", iban="DE89370400440532013000")
FINA = Authority(person_id=2_000_000_901, limit_minor=10_000, may_decide=True)
SECOND = Authority(person_id=2_000_000_902, limit_minor=10_000, may_decide=True)
#: Told by the gateway's own books: tests/billing/test_reconciliation.py.
PLAYED_ELSEWHERE = {"The gateway pays out, less its fee"}

Story = Callable[[Subscriber], None]
STORIES: dict[str, Story] = {}


def example(title: str) -> Callable[[Story], Story]:
    def keep(story: Story) -> Story:
        STORIES[title] = story
        return story

    return keep


@example("A plan paid by card")
def _plan(anna: Subscriber) -> None:
    paid(anna)


@example("A top-up, and a plan paid from credit with 5.00 of bonus")
def _credit(anna: Subscriber) -> None:
    give_credit(anna.lines[0], 500, bonus=True)
    pay(order_top_up(anna, 1000))
    by_credit(anna, "month-15")


@example("Use beyond every allowance, with 1.00 of bonus")
def _use(anna: Subscriber) -> None:
    give_credit(anna.lines[0], 1000)
    give_credit(anna.lines[0], 100, bonus=True)
    use_beyond(anna.lines[0], 1_000_000_000)


@example("Paid twice, the second payment kept as credit")
def _twice(anna: Subscriber) -> None:
    pay(paid(anna))
    held_money.keep_as_credit(ReviewItem.objects.get(), subscriber=anna, now=LATER)


@example("Too little, and given back")
def _short(anna: Subscriber) -> None:
    pay(order_plan(anna), 1200)
    held_money.give_back(ReviewItem.objects.get(), actor="test", now=LATER)
    sent()


@example("Withdrawn on day 3 with a third of the data used")
def _withdrawn(anna: Subscriber) -> None:
    withdrawn(paid(anna), anna, as_credit=False)
    sent()


@example("The same, as credit")
def _as_credit(anna: Subscriber) -> None:
    withdrawn(paid(anna), anna, as_credit=True)


@example("A queued plan of 15.00, paid by card, is changed for one of 8.00; the rest goes back to the card")
def _changed(anna: Subscriber) -> None:
    pay(order_plan(anna))
    queued = order_plan(anna)
    pay(queued)
    carry_out(swap(queued, anna, "month-5"))
    answer(Refund.objects.get(), RefundFactState.SUCCEEDED, now=LATER)


@example("A refund that fails weeks later")
def _failed(anna: Subscriber) -> None:
    ask(paid(anna), now=LATER, amount_minor=1500)
    sent()
    answer(Refund.objects.get(), RefundFactState.FAILED, now=LATER + timedelta(days=21))


@example("A top-up of 10.00 is given back after 8.00 of it was spent, and the next one pays what is owed")
def _owed(anna: Subscriber) -> None:
    top_up = order_top_up(anna, 1000)
    pay(top_up)
    by_credit(anna, "month-5")
    ask(top_up, now=LATER, amount_minor=1000)
    pay(order_top_up(anna, 1000))


@example("A dispute won")
def _won(anna: Subscriber) -> None:
    disputed(paid(anna), DisputeFactState.WON)


@example("A dispute lost")
def _lost(anna: Subscriber) -> None:
    disputed(paid(anna), DisputeFactState.LOST)


@example("A dispute lost for money that had gone back already")
def _crossed(anna: Subscriber) -> None:
    order = paid(anna)
    ask(order, now=LATER, amount_minor=1500)
    sent()
    disputed(order, DisputeFactState.LOST)


@example("Leftover credit paid out, and another pay-out refused")
def _paid_out(anna: Subscriber) -> None:
    for minor in (1200, 800):
        give_credit(anna.lines[0], minor)
        payout = payouts.ask(line=anna.lines[0], subscriber=anna, account=ACCOUNT, now=LATER)
        if minor == 1200:
            payouts_at_the_desk.approve(payout.pk, by=FINA, now=LATER)
            payouts_at_the_desk.send(payout.pk, by=SECOND, now=LATER)
        else:
            payouts_at_the_desk.refuse(payout.pk, reason="wrong account", by=FINA, now=LATER)


@example("Staff give 3.00 as goodwill, and write off a debt of 6.00")
def _adjusted(anna: Subscriber) -> None:
    adjusted(anna, AdjustmentPart.BONUS, 300)
    owes(anna.lines[0], 600)
    adjusted(anna, AdjustmentPart.SHORTFALL, 600)


@example("A sold voucher of 10.00 is redeemed, and another one expires")
def _vouchers(anna: Subscriber) -> None:
    first, _second = printing.active(count=2)
    redeem(anna, first)
    voucher_batches.sweep(now=NOW + timedelta(days=366))


@example("A voucher of a promotion")
def _promotion(anna: Subscriber) -> None:
    redeem(anna, printing.one(nature=VoucherNature.PROMOTION, amount_minor=500))


@example("A shop sells credit of 10.00 and a plan, takes credit of another 20.00 back, and hands over what it owes")
def _outside(anna: Subscriber) -> None:
    line = anna.lines[0]
    outside.sell(line, 1000)
    outside.sell(line, plan="month-15")
    outside.take_back(outside.sell(line, 2000))
    outside.settle(2500)


@example("What a shop was said to have handed over had not come")
def _not_handed_over(anna: Subscriber) -> None:
    outside.sell(anna.lines[0], 1000)
    outside.settle(1000)
    settling.undo(source="kiosks", reference="statement", by="test", now=NOW)


@example("A number with 7.00 of paid credit and 3.00 of bonus is given up")
def _given_up(anna: Subscriber) -> None:
    line = anna.lines[0]
    give_credit(line, 700)
    give_credit(line, 300, bonus=True)
    line.move_to(LineState.SUSPENDED, reason="not used")
    releasing.sweep(now=line.state_since + timedelta(days=60))


def paid(anna: Subscriber) -> Order:
    order = order_plan(anna)
    pay(order)
    return order


def by_credit(anna: Subscriber, code: str) -> None:
    order = order_plan(anna, code, method=Method.CREDIT)
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)


def sent() -> None:
    answer(Refund.objects.get(), RefundFactState.SUCCEEDED, now=LATER)


def withdrawn(order: Order, anna: Subscriber, *, as_credit: bool) -> None:
    use(anna, "data", 1 / 3)
    withdrawal.withdraw(order, subscriber=anna, shown_minor=1000, as_credit=as_credit, now=LATER)


def disputed(order: Order, end: DisputeFactState) -> None:
    payment = order.payments.get()
    dispute(payment, DisputeFactState.OPEN, now=LATER)
    dispute(payment, end, now=LATER)


def adjusted(anna: Subscriber, part: AdjustmentPart, minor: int) -> None:
    wish = AdjustmentWish(line=anna.lines[0], part=part, amount_minor=minor, reason="sorry", form_token=uuid.uuid4())
    adjustments.ask(wish, by=FINA, now=LATER)


def redeem(anna: Subscriber, printed: Printed) -> None:
    voucher = vouchers.look_up(printed.code, line=anna.lines[0], buyer=anna, address="192.0.2.1", now=NOW)
    wish = Redemption(voucher_id=voucher.pk, line=anna.lines[0], buyer=anna, form_token=uuid.uuid4())
    vouchers.redeem(wish, now=NOW)


def told() -> list[str]:
    """The ledger as the page writes it, without its blanks."""
    entries = LedgerEntry.objects.order_by("id").select_related("source", "target")
    return [
        f"{entry.source.kind} → {entry.target.kind} {major_units(entry.amount_minor, entry.currency)} {entry.kind}"
        for entry in entries
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("title", STORIES)
def test_the_example_is_what_the_code_books(title: str) -> None:
    load_reference_data()
    STORIES[title](anna())
    assert told() == [" ".join(line.split()) for line in EXAMPLES[title].splitlines()]


def test_every_example_is_played() -> None:
    assert set(STORIES) | PLAYED_ELSEWHERE == set(EXAMPLES)


@pytest.mark.parametrize("kind", AccountKind)
def test_every_account_is_told_of(kind: AccountKind) -> None:
    assert f"`{kind}`" in PAGE.partition("## Book every cent first")[0]


@pytest.mark.parametrize("kind", EntryKind)
def test_every_entry_kind_has_an_example(kind: EntryKind) -> None:
    assert re.search(rf" {kind}$", "\n".join(EXAMPLES.values()), re.MULTILINE)
