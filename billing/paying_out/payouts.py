"""Money paid to a person by the operator's own bank transfer: leftover credit on request, and held money that cannot go back by
the way it came. It is set aside at once, approved by one of finance and sent by another; docs/desk.md has the steps.
"""

from datetime import datetime
from uuid import UUID

from accounts import hold
from accounts.models import Line, LineOwnership, Subscriber
from billing import ledger
from billing.ledger import Posting
from billing.models import (
    OPEN_DISPUTE_STATES,
    OPEN_PAYOUT_STATES,
    AccountKind,
    Dispute,
    EntryKind,
    Payout,
    PayoutCause,
    PayoutState,
)
from billing.paying_out.bank_accounts import BankAccount
from billing.paying_out.payout_steps import move, put_back, tell
from lib.money import Money
from lib.transactions import whole


class CannotBePaidOut(Exception):
    """Base of the reasons below; the page words them."""


class NotYours(CannotBePaidOut):
    """Only the owner's credit is paid out, to the owner."""


class NothingLeft(CannotBePaidOut):
    """No paid credit beyond what the line owes; bonus is never paid out."""


class TooSoon(CannotBePaidOut):
    """The line came to its owner, or the way they sign in changed, less than `accounts.hold.HOLD` ago."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class DisputeOpen(CannotBePaidOut):
    """A payer's bank asks for money of this line back; paying it out now could pay twice."""


class TooLate(CannotBePaidOut):
    """It is approved already, or has ended."""


def payable(line: Line) -> Money:
    """What would be paid out: the paid credit, less what the line owes."""
    paid, _bonus = ledger.credit_of(line)
    return Money(max(paid.minor - ledger.owed_by(line).minor, 0), line.currency)


def open_payout(line: Line) -> Payout | None:
    """The line's pay-out of credit that has not ended; there is one at most."""
    return Payout.objects.filter(line=line, cause=PayoutCause.CREDIT, state__in=OPEN_PAYOUT_STATES).first()


def check(line: Line, subscriber: Subscriber, *, now: datetime) -> None:
    """Whether `subscriber` may ask now. Raises NotYours, TooSoon, DisputeOpen."""
    ownership = LineOwnership.objects.filter(line=line, subscriber=subscriber, until_at=None).first()
    if ownership is None:
        raise NotYours
    if ownership.from_at + hold.HOLD > now:
        raise TooSoon(ownership.from_at + hold.HOLD)
    if held_until := hold.until(subscriber):
        raise TooSoon(held_until)
    check_disputes(line)


def check_disputes(line: Line) -> None:
    """Raises DisputeOpen."""
    if Dispute.objects.filter(payment__order__line=line, state__in=OPEN_DISPUTE_STATES).exists():
        raise DisputeOpen


def ask(*, line: Line, subscriber: Subscriber, account: BankAccount, now: datetime) -> Payout:
    """Set the line's whole paid credit aside for a pay-out; what the line owes is paid first. A second click finds the first.

    Raises NotYours, TooSoon, DisputeOpen, NothingLeft.
    """
    return _ask(line.pk, subscriber=subscriber, account=account, now=now)


@whole
def _ask(line_id: UUID, *, subscriber: Subscriber, account: BankAccount, now: datetime) -> Payout:
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    check(line, subscriber, now=now)
    if known := open_payout(line):
        return known
    kinds = (AccountKind.CREDIT_PAID, AccountKind.SHORTFALL)
    pots = ledger.pots(*kinds, currency=line.currency, line=line)
    balances = ledger.lock_credit(list(pots.values()))
    paid_minor, owed_minor = (
        balances[pots[AccountKind.CREDIT_PAID].pk],
        -balances[pots[AccountKind.SHORTFALL].pk],
    )
    if paid_minor <= owed_minor:
        raise NothingLeft
    payout = Payout.objects.create(
        cause=PayoutCause.CREDIT,
        line=line,
        subscriber=subscriber,
        amount_minor=paid_minor - owed_minor,
        currency=line.currency,
        bank_data=account.sealed(),
        bank_hint=account.hint,
        asked_by=f"subscriber:{subscriber.pk}",
        asked_at=now,
    )
    if owed_minor:
        ledger.post(
            Posting(
                kind=EntryKind.SHORTFALL_PAID,
                source=pots[AccountKind.CREDIT_PAID],
                target=pots[AccountKind.SHORTFALL],
                amount_minor=owed_minor,
                key=f"payout:{payout.pk}:owed",
                event_at=now,
                actor=payout.asked_by,
            )
        )
    move(payout, EntryKind.PAYOUT_ASKED, AccountKind.CREDIT_PAID, AccountKind.PAYOUTS_DUE, now=now)
    tell(payout, "payout_asked")
    return payout


@whole
def cancel(payout_id: UUID, *, subscriber: Subscriber, now: datetime) -> Payout:
    """The money is credit again and the bank data gone. A second click changes nothing. Raises NotYours, TooLate."""
    line_id = Payout.objects.values_list("line_id", flat=True).get(pk=payout_id)
    Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    payout = Payout.objects.select_for_update(no_key=True, of=("self",)).get(pk=payout_id)
    if payout.subscriber_id != subscriber.pk or payout.cause != PayoutCause.CREDIT:
        raise NotYours
    if payout.state == PayoutState.CANCELLED:
        return payout
    if payout.state != PayoutState.REQUESTED:
        raise TooLate
    put_back(payout, PayoutState.CANCELLED, actor=f"subscriber:{subscriber.pk}", now=now)
    return payout
