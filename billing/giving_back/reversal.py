"""A sale taken back in the books: net and VAT out of what was earned, or credit out of the line, into another account."""

from billing import ledger
from billing.giving_back import clawback
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Order, OrderWhat, RefundRequest, RefundRequestState
from lib.money import vat_part


def split(order: Order, amount_minor: int) -> tuple[int, int]:
    """Net and VAT of a further `amount_minor` taken back of `order`; all parts together never exceed the order's own.

    Counted on the total so far, so that many small parts round to the same cent as one large one.
    """
    granted = list(order.refund_requests.filter(state=RefundRequestState.GRANTED))
    total_minor = sum(row.amount_minor for row in granted) + amount_minor
    vat_total = order.vat_minor if total_minor == order.price_minor else vat_part(total_minor, order.vat_percent)
    vat_minor = vat_total - sum(row.vat_minor for row in granted)
    return amount_minor - vat_minor, vat_minor


def book(request: RefundRequest, journal: Journal, *, target: AccountKind, actor: str) -> int:
    """Move what `request` takes back into `target`. The caller holds line and order locked. Returns what became owed, minor units."""
    order = journal.order
    to = ledger.pots(target, currency=order.currency)[target]
    if order.what == OrderWhat.TOP_UP:
        return clawback.take(
            order,
            amount_minor=request.amount_minor,
            kind=EntryKind.TOP_UP_REVERSED,
            target=to,
            key=f"request:{request.pk}",
            actor=actor,
            now=journal.now,
        )
    pots = ledger.pots(AccountKind.SALES, AccountKind.VAT, currency=order.currency)
    parts = [
        (EntryKind.SALE_REVERSED, AccountKind.SALES, request.net_minor),
        (EntryKind.VAT_REVERSED, AccountKind.VAT, request.vat_minor),
    ]
    ledger.post_all(
        [
            Posting(
                kind=kind,
                source=pots[source],
                target=to,
                amount_minor=part,
                key=f"request:{request.pk}:{kind}",
                event_at=journal.now,
                actor=actor,
                order=order,
                reason=request.reason,
            )
            for kind, source, part in parts
            if part
        ]
    )
    return 0
