"""An order's own clock: read from its events, payments, commands to the network and messages, never written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from billing.models import Method, Order, OrderEvent, OrderState, PaymentState
from billing.order_pages.steps import Step, StepState
from billing.order_pages.steps_back import steps_back
from lib import clock
from lib.money import format_money
from lib.wording import moment_in_words
from notifications.models import Message, MessageState
from provisioning.models import Command, CommandState


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """`is_moving` says whether looking again soon makes sense."""

    steps: list[Step]
    is_moving: bool


_MOVING = {OrderState.PENDING, OrderState.PROCESSING, OrderState.PAID}
_ENDED = {OrderState.CANCELLED, OrderState.EXPIRED}
#: a message that came too late to be of use is no step
_NOT_SENT = MessageState.SUPPRESSED
#: how long after its application an order's page looks for its messages
_TELLING = timedelta(minutes=1)
#: a seller that tells us later than this was offline
_LATE = timedelta(minutes=15)


def timeline(order: Order) -> Timeline:
    """The steps of `order` as they stand, in six queries at most."""
    events = {event.kind: event for event in order.events.all()}
    if "paid_outside" in events:
        steps = _sold_outside(order, events["paid_outside"])
    else:
        steps = [Step(state=StepState.DONE, title=_("Ordered"), detail=str(order.price), at=order.placed_at)]
        steps += _money_steps(order, events)
    if order.state in _ENDED:
        steps.append(_ended(order, events))
    elif order.state not in {OrderState.REVIEW, OrderState.CLOSED}:
        steps.append(_applied(order))
        steps += _on_the_network(order)
        steps += _told(order)
    steps += steps_back(order, events)
    is_waiting_for_bank = order.state == OrderState.PENDING and order.method == Method.TRANSFER
    is_moving = not is_waiting_for_bank and (
        order.state in _MOVING or any(step.state == StepState.NOW for step in steps) or _is_being_told(steps, order)
    )
    return Timeline(steps=steps, is_moving=is_moving)


def _sold_outside(order: Order, event: OrderEvent) -> list[Step]:
    """It was paid first. When its seller told us late, that is a step of its own, and the day is named."""
    place = event.detail["place"]
    title = _("Paid at %(place)s") % {"place": place} if place else _("Paid at a top-up point")
    paid_at = datetime.fromisoformat(event.detail["paid_at"])
    if order.placed_at - paid_at < _LATE:
        return [Step(state=StepState.DONE, title=title, detail=str(order.price), at=paid_at)]
    detail = f"{order.price} · {moment_in_words(paid_at, now=clock.now())}"
    return [
        Step(state=StepState.DONE, title=title, detail=detail, at=paid_at),
        Step(state=StepState.DONE, title=_("The seller told us"), at=order.placed_at),
    ]


def _money_steps(order: Order, events: dict[str, OrderEvent]) -> list[Step]:
    if at_once := _taken_at_once(events):
        return at_once
    if "money_in" in events:
        return [_money_in(order, events["money_in"]), *_held(events)]
    if order.state in _ENDED:
        return []
    if order.state == OrderState.PROCESSING:
        return [
            Step(
                state=StepState.NOW,
                title=_("Your bank has accepted the payment; the money is on its way"),
                detail=_("Nothing to do. We write to you when it is here."),
            )
        ]
    return _transfer(order, events) if order.method == Method.TRANSFER else _unpaid(events)


def _unpaid(events: dict[str, OrderEvent]) -> list[Step]:
    waiting = _("Waiting for your payment")
    if "declined" in events:
        return [
            Step(
                state=StepState.BAD,
                title=_("Your bank said no. You have not been charged"),
                detail=_("Try again, or use another card."),
                at=events["declined"].at,
            ),
            Step(state=StepState.NOW, title=waiting),
        ]
    return [Step(state=StepState.NOW, title=waiting, detail=_("This usually takes a few seconds after you paid."))]


def _transfer(order: Order, events: dict[str, OrderEvent]) -> list[Step]:
    """Waiting for a bank transfer: nothing hurries, and the page need not look again."""
    if short := events.get("transfer_short"):
        came = format_money(short.detail["minor"], short.detail["currency"])
        missing = format_money(order.price_minor - short.detail["minor"], order.currency)
        words = {"received": came, "missing": missing}
        detail = _("%(received)s received, %(missing)s missing. Transfer the rest to the same account.") % words
        return [Step(state=StepState.BAD, title=_("Too little has come so far"), detail=detail, at=short.at)]
    detail = _("Usually one or two bank working days. We write to you when it is here.")
    return [Step(state=StepState.NEXT, title=_("Waiting for your transfer"), detail=detail)]


def _taken_at_once(events: dict[str, OrderEvent]) -> list[Step]:
    """Paid with what we hold already."""
    if "credit_spent" in events:
        return [Step(state=StepState.DONE, title=_("Paid from your credit"), at=events["credit_spent"].at)]
    if "voucher_redeemed" in events:
        event = events["voucher_redeemed"]
        return [Step(state=StepState.DONE, title=_("Voucher redeemed"), detail=event.detail["serial"], at=event.at)]
    return []


def _money_in(order: Order, event: OrderEvent) -> Step:
    succeeded = [payment for payment in order.payments.all() if payment.state == PaymentState.SUCCEEDED]
    paid_with = [_("by somebody else")] if order.is_by_other else [payment.method_label for payment in succeeded]
    received = format_money(event.detail.get("minor", order.price_minor), event.detail.get("currency", order.currency))
    label = next(iter(paid_with), "")
    detail = f"{received} · {label}" if label else received
    return Step(state=StepState.DONE, title=_("Payment received"), detail=detail, at=event.at)


def _held(events: dict[str, OrderEvent]) -> list[Step]:
    if "review" not in events or ("taken_back" in events and "given_back" not in events):
        return []
    title = _("Some of your money is held for you")
    open_still = not ({"given_back", "kept_as_credit", "applied", "paid_by_hand"} & events.keys())
    steps = [Step(state=StepState.NOW if open_still else StepState.DONE, title=title, at=events["review"].at)]
    worded = {
        "kept_as_credit": _("Kept as credit"),
        "given_back": _("On its way back to you"),
        "money_returned": _("Given back; your bank may take a few days to show it"),
    }
    steps += [
        Step(state=StepState.DONE, title=title, at=events[kind].at) for kind, title in worded.items() if kind in events
    ]
    if "refund_failed" in events:
        title = _("Your bank did not take the money back. We are looking for another way")
        steps.append(Step(state=StepState.BAD, title=title, at=events["refund_failed"].at))
    return steps


def _ended(order: Order, events: dict[str, OrderEvent]) -> Step:
    if order.state == OrderState.CANCELLED:
        title, kind = _("Cancelled. You have not been charged"), "cancelled"
    else:
        title, kind = _("Not paid in time. You have not been charged"), "expired"
    event = events.get(kind)
    return Step(state=StepState.BAD, title=title, at=event.at if event else None)


def _applied(order: Order) -> Step:
    title = _("Added to your number") if order.plan_id else _("Added to your credit")
    if order.applied_at:
        return Step(state=StepState.DONE, title=title, at=order.applied_at)
    return Step(state=StepState.NEXT, title=title)


def _on_the_network(order: Order) -> list[Step]:
    """Whether the operator's core has what was applied; for credit it has nothing to know."""
    if order.applied_at is None or order.plan_id is None:
        return []
    granted = Command.objects.filter(subject=order.subject, payload__period=order.subject)
    told = granted.order_by("-sequence").only("state", "accepted_at").first()
    if told is None:
        return []
    if told.state == CommandState.FAILED:
        title = _("The network did not take it; we look into it")
        return [Step(state=StepState.BAD, title=title, detail=_("Nothing to do. What you bought is yours."))]
    is_there = told.state == CommandState.ACCEPTED
    return [Step(state=StepState.DONE if is_there else StepState.NEXT, title=_("On the network"), at=told.accepted_at)]


