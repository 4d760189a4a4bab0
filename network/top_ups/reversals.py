"""A sale that its seller takes back within hours: the shop typed the wrong number, and nothing of it is used yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError

from billing import orders
from billing.from_outside import reversing
from billing.from_outside.reversing import AlreadyUsed, NotStanding
from lib.transactions import whole
from network.models import ExternalReversal, ExternalTopUp
from network.top_ups.saying import Fault, Refused, ReversalSaid
from network.top_ups.taking import Differs


@dataclass(frozen=True)
class TakenBack:
    """What stands under the reference, and whether it is new."""

    reversal: ExternalReversal
    is_new: bool


def take_back(said: ReversalSaid, *, source: str, now: datetime) -> TakenBack:
    """Take `said.top_up` back once, however often it is told. Raises Refused, taking.Differs."""
    if known := _known(said, source):
        return known
    top_up = ExternalTopUp.objects.filter(source=source, reference=said.top_up).select_related("order").first()
    if top_up is None:
        raise Refused(Fault("top_up", "unknown_top_up"))
    try:
        return _take_back(said, top_up, now=now)
    except IntegrityError:
        if known := _known(said, source):  # told of another sale at the same moment, and that was first
            return known
        raise


@whole
def _take_back(said: ReversalSaid, top_up: ExternalTopUp, *, now: datetime) -> TakenBack:
    """Locks: line, order, credit (docs/locking.md)."""
    orders.lock_line(top_up.order.line_id)
    if known := _known(said, top_up.source):
        return known
    if ExternalReversal.objects.filter(top_up=top_up).exists():
        raise Refused(Fault("top_up", "taken_back"))
    if now >= top_up.received_at + timedelta(hours=settings.TOP_UP_REVERSIBLE_HOURS):
        raise Refused(Fault("top_up", "too_late", str(settings.TOP_UP_REVERSIBLE_HOURS)))
    try:
        request = reversing.reverse(top_up.order_id, line_id=top_up.order.line_id, source=top_up.source, now=now)
    except AlreadyUsed as error:
        raise Refused(Fault("top_up", "used")) from error
    except NotStanding as error:
        raise Refused(Fault("top_up", "taken_back")) from error
    reversal = ExternalReversal.objects.create(
        source=top_up.source, reference=said.reference, top_up=top_up, request=request, received_at=now
    )
    top_up.order.refresh_from_db()
    return TakenBack(reversal, is_new=True)


def _known(said: ReversalSaid, source: str) -> TakenBack | None:
    """Raises Differs."""
    rows = ExternalReversal.objects.select_related("top_up__order")
    found = rows.filter(source=source, reference=said.reference).first()
    if found is None:
        return None
    if found.top_up.reference != said.top_up:
        raise Differs
    return TakenBack(found, is_new=False)
