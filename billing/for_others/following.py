"""What becomes of a top-up for another's number: once the payer's bank has set the money aside, the line is looked up for the first
time. Either there is an order then and the money is taken, or it is let go and nobody is told why.

Notice, return page and sweep all come through `follow`; whoever is first wins, and it may stop after any step.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, Q

from accounts.models import Line
from billing import fulfilment, held_money, orders
from billing.for_others import obstacles, telling
from billing.gateways import gateway
from billing.gateways.facts import FactState, PaymentFact
from billing.gateways.protocol import GatewayProblem, Refused
from billing.models import (
    CameBy,
    GuestState,
    GuestTopUp,
    Method,
    Order,
    OrderState,
    Payee,
    Payment,
    PaymentState,
    PaymentWay,
)
from billing.orders import Payer, Wish
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.rows import write
from lib.transactions import whole

log = structlog.get_logger(__name__)

#: How often an open page, and money that is set aside or being taken, is asked for without a notice.
ASK_EVERY = timedelta(minutes=2)
HURRY_EVERY = timedelta(seconds=20)
#: Money that is set aside for longer than this is somebody's money that cannot be spent: people are told.
ASIDE_FOR = timedelta(hours=1)
BATCH = 200
_SETTLED = (OrderState.APPLIED, OrderState.CLOSED, OrderState.REVERSED, OrderState.CANCELLED)


def follow(top_up_id: UUID, *, now: datetime) -> GuestTopUp:
    """Ask the gateway and carry the top-up as far as it goes. Idempotent. Raises GatewayProblem."""
    top_up = GuestTopUp.objects.select_related("link", "plan", "order").get(pk=top_up_id)
    if top_up.session_id is None or top_up.state == GuestState.RELEASED:
        return top_up
    GuestTopUp.objects.filter(pk=top_up_id).update(asked_at=clock.real_now())
    if top_up.state not in {GuestState.AUTHORISED, GuestState.TAKEN}:
        fact = gateway().page_fact(top_up.session_id)
        failpoint("top_up.asked")
        top_up = _record(top_up_id, fact)
    if top_up.state == GuestState.AUTHORISED and not top_up.reason:
        top_up = _decide(top_up_id, now=now)
        failpoint("top_up.decided")
    if top_up.state == GuestState.AUTHORISED:
        return _release(top_up)
    if top_up.state == GuestState.TAKEN and top_up.order and top_up.order.state not in _SETTLED:
        _take(top_up, top_up.order, now=now)
        return GuestTopUp.objects.select_related("order").get(pk=top_up_id)
    return top_up


def try_follow(top_up_id: UUID, *, now: datetime) -> bool:
    """`follow`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        follow(top_up_id, now=now)
    except GatewayProblem as error:
        log.warning("top_up.no_answer", top_up_id=str(top_up_id), error=type(error).__name__)
        return False
    return True


def look(top_up: GuestTopUp, *, now: datetime) -> bool:
    """For somebody looking at its page: ask the gateway, at most every 5 s. Whether anything was asked."""
    is_waiting = top_up.state in {GuestState.OPEN, GuestState.AUTHORISED} or (
        top_up.order is not None and top_up.order.state not in _SETTLED
    )
    quiet = clock.real_now() - fulfilment.ASK_EVERY
    if not is_waiting or (top_up.asked_at and top_up.asked_at > quiet):
        return False
    taken = GuestTopUp.objects.filter(pk=top_up.pk, asked_at=top_up.asked_at).update(asked_at=clock.real_now())
    return bool(taken) and try_follow(top_up.pk, now=now)


def _lock(top_up_id: UUID) -> GuestTopUp:
    rows = GuestTopUp.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("link", "plan", "order").get(pk=top_up_id)


_NOTHING_CAME = (FactState.EXPIRED, FactState.CANCELLED)


@whole
def _record(top_up_id: UUID, fact: PaymentFact) -> GuestTopUp:
    top_up = _lock(top_up_id)
    if fact.state in {FactState.AUTHORISED, FactState.SUCCEEDED} and fact.intent_id:
        if top_up.state in {GuestState.CREATED, GuestState.OPEN, GuestState.EXPIRED}:
            card = fact.method.fingerprint if fact.method else ""
            top_up.move_to(GuestState.AUTHORISED, intent_id=fact.intent_id, fingerprint=card[:64])
    elif fact.state in _NOTHING_CAME and top_up.state in {GuestState.CREATED, GuestState.OPEN}:
        top_up.move_to(GuestState.EXPIRED)
    return top_up


@whole
def _decide(top_up_id: UUID, *, now: datetime) -> GuestTopUp:
    """An order, or the reason why not. Locks: line, top-up (docs/locking.md)."""
    line = obstacles.line_of(GuestTopUp.objects.get(pk=top_up_id))
    top_up = _lock(top_up_id)
    if top_up.state != GuestState.AUTHORISED or top_up.reason:
        return top_up
    top_up.reason = obstacles.of(top_up, line, now=now)
    if top_up.reason or line is None:
        write(top_up, "reason")
        return top_up
    order = _order(top_up, line, now=now)
    _payment(top_up, order)
    top_up.move_to(GuestState.TAKEN, order=order)
    return top_up


