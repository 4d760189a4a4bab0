"""What went back, or is disputed, as steps of an order's timeline: read from its events and refunds."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from billing.models import Order, OrderEvent, Refund, RefundState
from billing.order_pages.steps import Step, StepState
from lib.money import format_money
from lib.wording import moment_in_words


def steps_back(order: Order, events: Mapping[str, OrderEvent]) -> list[Step]:
    """The steps after an order was applied; none for one that nobody touched since. At most one query."""
    steps = [*_to_be_changed(events), *_disputed(events)]
    by_hand = _by_hand(events)
    if "taken_back" not in events:
        return steps + by_hand
    requests = [event for event in order.events.all() if event.kind == "taken_back"]
    steps += [_taken(event) for event in requests]
    refunds = Refund.objects.filter(payment__order=order, item=None).order_by("created_at")
    return steps + [_sent(refund) for refund in refunds] + by_hand


def _to_be_changed(events: Mapping[str, OrderEvent]) -> list[Step]:
    """The plan of the order waits in the queue and was cancelled or swapped there, as long as that can be undone; or that came to nothing."""
    asked = events.get("change_asked")
    if asked is None or "taken_back" in events:
        return []
    ended = [events[kind] for kind in ("change_undone", "change_dropped") if kind in events]
    last = max(ended, key=lambda event: event.at, default=None)
    if last is None or last.at < asked.at:
        until = datetime.fromisoformat(asked.detail["until"])
        title = _("Will be cancelled on %(time)s, unless you undo it") % {"time": moment_in_words(until)}
        return [Step(state=StepState.NEXT, title=title)]
    if last.kind == "change_undone":
        return [Step(state=StepState.DONE, title=_("Cancelled, and undone again"), at=last.at)]
    return [Step(state=StepState.BAD, title=_("It could not be cancelled any more"), at=last.at)]


def _by_hand(events: Mapping[str, OrderEvent]) -> list[Step]:
    """Held money that could not go back by the way it came, paid out by our own transfer."""
    if sent := events.get("payout_sent"):
        return [Step(state=StepState.DONE, title=_("Paid out to your bank account"), at=sent.at)]
    asked, refused = events.get("paid_by_hand"), events.get("payout_refused")
    if asked is None or (refused and refused.at > asked.at):
        return []
    return [Step(state=StepState.NEXT, title=_("We are paying it out to your bank account"), at=asked.at)]


def _disputed(events: Mapping[str, OrderEvent]) -> list[Step]:
    if "dispute_opened" not in events:
        return []
    opened = events["dispute_opened"]
    if ended := events.get("dispute_won") or events.get("dispute_lost"):
        won = ended.kind == "dispute_won"
        title = _("Your bank has decided: the payment stands") if won else _("Your bank has taken the payment back")
        return [Step(state=StepState.DONE if won else StepState.BAD, title=title, at=ended.at)]
    return [
        Step(
            state=StepState.NOW,
            title=_("Your bank is looking into this payment"),
            detail=_("What is left of it cannot be used until your bank has decided."),
            at=opened.at,
        )
    ]


def _taken(event: OrderEvent) -> Step:
    words = {"sum": format_money(event.detail["minor"], event.detail["currency"])}
    titles = {
        "withdrawal": _("You withdrew: %(sum)s go back to you"),
        "dispute": _("%(sum)s went back through your bank"),
        "outside": _("Taken back where it was paid"),
        "cancelled": _("Cancelled before it began: %(sum)s go back"),
    }
    title = titles.get(event.detail.get("cause", ""), _("%(sum)s go back to you")) % words
    owed = event.detail.get("owed")
    detail = ""
    if owed:
        detail = _("%(sum)s of it had been spent; the next top-up pays that first.") % {
            "sum": format_money(owed, event.detail["currency"])
        }
    if event.detail.get("cause") == "outside":
        detail = _("%(sum)s. It was not meant for this number.") % words
    return Step(state=StepState.DONE, title=title, detail=detail, at=event.at)


def _sent(refund: Refund) -> Step:
    amount = format_money(refund.amount_minor, refund.currency)
    if refund.state == RefundState.SUCCEEDED:
        title = _("Sent back; your bank may take a few days to show it")
        return Step(state=StepState.DONE, title=title, detail=amount)
    if refund.state == RefundState.NEEDS_PAYER:
        return Step(
            state=StepState.NOW,
            title=_("We need your bank account"),
            detail=_("Our payment provider has written to you by e-mail; please answer within 45 days."),
        )
    if refund.state in {RefundState.FAILED, RefundState.CANCELLED}:
        title = _("Your bank did not take the money back. It is still yours")
        return Step(state=StepState.BAD, title=title, detail=amount)
    is_pending = refund.state == RefundState.PENDING  # that may take days; being told to the gateway takes seconds
    state = StepState.NEXT if is_pending else StepState.NOW
    return Step(state=state, title=_("On its way back to you"), detail=amount)
