"""What people are told about an order, each event once."""

from billing import ledger
from billing.journal import Journal, money
from billing.models import Order, OrderWhat, Refund, ReviewItem
from lib.money import Money
from plans.models import PlanKind, PlanPeriod


def money_received(journal: Journal, received: Money, *, intent_id: str) -> None:
    """The payer hears that the money is here."""
    journal.tell("payment_received", {"received": money(received)}, event=f"received:{intent_id}")


def applied(journal: Journal, period: PlanPeriod | None) -> None:
    """Credit added, an add-on added, or renewed until a date."""
    order = journal.order
    if order.what == OrderWhat.TOP_UP or period is None or order.plan is None:
        paid, bonus = ledger.credit_of(order.line)
        journal.tell("topped_up", {"amount": money(order.price), "credit": money(paid + bonus)}, event="applied")
        return
    kind = "add_on_applied" if order.plan.kind == PlanKind.ADD_ON else "renewed"
    context = {
        "plan": order.plan.name,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "is_queued": period.starts_at > journal.now,
    }
    journal.tell(kind, context, event="applied")


def payment_failed(journal: Journal) -> None:
    """Money that was on its way did not arrive; nothing was charged."""
    count = journal.order.events.filter(kind="payment_failed").count()
    journal.tell("payment_failed", {}, event=f"failed:{count}")


def money_held(journal: Journal, item: ReviewItem) -> None:
    """What stays held, why, and the two ways out of it."""
    order = journal.order
    held = Money(ledger.held_for(order.pk).get(item.currency, 0), item.currency)
    context = {"held": money(held), "why": item.kind, "missing": money(_missing(order, held))}
    journal.tell("money_held", context, event=f"held:{item.pk}:{held.minor}")


def _missing(order: Order, held: Money) -> Money:
    same = held.minor if held.currency == order.currency else 0
    return Money(max(order.price_minor - same, 0), order.currency)


def money_returned(journal: Journal, refund: Refund) -> None:
    """The gateway has sent it back."""
    amount = Money(refund.amount_minor, refund.currency)
    journal.tell("money_returned", {"amount": money(amount)}, event=f"returned:{refund.pk}")