def _told(order: Order) -> list[Step]:
    if order.applied_at is None:
        return []
    rows = (
        Message.objects.filter(subject=order.subject)
        .order_by("created_at")
        .values_list("channel", "state", "accepted_at")
    )
    latest: dict[str, tuple[str, datetime | None]] = {channel: (state, at) for channel, state, at in rows}
    return [_message(channel, MessageState(state), at) for channel, (state, at) in latest.items() if state != _NOT_SENT]


def _message(channel: str, state: MessageState, at: datetime | None) -> Step:
    is_sms = channel == "sms"
    if state in {MessageState.FAILED, MessageState.UNDELIVERED}:
        failed = _("The SMS could not be delivered") if is_sms else _("The e-mail could not be delivered")
        return Step(state=StepState.BAD, title=failed)
    title = _("SMS sent") if is_sms else _("E-mail sent")
    if state == MessageState.UNKNOWN:
        return Step(state=StepState.DONE, title=title, detail=_("It may or may not have arrived."))
    is_sent = state in {MessageState.ACCEPTED, MessageState.DELIVERED}
    return Step(state=StepState.DONE if is_sent else StepState.NEXT, title=title, at=at)


def _is_being_told(steps: list[Step], order: Order) -> bool:
    """Whether a message about an order applied just now is about to go out: worth another look."""
    is_fresh = order.applied_at is not None and clock.now() - order.applied_at < _TELLING
    return is_fresh and any(step.state == StepState.NEXT for step in steps)
