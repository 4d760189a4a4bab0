"""What the plan list shows: the tabs, the offers of one, and which of them is the line's own plan."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Line
from plans import run_out, run_out_words
from plans.calendar import new_chain
from plans.comparison import Offer, offers, side_by_side
from plans.models import AddOnEnd, Length, Plan, PlanKind
from plans.overview import Overview


@dataclass(frozen=True)
class Tab:
    code: str
    words: str
    is_here: bool


def facts(line: Line | None, seen: Overview | None, *, show: str, now: datetime, advised: str = "") -> dict[str, Any]:
    """The context of the plan list. `seen`: what `line` has, with its use if that is to be reckoned with. `show` is a `Length`; anything
    else shows the length of the line's own plan, or months. `advised` is the code of the plan that would cost the line least.
    """
    own = seen.usual_plan if seen else None
    length = Length(show) if show in Length.values else own.length if own else Length.MONTH
    found = offers(length=length, currency=line.currency if line else None, now=now)
    dressed = [
        _dressed(offer, own, at_pace=_at_pace(offer, seen, now), is_cheapest=offer.plan.code == advised)
        for offer in found
    ]
    return {
        "place": "plans",
        "line": line,
        "tabs": [Tab(tab.value, str(tab.label), tab == length) for tab in Length],
        "offers": dressed,
        "comparison": side_by_side(dressed) if len(dressed) > 1 else [],
        "pace_says": _pace_says(seen) if any(offer.at_pace for offer in dressed) else "",
        "note": _note(length, seen, now),
    }


def _at_pace(offer: Offer, seen: Overview | None, now: datetime) -> str:
    """How long the plan's data would last this line's owner, from now on; nothing while that cannot be said."""
    history, data, plan = seen.history if seen else None, offer.data, offer.plan
    amount = (data.amount or data.full_speed_amount) if data else None
    if seen is None or history is None or history.pace is None or not history.is_enough or data is None or not amount:
        return ""
    if plan.ends == AddOnEnd.WITH_PLAN:
        found = run_out.of_amount(history.pace, amount, now=now, until=seen.period.ends_at) if seen.period else None
        return run_out_words.of_add_on(found) if found else ""
    until = new_chain(now, plan.validity, history.pace.zone).ends_at
    found = run_out.of_amount(history.pace, amount, now=now, until=until)
    return run_out_words.of_plan(found, is_slowing=data.amount is None, is_more=plan.kind == PlanKind.ADD_ON)


def _pace_says(seen: Overview | None) -> str:
    """What the pace is and from how many days; nothing without one."""
    if seen is None or seen.history is None or seen.history.pace is None:
        return ""
    pace = seen.history.pace
    words = {"amount": run_out_words.about(int(pace.level)), "n": pace.days_count}
    return (
        ngettext(
            "You use about %(amount)s a day, reckoned from %(n)s day of the last eight weeks.",
            "You use about %(amount)s a day, reckoned from %(n)s days of the last eight weeks.",
            pace.days_count,
        )
        % words
    )


def _dressed(offer: Offer, own: Plan | None, *, at_pace: str, is_cheapest: bool) -> Offer:
    is_own = own is not None and own.pk == offer.plan.pk
    act = _("Choose")
    if offer.plan.kind == PlanKind.ADD_ON:
        act = _("Add · %(sum)s") % {"sum": offer.plan.price}
    elif is_own:
        act = _("Renew · %(sum)s") % {"sum": offer.plan.price}
    url = reverse("order_review", args=[offer.plan.code])
    badge = _("Your plan") if is_own else ""
    return replace(offer, badge=badge, act=act, order_url=url, at_pace=at_pace, is_cheapest=is_cheapest)


def _note(length: Length, seen: Overview | None, now: datetime) -> str:
    if length == Length.ADD_ON and seen and (seen.latest is None or seen.latest.ends_at <= now):
        return _("An add-on goes beside a running plan, and none runs on your number. Choose a plan first.")
    return ""
