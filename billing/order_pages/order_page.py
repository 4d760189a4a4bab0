"""What the page of one order says: the headline, what to do next, and the held money with its two ways out."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing import ledger, wording
from billing.giving_back import withdrawal
from billing.models import LIVE_PAYMENT_STATES, Method, Order, OrderState, PaymentState, ReviewItem, ReviewKind
from billing.order_pages import beside, order_acts
from billing.order_pages.timeline import timeline
from billing.receipts import links
from billing.standing import words
from lib import clock
from lib.money import format_money
from lib.wording import end_in_words
from plans.models import PlanKind, PlanPeriod

#: Seconds between looks of an open page; after the last it stops and leaves the rest to "check again".
LOOKS = (1, 1, 2, 2, 3, 4, 5, 8, 13, 21, 34, 55, 89)


@dataclass(frozen=True)
class Held:
    """Held money on the page: why, and whether the reader may keep it as credit."""

    amount_minor: int
    currency: str
    why: str
    may_keep: bool


def facts(order: Order, reader: Subscriber, *, look: int = 0) -> dict[str, Any]:
    """The context of the order's page and of its live part; `look` counts how often the page has looked already."""
    read = timeline(order)
    period = _period(order)
    items = _held(order, reader)
    is_open = read.is_moving and not items
    looking = is_open and look < len(LOOKS) and _is_hurrying(order)
    return {
        "order": order,
        "title": wording.title_of(order),
        "headline": _headline(order, period, items),
        "says": _says(order),
        "steps": read.steps,
        "is_open": is_open,
        "poll_url": f"{reverse('order_timeline', args=[order.pk])}?look={look + 1}" if looking else "",
        "poll_seconds": LOOKS[min(look, len(LOOKS) - 1)],
        "grants": wording.grants_in_words(order.grants),
        "period": period,
        "method": wording.place_of(order) or wording.method_of(order),
        "summary_url": reverse("order_summary", args=[order.pk]) if order.summary else "",
        "withdraw_url": _withdraw_url(order, reader),
        "queue_url": _queue_url(order, period, reader),
        **_auto_renew(order, reader),
        "receipts": links.of_order(order) if order.buyer_id == reader.pk and order.applied_at else [],
        "held_items": items,
        "beside": beside.of(order, reader),
        "acts": order_acts.acts(order, [(item.amount_minor, item.currency) for item in items]),
    }


def summary_facts(order: Order) -> dict[str, Any]:
    """The context of the frozen contract summary; price, VAT and date are the order's own."""
    frozen = {
        **order.summary,
        "price_minor": order.price_minor,
        "vat_minor": order.vat_minor,
        "vat_percent": f"{order.vat_percent.normalize():f}" if order.vat_minor else "",
        "as_of": order.placed_at,
    }
    return {
        "place": "orders",
        "order": order,
        "summary": frozen,
        "back_url": reverse("order", args=[order.pk]),
        "back_words": _("Order %(reference)s") % {"reference": order.reference},
    }


def _auto_renew(order: Order, reader: Subscriber) -> dict[str, Any]:
    """What comes by itself after a plan that was applied, for the owner of its line."""
    is_plan = order.plan is not None and order.plan.kind == PlanKind.PLAN and order.applied_at is not None
    if not is_plan or not reader.lines.filter(pk=order.line_id).exists():
        return {}
    url = reverse("auto_renew", args=[order.line_id])
    return {"auto_renew": words.of_line(order.line, now=clock.now()), "auto_renew_url": url}


def _withdraw_url(order: Order, reader: Subscriber) -> str:
    if order.buyer_id != reader.pk or not withdrawal.is_offered(order, now=clock.now()):
        return ""
    return reverse("order_withdraw", args=[order.pk])


def _queue_url(order: Order, period: PlanPeriod | None, reader: Subscriber) -> str:
    """Where a plan that has not begun can be changed or cancelled, for the owner of its line."""
    is_queued = order.state == OrderState.APPLIED and period is not None and period.starts_at > clock.now()
    if not is_queued or not reader.lines.filter(pk=order.line_id).exists():
        return ""
    return reverse("queue", args=[order.line_id])


