"""When an add-on is worth offering, and which: those that give more of what runs out."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line
from plans.comparison import Offer, offers
from plans.models import Allowance, Length, Unit


def is_nearly_used(allowance: Allowance) -> bool:
    """Four fifths of what it grants, or of what it grants at full speed, are gone."""
    whole = allowance.granted if allowance.granted is not None else allowance.full_speed_amount
    return whole is not None and (allowance.used + allowance.gifted) * 5 >= whole * 4


def fitting(line: Line, unit: str, *, has_plan: bool, now: datetime) -> list[Offer]:
    """Add-ons on sale that can be bought for the line now and give more of `unit`, the cheapest first; three queries."""
    if not line.is_payable:
        return []
    found = offers(length=Length.ADD_ON, currency=line.currency, now=now)
    fit = [offer for offer in found if offer.allowance(Unit(unit)) and (has_plan or not offer.plan.needs_plan)]
    return [_dressed(offer) for offer in sorted(fit, key=lambda offer: offer.plan.price_minor)]


def _dressed(offer: Offer) -> Offer:
    act = _("Add · %(sum)s") % {"sum": offer.plan.price}
    return replace(offer, act=act, order_url=reverse("order_review", args=[offer.plan.code]))
