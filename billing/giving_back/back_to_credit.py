"""What was paid from credit or by voucher goes back to the line's credit, in the parts it was taken from."""

from django.db.models import Sum

from billing import ledger
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Method, Order, RefundRequest, VoucherNature

_PAID, _BONUS = AccountKind.CREDIT_PAID, AccountKind.CREDIT_BONUS


def give(request: RefundRequest, journal: Journal, *, actor: str) -> None:
    """Move a granted request's sum from `refunds_due` to the line's credit. The caller holds line and order locked."""
    order = journal.order
    parts = split(order, request.amount_minor)
    pots = ledger.pots(AccountKind.REFUNDS_DUE, *parts, currency=order.currency, line=order.line)
    ledger.post_all(
        [
            Posting(
                kind=EntryKind.REFUND_TO_CREDIT,
                source=pots[AccountKind.REFUNDS_DUE],
                target=pots[kind],
                amount_minor=part,
                key=f"request:{request.pk}:{kind}",
                event_at=journal.now,
                actor=actor,
                order=order,
            )
            for kind, part in parts.items()
            if part
        ]
    )


def split(order: Order, amount_minor: int) -> dict[AccountKind, int]:
    """`amount_minor` by the parts the order was paid from; counted on the total so far, a broken cent goes to the paid part."""
    if order.method == Method.VOUCHER:
        is_sold = order.voucher.batch.nature == VoucherNature.SOLD
        return {_PAID if is_sold else _BONUS: amount_minor}
    if order.method != Method.CREDIT:
        return {_PAID: amount_minor}
    bonus_spent = _sum(order, EntryKind.CREDIT_SPENT, "source__kind", _BONUS)
    back = {kind: _sum(order, EntryKind.REFUND_TO_CREDIT, "target__kind", kind) for kind in (_PAID, _BONUS)}
    bonus_total = (sum(back.values()) + amount_minor) * bonus_spent // order.price_minor
    bonus_minor = bonus_total - back[_BONUS]
    return {_PAID: amount_minor - bonus_minor, _BONUS: bonus_minor}


def _sum(order: Order, kind: EntryKind, path: str, account: AccountKind) -> int:
    total: int = order.entries.filter(kind=kind, **{path: account}).aggregate(total=Sum("amount_minor", default=0))[
        "total"
    ]
    return total
