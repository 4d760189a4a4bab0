"""The page "What comes next": the running plan, what is paid behind it, what can be done with each, and what auto-renew buys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from billing import wording
from billing.models import CameBy, QueueChangeKind
from billing.queued import listing, renewing, span
from billing.queued.limits import Why
from billing.queued.listing import Place
from billing.standing import auto_renew, words
from lib.wording import moment_in_words
from plans.commands import IMPORTED
from plans.models import PlanPeriod


@dataclass(frozen=True, kw_only=True)
class Row:
    """One period as the page shows it. `paid`: price and way; `says`: what can be done until when, or why not any more."""

    period: PlanPeriod
    badge: str
    tone: str
    paid: str
    says: str = ""
    warns: str = ""
    undo_url: str = ""
    cancel_url: str = ""
    change_url: str = ""
    withdraw_url: str = ""
    order_url: str = ""
    pay_url: str = ""


def facts(line: Line, reader: Subscriber, *, now: datetime) -> dict[str, Any]:
    """The context of the page."""
    places = listing.places(line, reader, now=now)
    renews = auto_renew.outlook(line, now=now)
    before = renewing.former(line, reader, now=now)
    return {
        "place": "home",
        "line": line,
        "rows": [row(place, now=now) for place in places],
        "has_next": any(not place.is_running for place in places),
        "span": span.drawn(places, now=now),
        "renews": renews,
        "said": words.say(renews, now=now) if renews else None,
        "can_change_renewal": renews is not None and renewing.can_change(renews, now=now),
        "former": before if renews and renewing.can_change(renews, now=now) else None,
    }


def row(place: Place, *, now: datetime) -> Row:
    """The words and ways of one period."""
    badge, tone = _badge(place)
    order = place.order
    return Row(
        period=place.period,
        badge=badge,
        tone=tone,
        paid=_paid(place),
        says=_says(place, now=now),
        warns=_warns(place, now=now),
        order_url=reverse("order", args=[order.pk]) if order else "",
        **_ways(place, now=now),
    )


def _badge(place: Place) -> tuple[str, str]:
    if place.is_running:
        return _("Running"), "good"
    if place.change and place.is_going:
        is_swap = place.change.kind == QueueChangeKind.SWAP
        return _("Will be changed") if is_swap else _("Will be cancelled"), "warn"
    if place.why == Why.DISPUTED:
        return _("On hold"), "warn"
    return _("Paid"), "plain"


def _paid(place: Place) -> str:
    order = place.order
    if order is None:
        return _("Brought along from your former system") if _is_imported(place) else _("Came with the number")
    how = _("auto-renew") if order.came_by == CameBy.AUTO_RENEW else ""
    return " · ".join(filter(None, [str(order.price), wording.method_of(order), how]))


def _is_imported(place: Place) -> bool:
    return place.period.origin.startswith(IMPORTED)


def _warns(place: Place, *, now: datetime) -> str:
    """What will happen by itself, if it is not undone."""
    change = place.change
    if change is None:
        return ""
    title = change.plan.title if change.plan else ""
    if change.due_at is None:
        return _("%(plan)s comes instead as soon as it is paid. Until then nothing changes.") % {"plan": title}
    if change.due_at <= now:
        return _("It is being changed at this moment.")
    at = {"plan": title, "time": moment_in_words(change.due_at, now=now)}
    if change.kind == QueueChangeKind.SWAP:
        return _("%(plan)s comes instead. Until %(time)s you can undo that.") % at
    return _("It will be cancelled on %(time)s. Until then you can undo that.") % at


def _says(place: Place, *, now: datetime) -> str:
    if place.is_running or place.is_going or (place.until is None and place.why is None):
        return ""
    if place.why is None:
        until = {"time": moment_in_words(place.until, now=now) if place.until else ""}
        if place.is_mine:
            return _("Can be changed or cancelled until %(time)s.") % until
        return _("Somebody else paid for it. You can give it back to them until %(time)s.") % until
    if place.why == Why.TOO_LATE and place.may_withdraw:
        return _(
            "It begins in less than 24 hours, so it cannot be changed here any more. You can still withdraw from the order: all of it goes back until it begins."
        )
    return refusal_in_words(place.why)


def _ways(place: Place, *, now: datetime) -> dict[str, str]:
    order, change = place.order, place.change
    if order is None or place.is_running:
        return {}
    if change and change.due_at:
        return {"undo_url": reverse("queue_undo", args=[change.pk])} if change.due_at > now else {}
    ways = {}
    if change and change.by_order:
        ways["pay_url"] = reverse("order", args=[change.by_order.pk])
    if place.why is None:
        ways["cancel_url"] = reverse("queue_cancel", args=[order.pk])
        if place.is_mine:
            ways["change_url"] = reverse("queue_change", args=[order.pk])
    elif place.may_withdraw:
        ways["withdraw_url"] = reverse("order_withdraw", args=[order.pk])
    return ways


def refusal_in_words(why: Why) -> str:
    """Why it cannot be changed, and what is left to do."""
    return {
        Why.NO_ORDER: _("No order of yours paid for it, so it cannot be changed here. Our support may help you."),
        Why.NOT_OWNER: _("Only the owner of the number can change what comes next."),
        Why.NOT_PAYER: _(
            "Somebody else paid for it, so another plan cannot be paid with its money. You can give it back."
        ),
        Why.GONE: _("There is nothing left to change: it was cancelled or given back already."),
        Why.BEGUN: _("It has begun, so it is no longer in the queue. Its order shows what can still go back."),
        Why.TOO_LATE: _(
            "It begins in less than 24 hours, so it cannot be changed here any more. Our support may still help you."
        ),
        Why.DISPUTED: _(
            "The bank that paid is looking into this payment. Until it has decided, nothing can be changed."
        ),
        Why.WAITING: _("It will be changed in a few minutes already. Undo that first, if you want something else."),
        Why.SUM: _("The sum has changed meanwhile. Look at it and confirm again."),
        Why.PRICE: _("A price has changed meanwhile. Look at it and confirm again."),
        Why.NOT_SOLD: _("This plan cannot be chosen here. Choose another one."),
        Why.CREDIT: _("Your credit is not enough for that. Pay the new plan another way, or top up first."),
        Why.LINE: _("Nothing can be ordered for this number at the moment. Please ask our support."),
    }[why]