def _is_hurrying(order: Order) -> bool:
    """Whether something may change within seconds: the reader has been on the payment page, or it is being applied."""
    return order.state != OrderState.PENDING or any(payment.session_id for payment in order.payments.all())


def _period(order: Order) -> PlanPeriod | None:
    if order.plan_id is None or order.applied_at is None:
        return None
    return PlanPeriod.objects.filter(origin=order.subject).first()


def _headline(order: Order, period: PlanPeriod | None, items: list[Held]) -> str:
    if items:
        return _("We hold %(sum)s for you") % {"sum": format_money(items[0].amount_minor, items[0].currency)}
    if order.state == OrderState.APPLIED:
        return _applied_headline(order, period)
    if wording.was_declined(order):
        return _("Not paid")
    return wording.words_of(order)


def _applied_headline(order: Order, period: PlanPeriod | None) -> str:
    if period is None:
        return _("%(sum)s added to your credit") % {"sum": format_money(order.price_minor, order.currency)}
    words = {"end": end_in_words(period.ends_at)}
    if period.kind == PlanKind.ADD_ON:
        return _("Added until %(end)s") % words
    return _("Renewed until %(end)s") % words


def _says(order: Order) -> str:
    if wording.was_declined(order):
        return _(
            "Your bank said no. You have not been charged, and nothing about your number has changed. Try another card."
        )
    if order.state == OrderState.PENDING and order.method == Method.TRANSFER:
        return _("As soon as your transfer is here, it is applied by itself, and we write to you.")
    said = {
        OrderState.PENDING: _(
            "If you have paid, this takes a few seconds. If not, nothing is charged and you can pay now."
        ),
        OrderState.PROCESSING: _("Your bank takes its time. We write to you as soon as the money is here."),
        OrderState.PAID: _(
            "This usually takes seconds. If it takes longer than five minutes we repair it and write to you."
        ),
        OrderState.EXPIRED: _("You have not been charged. Order again whenever you like."),
        OrderState.CANCELLED: _("You have not been charged."),
    }
    return said.get(OrderState(order.state), "")


def _held(order: Order, reader: Subscriber) -> list[Held]:
    open_items = [item for item in order.review_items.all() if item.closed_at is None and item.is_about_held_money]
    if not open_items or order.buyer_id != reader.pk:
        return []
    sums = ledger.held_for(order.pk)
    owns = reader.lines.filter(pk=order.line_id).exists()
    return [
        Held(
            amount_minor=sums[item.currency],
            currency=item.currency,
            why=_why(item, order, sums[item.currency]),
            may_keep=owns and item.currency == order.line.currency,
        )
        for item in open_items
        if sums.get(item.currency)
    ]


def _why(item: ReviewItem, order: Order, held_minor: int) -> str:
    price = format_money(order.price_minor, order.currency)
    held = format_money(held_minor, item.currency)
    missing = format_money(max(order.price_minor - held_minor, 0), order.currency)
    words = {
        ReviewKind.OVER: _("You paid more than %(price)s. The rest is yours."),
        ReviewKind.SHORT: _("%(held)s received, %(missing)s missing. Pay the rest, or take your money back."),
        ReviewKind.OTHER_CURRENCY: _("You paid in another currency than ordered, so we did not use it."),
        ReviewKind.LATE: _(
            "Your payment came after the order had ended, and the plan is no longer sold at that price."
        ),
        ReviewKind.CANCELLED: _("Your payment came after you had cancelled the order."),
        ReviewKind.TWICE: _("You paid this order twice. One payment was used, the other is yours."),
        ReviewKind.NOT_APPLICABLE: _("The number could not take what was ordered when your payment came."),
        ReviewKind.REFUND_FAILED: _("Your bank did not take the money back. It is still yours."),
    }[ReviewKind(item.kind)]
    return words % {"price": price, "held": held, "missing": missing}


def is_worth_asking(order: Order) -> bool:
    """Whether the gateway may know more than we do."""
    return any(
        payment.gateway_id and payment.state in (*LIVE_PAYMENT_STATES, PaymentState.FAILED, PaymentState.EXPIRED)
        for payment in order.payments.all()
    )
