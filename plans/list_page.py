"""What the plan list shows: the tabs, the offers of one, and which of them is the line's own plan."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line
from plans.comparison import Offer, offers, side_by_side
from plans.models import Length, Plan, PlanKind, PlanPeriod


@dataclass(frozen=True)
class Tab:
    code: str
    words: str
    is_here: bool


def facts(line: Line | None, *, show: str, now: datetime) -> dict[str, Any]:
    """The context of the plan list. `show` is a `Length`; anything else shows the length of the line's own plan, or months."""
    latest = _latest_period(line) if line else None
    own = latest.plan if latest else None
    length = Length(show) if show in Length.values else own.length if own else Length.MONTH
    found = offers(length=length, currency=line.currency if line else None, now=now)
    dressed = [_dressed(offer, own) for offer in found]
    return {
        "place": "plans",
        "line": line,
        "tabs": [Tab(tab.value, str(tab.label), tab == length) for tab in Length],
        "offers": dressed,
        "comparison": side_by_side(dressed) if len(dressed) > 1 else [],
        "note": _note(length, line, latest, now),
    }


def _latest_period(line: Line) -> PlanPeriod | None:
    plans = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN)
    return plans.select_related("plan").order_by("-starts_at").first()


def _dressed(offer: Offer, own: Plan | None) -> Offer:
    is_own = own is not None and own.pk == offer.plan.pk
    act = _("Choose")
    if offer.plan.kind == PlanKind.ADD_ON:
        act = _("Add · %(sum)s") % {"sum": offer.plan.price}
    elif is_own:
        act = _("Renew · %(sum)s") % {"sum": offer.plan.price}
    url = reverse("order_review", args=[offer.plan.code])
    return replace(offer, badge=_("Your plan") if is_own else "", act=act, order_url=url)


def _note(length: Length, line: Line | None, latest: PlanPeriod | None, now: datetime) -> str:
    if length == Length.ADD_ON and line and (latest is None or latest.ends_at <= now):
        return _("An add-on goes beside a running plan, and none runs on your number. Choose a plan first.")
    return ""
