"""What people are told about an order, each event once."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import ledger
from billing.journal import Journal, money
from billing.models import CameBy, Order, OrderWhat, Payment, Refund, RefundRequest, ReviewItem
from lib.money import Money
from plans.models import PlanKind, PlanPeriod

#: How long somebody who paid for another's number can take it back by themselves.
UNDO_FOR = timedelta(minutes=10)


def money_received(journal: Journal, received: Money, *, intent_id: str) -> None:
    """The payer hears that the money is here."""
    journal.tell("payment_received", {"received": money(received)}, event=f"received:{intent_id}")


def applied(journal: Journal, period: PlanPeriod | None) -> None:
    """Credit added, an add-on added, or renewed until a date."""
    order = journal.order
    if order.is_by_other:
        _applied_for_other(journal, period)
        return
    if order.what == OrderWhat.TOP_UP or period is None or order.plan is None:
        paid, bonus = ledger.credit_of(order.line)
        context = {"amount": money(order.price), "credit": money(paid + bonus), **_where(journal)}
        journal.tell("topped_up", context, event="applied")
        return
    kind = "renewed_by_itself" if order.came_by == CameBy.AUTO_RENEW else "renewed"
    if order.plan.kind == PlanKind.ADD_ON:
        kind = "add_on_applied"
    context = {
        "plan": order.plan.name,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "is_queued": period.starts_at > journal.now,
        **_where(journal),
    }
    journal.tell(kind, context, event="applied")


def _where(journal: Journal) -> dict[str, Any]:
    """Where it was paid, when that was outside the portal."""
    paid = [event.detail for event in journal.events if event.kind == "paid_outside"]
    return {"is_outside": True, "place": paid[0]["place"]} if paid else {}


def taken_back_outside(journal: Journal, *, place: str) -> None:
    """Whoever sold it outside has taken it back: somebody else's number was meant."""
    order = journal.order
    plan = order.plan.name if order.plan else ""
    context = {"amount": money(order.price), "plan": plan, "is_outside": True, "place": place}
    journal.tell("top_up_taken_back", context, event="taken_back_outside")


def _applied_for_other(journal: Journal, period: PlanPeriod | None) -> None:
    """The line's owner hears what came, and nothing of who paid it; the payer that it worked, and nothing of the line."""
    order = journal.order
    amount = {"amount": money(order.price)}
    plan = order.plan.name if order.plan else ""
    ends_at = period.ends_at.isoformat() if period else ""
    journal.tell("topped_up_by_other", {**amount, "plan": plan, "ends_at": ends_at}, event="applied")
    undo_at = (journal.now + UNDO_FOR).isoformat()
    context = {**amount, "plan": plan, "whom": order.guest_top_up.shown, "undo_at": undo_at}
    journal.tell("top_up_for_other", context, event="applied")


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


def refund_granted(journal: Journal, request: RefundRequest) -> None:
    """The payer's confirmation of what is given back, with the time it was asked for, what was counted, and where it goes.

    A withdrawal must be confirmed on a durable medium, with its time: Directive 2011/83/EU, Article 11a.
    """
    context = {
        "amount": money(Money(request.amount_minor, request.currency)),
        "cause": request.cause,
        "asked_at": request.asked_at.isoformat(),
        "to_credit": request.formula.get("to") == "credit",
        "has_ended": request.takes_back,
    }
    journal.tell("refund_granted", context, event=f"granted:{request.pk}")
    if journal.order.is_by_other:
        plan = journal.order.plan.name if journal.order.plan else ""
        taken = {"amount": money(Money(request.amount_minor, request.currency)), "plan": plan}
        journal.tell("top_up_taken_back", taken, event=f"taken_back:{request.pk}")


def refund_needs_payer(journal: Journal, refund: Refund) -> None:
    """The gateway has asked the payer by e-mail for a bank account."""
    amount = Money(refund.amount_minor, refund.currency)
    journal.tell("refund_needs_payer", {"amount": money(amount)}, event=f"needs_payer:{refund.pk}")


def transfer_awaited(journal: Journal, payment: Payment) -> None:
    """Where to transfer what, until when; to be kept."""
    journal.tell("transfer_awaited", _where_to(payment), event=f"awaited:{payment.pk}")


def transfer_reminder(journal: Journal, payment: Payment) -> None:
    """The same once more, to somebody who has not sent it."""
    journal.tell("transfer_reminder", _where_to(payment), event="transfer_reminder")


def _where_to(payment: Payment) -> dict[str, Any]:
    return {
        "amount": money(Money(payment.amount_minor, payment.currency)),
        "account": payment.instructions.get("iban") or payment.instructions.get("account_number", ""),
        "holder": payment.instructions.get("holder", ""),
        "transfer_reference": payment.instructions["reference"],
        "until_at": payment.expires_at.isoformat() if payment.expires_at else "",
    }


def transfer_came(journal: Journal, *, left: Money, missing: Money | None, event: str) -> None:
    """Too little came, or more than was needed: what is here, and what is missing."""
    if missing:
        journal.tell("transfer_short", {"received": money(left), "missing": money(missing)}, event=f"short:{event}")
    else:
        context = {"left": money(left), "url": settings.PORTAL_ORIGIN + reverse("credit")}
        journal.tell("transfer_left", context, event=f"left:{event}")
