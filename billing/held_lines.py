"""Lines whose life does not move on meanwhile: something that is on its way may still save them, or money is being decided on."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Line
from billing.models import OPEN_PAYOUT_STATES, Order, OrderState, Payout
from billing.standing.auto_renew import still_open

_ON_ITS_WAY = (OrderState.PROCESSING, OrderState.PAID, OrderState.REVIEW)


def ids() -> QuerySet[Line, Any]:
    """A renewal that is tried again, an order whose money is on its way or looked at, a payout that is not sent yet."""
    held = (
        Q(Exists(still_open().filter(line=OuterRef("pk"))))
        | Q(Exists(Order.objects.filter(line=OuterRef("pk"), state__in=_ON_ITS_WAY)))
        | Q(Exists(Payout.objects.filter(line=OuterRef("pk"), state__in=OPEN_PAYOUT_STATES)))
    )
    return Line.objects.filter(held).values("pk")