def _order(top_up: GuestTopUp, line: Line, *, now: datetime) -> Order:
    wish = Wish(
        line=line,
        buyer=None,
        payer=Payer(email=top_up.email, language=top_up.language, time_zone=top_up.time_zone),
        method=Method(top_up.way),
        form_token=top_up.form_token,
        shown_price_minor=top_up.price_minor,
        plan=top_up.plan,
        consents=top_up.consents,
    )
    order = orders.draw_up(wish, top_up.price, now=now)
    order.came_by = _came_by(top_up)
    order.save(force_insert=True)
    orders.note(order, "placed", at=now, actor="payer")
    return order


def _came_by(top_up: GuestTopUp) -> CameBy:
    if top_up.link_id:
        return CameBy.LINK
    is_listed = Payee.objects.filter(subscriber=top_up.payer_id, msisdn=top_up.msisdn).exists()
    return CameBy.PAYEE if is_listed else CameBy.GUEST


def _payment(top_up: GuestTopUp, order: Order) -> Payment:
    payment = Payment.objects.create(
        order=order,
        way=PaymentWay.PAGE,
        amount_minor=top_up.price_minor,
        currency=top_up.currency,
        idempotency_key=f"top-up:{top_up.pk}:take",
        expires_at=top_up.expires_at,
    )
    payment.move_to(PaymentState.OPEN, session_id=top_up.session_id, intent_id=top_up.intent_id)
    return payment


def _take(top_up: GuestTopUp, order: Order, *, now: datetime) -> None:
    """Take what was set aside and settle it. What cannot be applied any more goes back by itself."""
    payment = Payment.objects.select_related("order").get(order=order)
    intent_id = str(top_up.intent_id)
    try:
        fact = gateway().take(intent_id, idempotency_key=payment.idempotency_key)
    except Refused as error:
        log.warning("top_up.not_taken", top_up_id=str(top_up.pk), code=error.code)
        fact = gateway().charge_fact(intent_id)
    failpoint("top_up.taken")
    settled = fulfilment.settle(payment, fact, now=now)
    if fact.state == FactState.SUCCEEDED:
        give_back_held(settled.order, now=now)
    elif fact.state in {*_NOTHING_CAME, FactState.FAILED}:
        _let_order_go(top_up.pk, order, now=now)


def give_back_held(order: Order, *, now: datetime) -> None:
    """There is nobody to ask what should become of money that could not be applied: it goes back to its payer."""
    for item in order.review_items.filter(closed_at=None):
        if item.is_about_held_money:
            held_money.give_back(item, actor="system", now=now)


@whole
def _let_order_go(top_up_id: UUID, order: Order, *, now: datetime) -> None:
    """The bank took back what it had set aside before we could take it."""
    _line, locked = orders.lock(order.pk, line_id=order.line_id)
    top_up = _lock(top_up_id)
    if locked.state not in {OrderState.PENDING, OrderState.PROCESSING, OrderState.EXPIRED}:
        return
    if locked.state != OrderState.EXPIRED:
        locked.move_to(OrderState.CANCELLED)
        orders.note(locked, "cancelled", at=now, actor="system")
    top_up.reason = "not_taken"
    write(top_up, "reason")
    telling.not_done(top_up)


def _release(top_up: GuestTopUp) -> GuestTopUp:
    fact = gateway().release(str(top_up.intent_id))
    failpoint("top_up.released")
    if fact.state == FactState.SUCCEEDED:
        alarm("top_up.taken_elsewhere", subject=f"top_up:{top_up.pk}", detail=top_up.reason, once=True)
        return top_up
    return _released(top_up.pk)


@whole
def _released(top_up_id: UUID) -> GuestTopUp:
    top_up = _lock(top_up_id)
    if top_up.state == GuestState.AUTHORISED:
        top_up.move_to(GuestState.RELEASED)
        telling.not_done(top_up)
    return top_up


def due() -> list[UUID]:
    """Top-ups that may have moved without our being told, longest unasked first. Raises an alarm for money set aside for long."""
    real = clock.real_now()
    slow, fast = real - ASK_EVERY, real - HURRY_EVERY
    is_open = Q(state=GuestState.OPEN) & _unasked(slow) & Q(created_at__lte=fast)
    is_aside = Q(state=GuestState.AUTHORISED) & _unasked(fast)
    is_taken = Q(state=GuestState.TAKEN, reason="") & ~Q(order__state__in=_SETTLED) & _unasked(fast)
    _expire_unopened(real)
    _warn_of_old(real)
    found = GuestTopUp.objects.filter(is_open | is_aside | is_taken)
    return list(found.order_by(F("asked_at").asc(nulls_first=True)).values_list("pk", flat=True)[:BATCH])


def _unasked(since: datetime) -> Q:
    return Q(asked_at=None) | Q(asked_at__lte=since)


def _expire_unopened(real: datetime) -> None:
    """Nobody was shown a page whose answer never came, so nobody can have paid there."""
    never_opened = GuestTopUp.objects.filter(state=GuestState.CREATED, session_id=None, expires_at__lte=real)
    never_opened.update(state=GuestState.EXPIRED)


def _warn_of_old(real: datetime) -> None:
    old = GuestTopUp.objects.filter(state=GuestState.AUTHORISED, created_at__lte=real - ASIDE_FOR - ASIDE_FOR)
    for pk in old.values_list("pk", flat=True)[:BATCH]:
        alarm("top_up.set_aside_for_long", subject=f"top_up:{pk}", detail="neither taken nor let go", once=True)
