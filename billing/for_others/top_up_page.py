"""The payer's page of a top-up for another's number: how it stands, what it cost, the receipt, and undoing it. Nothing of the line."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from billing import wording
from billing.for_others import undo
from billing.models import GuestState, GuestTopUp, Order, OrderState, Refund, RefundState
from billing.order_pages.order_page import LOOKS
from billing.order_pages.steps import Step, StepState
from billing.receipts import links


def facts(top_up: GuestTopUp, *, code: str, now: datetime, look: int = 0) -> dict[str, Any]:
    """The context of the page and of its live part; `look` counts how often the page has looked already."""
    stage = stage_of(top_up)
    order = top_up.order
    is_moving = stage in {"open", "taking"}
    looks_again = is_moving and look < len(LOOKS)
    undo_until = undo.until(order) if order else None
    return {
        "top_up": top_up,
        "code": code,
        "stage": stage,
        "title": top_up.plan.title if top_up.plan else _("Credit"),
        "headline": _headline(top_up, stage),
        "says": _says(stage),
        "steps": _steps(top_up, stage),
        "is_open": is_moving,
        "poll_url": f"{reverse('top_up_for_other_steps', args=[code])}?look={look + 1}" if looks_again else "",
        "poll_seconds": LOOKS[min(look, len(LOOKS) - 1)],
        "pay_url": reverse("top_up_for_other_pay", args=[code]) if stage == "open" else "",
        "undo_until": undo_until if undo_until and now < undo_until else None,
        "receipts": _receipts(order, code) if order else [],
        "grants": wording.grants_in_words(order.grants) if order else [],
    }


def stage_of(top_up: GuestTopUp) -> str:
    """`open`, `taking`, `done`, `undone`, `not_done`, `expired`: all that a payer is told."""
    order = top_up.order
    if order is None:
        return {
            GuestState.RELEASED: "not_done",
            GuestState.EXPIRED: "expired",
            GuestState.AUTHORISED: "taking",
        }.get(GuestState(top_up.state), "open")
    return {
        OrderState.APPLIED: "done",
        OrderState.REVERSED: "undone",
        OrderState.CANCELLED: "not_done",
        OrderState.EXPIRED: "not_done",
        OrderState.CLOSED: "given_back",
        OrderState.REVIEW: "given_back",
    }.get(OrderState(order.state), "taking")


def _headline(top_up: GuestTopUp, stage: str) -> str:
    whom = {"whom": top_up.shown, "sum": top_up.price}
    return {
        "open": _("Not paid yet"),
        "taking": _("Your payment is being checked"),
        "done": _("%(sum)s for %(whom)s has arrived") % whom,
        "undone": _("Taken back: %(sum)s") % whom,
        "given_back": _("%(sum)s goes back to you") % whom,
        "not_done": _("This top-up could not be completed"),
        "expired": _("Not paid in time"),
    }[stage]


def _says(stage: str) -> str:
    return {
        "open": _("If you have paid, this takes a few seconds. If not, nothing is charged and you can pay now."),
        "taking": _("This takes a few seconds. You may close this page: we write to you as soon as it is done."),
        "done": _("The receipt is on its way to your e-mail."),
        "undone": _("The money goes back the way you paid. Your bank may take a few days to show it."),
        "given_back": _(
            "It could not be used, so it goes back the way you paid. We write to you when it has been sent."
        ),
        "not_done": _(
            "Nothing has been charged. If your bank shows the sum as set aside, it lets go of it within a few days. "
            "Check the number with whoever it belongs to."
        ),
        "expired": _("You have not been charged. Begin again whenever you like."),
    }[stage]


def _steps(top_up: GuestTopUp, stage: str) -> list[Step]:
    order = top_up.order
    paid, arrived = _PAID_AND_ARRIVED[stage]
    rows = [
        Step(state=StepState.DONE, title=_("Asked for"), at=top_up.created_at),
        Step(state=paid, title=_("Paid"), at=order.paid_at if order else None),
        Step(state=arrived, title=_("Arrived"), at=order.applied_at if order else None),
    ]
    if stage in {"undone", "given_back"} and order:
        sent = Refund.objects.filter(payment__order=order, state=RefundState.SUCCEEDED).exists()
        rows.append(Step(state=StepState.DONE if sent else StepState.NOW, title=_("Money sent back")))
    return rows


_DONE, _NOW, _NEXT, _BAD = StepState.DONE, StepState.NOW, StepState.NEXT, StepState.BAD
_PAID_AND_ARRIVED = {
    "open": (_NOW, _NEXT),
    "taking": (_DONE, _NOW),
    "done": (_DONE, _DONE),
    "undone": (_DONE, _DONE),
    "given_back": (_DONE, _BAD),
    "not_done": (_BAD, _NEXT),
    "expired": (_BAD, _NEXT),
}


def _receipts(order: Order, code: str) -> list[dict[str, Any]]:
    return [
        {
            "title": link.title,
            "number": link.number,
            "url": reverse("top_up_for_other_receipt", args=[code, link.receipt_id]),
        }
        for link in links.of_order(order)
    ]
