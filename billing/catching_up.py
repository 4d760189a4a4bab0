"""What must be asked of the gateway again, once a backup has been restored: our rows are older than the world."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Greatest

from billing.models import (
    LIVE_PAYMENT_STATES,
    OPEN_PAYOUT_STATES,
    Payment,
    Payout,
    Refund,
    RefundState,
    TransferAccount,
    TransferReturn,
)
from billing.receipts import editions
from billing.reconciliation import events, moves, nightly
from lib import clock

_UNDERWAY = (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.PENDING, RefundState.NEEDS_PAYER)


@dataclass(frozen=True)
class CatchingUp:
    """How many rows will be asked about; and pay-outs that look open, of which the bank may have sent some."""

    payments: int
    refunds: int
    open_payouts: int


def after_restore(*, taken_at: datetime) -> CatchingUp:
    """Let the sweeps ask at once about everything that is on its way, and have the gateway's events and movements read again from
    `taken_at` on, the backup's moment (real time), and everything compared. Receipts are numbered under a new mark. May run any number of times; joins the caller's
    transaction and calls nobody.
    """
    events.READING.set_back(taken_at)
    moves.READING.set_back(taken_at)
    nightly.compare_again()
    editions.begin_anew(at=clock.real_now())
    payments = Payment.objects.filter(state__in=LIVE_PAYMENT_STATES).update(asked_at=None)
    TransferAccount.objects.exclude(asked_at=None).update(asked_at=None)
    return CatchingUp(
        payments=payments,
        refunds=_ask_about_refunds(),
        open_payouts=Payout.objects.filter(state__in=OPEN_PAYOUT_STATES).count(),
    )


def _ask_about_refunds() -> int:
    """One that was only requested then may have been paid since, and the gateway forgets keys after a day: counted as tried, it is
    looked up before it is asked for.
    """
    count = 0
    for model in (Refund, TransferReturn):
        underway = model._default_manager.filter(state__in=_UNDERWAY)
        underway.filter(gateway_id=None).update(attempts=Greatest("attempts", Value(1)))
        count += underway.update(asked_at=None)
    return count
