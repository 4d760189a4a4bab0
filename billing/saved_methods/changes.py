"""What becomes of a saved way to pay without us: a new card by the network, an end, a permission withdrawn; and our letting go."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q

from billing.gateways import gateway
from billing.gateways.facts import MethodFact
from billing.gateways.protocol import GatewayProblem
from billing.models import (
    AttemptState,
    AutoRenew,
    AutoTopUp,
    PaymentAttempt,
    PaymentMethod,
    SavedState,
)
from billing.saved_methods import choosing, customers, saving, telling
from lib import clock, queue
from lib.rows import write
from lib.transactions import whole
from notifications import outbox
from notifications.models import Message

log = structlog.get_logger(__name__)

#: How long before its last day somebody hears that a card ends.
WARN_BEFORE = timedelta(days=30)
#: A card ends with its month where its owner is; that is over everywhere twelve hours after it is in UTC.
_EVERYWHERE = timedelta(hours=12)
BATCH = 200


def follow(method_id: UUID, *, now: datetime) -> None:
    """Bring a saved way to pay up to what the gateway says of it, and end it when its time is over. Raises GatewayProblem."""
    method = PaymentMethod.objects.select_related("subscriber").get(pk=method_id)
    if method.state in {SavedState.REMOVED, SavedState.REVOKED}:
        return
    fact = gateway().method_fact(method.gateway_id)
    _settle(method, fact, now=now)


@whole
def _settle(known: PaymentMethod, fact: MethodFact | None, *, now: datetime) -> None:
    method = _locked(known)
    if method.state in {SavedState.REMOVED, SavedState.REVOKED}:
        return
    if fact is None or not fact.customer_id:
        _end(method, SavedState.REMOVED, why="detached", now=now)
        return
    method.label, method.expires_on = fact.label[:60], saving.last_day(fact.expires)
    write(method, "label", "expires_on")
    is_over = method.expires_on is not None and method.expires_on < (now - _EVERYWHERE).date()
    if is_over and method.is_saved:
        _end(method, SavedState.EXPIRED, why="expired", now=now)
    elif method.state == SavedState.EXPIRED and not is_over:
        is_alone = not choosing.saved(method.subscriber)
        method.move_to(SavedState.SAVED, ended_at=None, is_default=is_alone)


def follow_known(gateway_id: str, *, now: datetime) -> bool:
    """`follow` the one that the gateway calls so. False when it is none of ours. Raises GatewayProblem."""
    method_id = PaymentMethod.objects.filter(gateway_id=gateway_id).values_list("pk", flat=True).first()
    if method_id is None:
        return False
    follow(method_id, now=now)
    return True


def follow_mandate(mandate_id: str, *, now: datetime) -> bool:
    """The payer may have withdrawn their permission at their bank or PayPal. False when it is about none of ours.

    Raises GatewayProblem.
    """
    fact = gateway().mandate_fact(mandate_id)
    method = PaymentMethod.objects.select_related("subscriber").filter(gateway_id=fact.method_id).first()
    if method is None:
        return False
    if not fact.is_active:
        _revoke(method, now=now)
    return True


@whole
def _revoke(known: PaymentMethod, *, now: datetime) -> None:
    method = _locked(known)
    if method.state == SavedState.SAVED:
        _end(method, SavedState.REVOKED, why="revoked", now=now)
    elif method.state == SavedState.EXPIRED:
        choosing.end(method, SavedState.REMOVED, at=now)


def _end(method: PaymentMethod, state: SavedState, *, why: str, now: datetime) -> None:
    """Told in the same transaction: what rests on it is read before it stops."""
    if method.is_saved:
        outbox.send(telling.ended(method, why=why, on=now.date()))
    choosing.end(method, state, at=now)


def _locked(known: PaymentMethod) -> PaymentMethod:
    customers.lock(known.subscriber)
    methods = PaymentMethod.objects.select_related("subscriber").select_for_update(no_key=True, of=("self",))
    return methods.get(pk=known.pk)


def try_follow(method_id: UUID, *, now: datetime) -> bool:
    """`follow`, leaving a gateway that does not answer to the next sweep. False when it did not."""
    try:
        follow(method_id, now=now)
    except GatewayProblem as error:
        log.warning("method.no_answer", method_id=str(method_id), error=type(error).__name__)
        return False
    return True


def forget(method_id: UUID) -> None:
    """Have the gateway keep it no more. While a payment with it has no answer it waits for the sweep. Raises GatewayProblem."""
    method = PaymentMethod.objects.get(pk=method_id)
    is_asked = PaymentAttempt.objects.filter(
        method=method, state__in=(AttemptState.ASKED, AttemptState.PROCESSING)
    ).exists()
    if method.forgotten_at or method.state not in {SavedState.REMOVED, SavedState.REVOKED} or is_asked:
        return
    gateway().forget_method(method.gateway_id)
    PaymentMethod.objects.filter(pk=method_id, forgotten_at=None).update(forgotten_at=clock.real_now())


def try_forget(method_id: UUID) -> bool:
    """`forget`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        forget(method_id)
    except GatewayProblem as error:
        log.warning("method.not_forgotten", method_id=str(method_id), error=type(error).__name__)
        return False
    return True


def sweep() -> int:
    """Wake a worker for each page whose end may be missed, and for each way to pay that is still to be forgotten. Returns how many."""
    pages = saving.due()
    for page_id in pages:
        queue.wake("billing.finish_saving", page_id=str(page_id))
    ended = PaymentMethod.objects.filter(
        state__in=(SavedState.REMOVED, SavedState.REVOKED), ended_at__isnull=False, forgotten_at=None
    )
    methods = list(ended.order_by("ended_at").values_list("pk", flat=True)[:BATCH])
    for method_id in methods:
        queue.wake("billing.forget_method", method_id=str(method_id))
    return len(pages) + len(methods)


def look_after(*, now: datetime) -> int:
    """Once an hour: warn of cards that end, wake a worker for those that have ended, and for what still rests on one that cannot be
    paid with. Returns how many were warned of or woken for.
    """
    over = PaymentMethod.objects.filter(state=SavedState.SAVED, expires_on__lt=(now - _EVERYWHERE).date())
    ids = list(over.order_by("expires_on").values_list("pk", flat=True)[:BATCH])
    for method_id in ids:
        queue.wake("billing.follow_method", method_id=str(method_id))
    stuck = _ended_under_something()
    for method_id in stuck:
        queue.wake("billing.method_ended", method_id=str(method_id))
    return _warn(now=now) + len(ids) + len(stuck)


def _warn(*, now: datetime) -> int:
    ends = PaymentMethod.objects.filter(
        state=SavedState.SAVED, expires_on__gte=now.date(), expires_on__lte=(now + WARN_BEFORE).date()
    )
    soon = {telling.warning_key(method): method for method in ends.select_related("subscriber")}
    told = set(Message.objects.filter(key__in=list(soon)).values_list("key", flat=True))
    return outbox.send_new([telling.expires(method) for key, method in soon.items() if key not in told])


def _ended_under_something() -> list[UUID]:
    """Ways to pay that have ended while a standing order still rests on them: whoever was woken for it never came."""
    found: set[UUID] = set()
    for standing in (AutoRenew, AutoTopUp):
        on = standing.objects.filter(off_at=None)
        ended = on.filter(Q(method__ended_at__isnull=False) | Q(backup__ended_at__isnull=False))
        for order in ended.select_related("method", "backup")[:BATCH]:
            found |= {way.pk for way in (order.method, order.backup) if way is not None and not way.is_saved}
    return sorted(found)
