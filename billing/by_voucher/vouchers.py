"""Redeeming a voucher: an order without a payment, applied in the transaction that uses the code up."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Line, Subscriber
from billing import application, ledger, orders
from billing.by_voucher import voucher_codes
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    EntryKind,
    Method,
    Order,
    ReviewKind,
    Start,
    Voucher,
    VoucherNature,
    VoucherState,
)
from billing.orders import LineNotPayable, Wish
from lib.failpoints import failpoint
from lib.guessing import Guesses
from lib.transactions import whole

#: Where the worth of a voucher comes from.
SOURCES = {
    VoucherNature.SOLD: AccountKind.VOUCHERS,
    VoucherNature.PROMOTION: AccountKind.PROMOTIONS,
    VoucherNature.GOODWILL: AccountKind.GOODWILL,
}
GUESSES = Guesses(name="vouchers", limits="VOUCHER", alarm="voucher.guessing", subject="vouchers")


class VoucherRefused(Exception):
    """Unknown, used, blocked, expired, not active yet, or in another currency: whoever asks is told neither which nor faster."""


class NeedsPlan(Exception):
    """It is worth an add-on, which goes beside a running plan. Nothing was spent."""


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """What somebody confirmed who has shown the code. `form_token` makes a repeat the same order."""

    voucher_id: UUID
    line: Line
    buyer: Subscriber
    form_token: UUID
    start: Start = Start.QUEUE
    consents: dict[str, Any] = field(default_factory=dict)


def look_up(code: str, *, line: Line, buyer: Subscriber, address: str, now: datetime) -> Voucher:
    """The voucher of a code (`voucher_codes.read`), if `line` can redeem it; nothing is spent. Each wrong code is counted.

    Raises VoucherRefused, lib.guessing.TooManyTries.
    """
    GUESSES.count(subscriber_id=buyer.pk, address=address)
    hashes = voucher_codes.hashes(code)
    found = Voucher.objects.select_related("batch__plan__zone").filter(code_hash__in=hashes).first()
    if found is None or not is_redeemable(found, line=line, now=now):
        raise VoucherRefused
    GUESSES.uncount(subscriber_id=buyer.pk, address=address)
    return found


def shown(voucher_id: UUID, *, line: Line, now: datetime) -> Voucher:
    """A voucher whose code was shown before. Raises VoucherRefused when it cannot be redeemed any more."""
    found = Voucher.objects.select_related("batch__plan__zone").filter(pk=voucher_id).first()
    if found is None or not is_redeemable(found, line=line, now=now):
        raise VoucherRefused
    return found


def is_redeemable(voucher: Voucher, *, line: Line, now: datetime) -> bool:
    """Whether `voucher` could be redeemed for `line`; reads its batch."""
    batch = voucher.batch
    return voucher.state == VoucherState.ACTIVE and batch.expires_at > now and batch.currency == line.currency


@whole
def redeem(wish: Redemption, *, now: datetime) -> Order:
    """Use the voucher up and apply what it is worth, all or nothing; the same form gives the same order.

    Locks: line, voucher, credit (docs/locking.md). Raises VoucherRefused, NeedsPlan, orders.LineNotPayable, billing.vat.NoVatRate.
    """
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=wish.line.pk)
    voucher = _lock(wish.voucher_id)
    if voucher.order is not None and voucher.order.form_token == wish.form_token:
        return voucher.order
    if not is_redeemable(voucher, line=line, now=now):
        raise VoucherRefused
    journal = Journal(_order(wish, voucher, line, now=now), now)
    _use_up(voucher, journal)
    failpoint("redeem.booked")
    application.apply(journal)
    journal.write()
    return journal.order


def _lock(voucher_id: UUID) -> Voucher:
    rows = Voucher.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("batch__plan__zone", "order").get(pk=voucher_id)


def _order(wish: Redemption, voucher: Voucher, line: Line, *, now: datetime) -> Order:
    batch = voucher.batch
    order = orders.draw_up(
        Wish(
            line=line,
            buyer=wish.buyer,
            method=Method.VOUCHER,
            form_token=wish.form_token,
            shown_price_minor=batch.amount_minor,
            plan=batch.plan,
            start=wish.start,
            consents=wish.consents if batch.plan else {},
        ),
        batch.worth,
        now=now,
    )
    if not line.is_payable:
        raise LineNotPayable
    if application.obstacle(order, now=now) == ReviewKind.NOT_APPLICABLE:
        raise NeedsPlan
    order.save(force_insert=True)
    return order


def _use_up(voucher: Voucher, journal: Journal) -> None:
    order, nature = journal.order, VoucherNature(voucher.batch.nature)
    voucher.move_to(VoucherState.REDEEMED, order=order, redeemed_at=journal.now)
    kinds = {SOURCES[nature], *application.pots_of(order)}
    pots = ledger.pots(*kinds, currency=order.currency, line=order.line)
    journal.pots = list(pots.values())
    actor = f"subscriber:{order.buyer_id}"
    ledger.post(
        Posting(
            kind=EntryKind.VOUCHER_REDEEMED,
            source=pots[SOURCES[nature]],
            target=pots[AccountKind.HELD],
            amount_minor=order.price_minor,
            key=f"voucher:{voucher.pk}:redeemed",
            event_at=journal.now,
            actor=actor,
            order=order,
        )
    )
    journal.note("placed", actor=actor)
    journal.note("voucher_redeemed", actor=actor, serial=voucher.serial)
