"""The first page for whoever is not signed in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lib import clock
from lib.wording import GIGABYTE
from plans.comparison import Offer, offers
from plans.models import Length

SHOWN = 3


@dataclass(frozen=True)
class Example:
    """The picture of a dashboard on the landing page; nobody's numbers."""

    remaining: int
    granted: int
    ends_at: datetime
    voice_remaining: int
    voice_granted: int


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("dashboard")
    now = clock.now()
    example = Example(
        remaining=6_400_000_000,
        granted=15 * GIGABYTE,
        ends_at=now + timedelta(days=9),
        voice_remaining=12_720,
        voice_granted=30_000,
    )
    found = offers(length=Length.MONTH, currency=None, now=now)[:SHOWN]
    return render(request, "portal/landing.html", {"example": example, "offers": [_dressed(offer) for offer in found]})


def _dressed(offer: Offer) -> Offer:
    return replace(offer, act=_("Choose"), order_url=reverse("order_review", args=[offer.plan.code]))
