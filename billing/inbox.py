"""The gateway's notices: kept once, handled any number of times, swept up when nobody woke a worker."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from django.db import transaction

from billing import fulfilment
from billing.for_others import following
from billing.gateways.protocol import GatewayProblem, Notice
from billing.giving_back import dashboard_refunds, disputes, refunds
from billing.models import EventState, GuestTopUp, Payment, PaymentWay, Refund, SavingPage, TransferReturn, WebhookEvent
from billing.paying import transfer_returns, transfers
from billing.saved_methods import changes, saving
from lib import clock, queue
from lib.alarm import alarm
from lib.failpoints import failpoint

log = structlog.get_logger(__name__)

_PAGE = "checkout.session."
_BRINGS_MONEY = "payment_intent.succeeded"
_INTENT = "payment_intent."
_TAKES_MONEY = "charge.refunded"

#: Seconds until the next try: also the lease of the present one, longer than the gateway's time-outs.
SHORTEST_WAIT = 30
LONGEST_WAIT = 600
TRIES = 12
BATCH = 500


def keep(notice: Notice) -> bool:
    """Keep a notice; True when it is new. A worker is woken after the commit, for a repeat too: the first may have been lost."""
    event, is_new = WebhookEvent.objects.get_or_create(
        event_id=notice.event_id,
        defaults={
            "kind": notice.kind,
            "object_id": notice.object_id,
            "payment_id": notice.payment_id,
            "refund_id": notice.refund_id,
            "top_up_id": notice.top_up_id,
            "happened_at": notice.happened_at,
        },
    )
    failpoint("inbox.kept")
    if event.state == EventState.RECEIVED:
        queue.after_commit("billing.handle_event", event_id=event.pk)
    return is_new


def handle(event_id: int, *, now: datetime) -> None:
    """Act on one notice unless somebody else is at it. When the gateway does not answer, or something breaks, it is tried again
    with back-off; after 12 tries the notice is dead and an alarm says so.
    """
    event = _lease(event_id)
    if event is None:
        return
    try:
        state = _act(event, now=now)
    except GatewayProblem as error:
        log.warning("event.no_answer", event_id=event_id, error=type(error).__name__)
        WebhookEvent.objects.filter(pk=event.pk).update(error=type(error).__name__)
        return
    WebhookEvent.objects.filter(pk=event.pk).update(state=state, handled_at=clock.real_now(), error="")


def _lease(event_id: int) -> WebhookEvent | None:
    """The event, ours until the next try is due; None when it is somebody else's, not due, or beyond its tries."""
    real = clock.real_now()
    with transaction.atomic():
        event = (
            WebhookEvent.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=event_id, state=EventState.RECEIVED, next_try_at__lte=real)
            .first()
        )
        if event is None:
            return None
        if event.attempts >= TRIES:
            event.state = EventState.DEAD
            event.save(update_fields=["state"])
            alarm("event.dead", subject=f"event:{event.pk}", detail=event.error)
            return None
        event.attempts += 1
        event.next_try_at = real + timedelta(seconds=min(SHORTEST_WAIT * 2 ** (event.attempts - 1), LONGEST_WAIT))
        event.save(update_fields=["next_try_at", "attempts"])
    return event


def _act(event: WebhookEvent, *, now: datetime) -> EventState:
    act = next((act for prefix, act in _ACTS if event.kind.startswith(prefix)), None)
    return act(event, now=now) if act else EventState.IGNORED


def _act_on_dispute(event: WebhookEvent, *, now: datetime) -> EventState:
    return EventState.DONE if disputes.follow(event.object_id, now=now) else EventState.IGNORED


def _act_on_transfer(event: WebhookEvent, *, now: datetime) -> EventState:
    transfers.follow(event.object_id, now=now)
    return EventState.DONE


def _act_on_money(event: WebhookEvent, *, now: datetime) -> EventState:
    if event.payment_id:
        if Payment.objects.filter(pk=event.payment_id).exists():
            return _act_on_payment(event, event.payment_id, now=now)
        alarm("payment.unknown", subject=f"event:{event.pk}", detail=event.kind)
    elif event.top_up_id and GuestTopUp.objects.filter(pk=event.top_up_id).exists():
        return _act_on_top_up(event, event.top_up_id, now=now)
    elif event.kind.startswith(_PAGE):
        return _act_on_saving(event, now=now)
    elif event.kind == _BRINGS_MONEY:
        alarm("payment.not_ours", subject=f"event:{event.pk}", detail="money came that no payment of ours asked for")
    return EventState.IGNORED


def _act_on_payment(event: WebhookEvent, payment_id: UUID, *, now: datetime) -> EventState:
    if event.kind.startswith(_PAGE):
        # The page may have been made by a call whose answer never reached us.
        Payment.objects.filter(pk=payment_id, session_id=None).update(session_id=event.object_id)
    elif event.kind.startswith(_INTENT):
        # So may the intent of a saved way to pay.
        made = Payment.objects.filter(pk=payment_id, way=PaymentWay.SAVED, intent_id=None)
        made.update(intent_id=event.object_id)
    payment = fulfilment.fulfil(payment_id, now=now)
    if event.kind == _TAKES_MONEY:
        dashboard_refunds.adopt_all(payment, now=now)
    return EventState.DONE


def _act_on_top_up(event: WebhookEvent, top_up_id: UUID, *, now: datetime) -> EventState:
    """Money set aside for another's number; once it has been taken, its payment is followed like every other."""
    top_up = following.follow(top_up_id, now=now)
    payment = Payment.objects.filter(order=top_up.order_id).first() if top_up.order_id else None
    return _act_on_payment(event, payment.pk, now=now) if payment else EventState.DONE


def _act_on_method(event: WebhookEvent, *, now: datetime) -> EventState:
    is_ours = changes.follow_known(event.object_id, now=now)
    return EventState.DONE if is_ours else EventState.IGNORED


def _act_on_mandate(event: WebhookEvent, *, now: datetime) -> EventState:
    is_ours = changes.follow_mandate(event.object_id, now=now)
    return EventState.DONE if is_ours else EventState.IGNORED


def _act_on_saving(event: WebhookEvent, *, now: datetime) -> EventState:
    page_id = SavingPage.objects.filter(session_id=event.object_id).values_list("pk", flat=True).first()
    if page_id is None:
        return EventState.IGNORED
    saving.finish(page_id, now=now)
    return EventState.DONE


def _act_on_refund(event: WebhookEvent, *, now: datetime) -> EventState:
    if event.refund_id and Refund.objects.filter(pk=event.refund_id).exists():
        refunds.follow(event.refund_id, now=now)
        return EventState.DONE
    if event.refund_id and TransferReturn.objects.filter(pk=event.refund_id).exists():
        transfer_returns.follow(event.refund_id)
        return EventState.DONE
    return EventState.DONE if dashboard_refunds.adopt(event.object_id, now=now) else EventState.IGNORED


class _Act(Protocol):
    def __call__(self, event: WebhookEvent, /, *, now: datetime) -> EventState: ...


#: What we act on, by how its kind begins, the first that fits; everything else is kept and ignored.
_ACTS: tuple[tuple[str, _Act], ...] = (
    ("charge.dispute.", _act_on_dispute),
    ("customer_cash_balance_transaction.", _act_on_transfer),
    ("cash_balance.", _act_on_transfer),
    ("refund.", _act_on_refund),
    ("payment_method.", _act_on_method),
    ("mandate.", _act_on_mandate),
    (_PAGE, _act_on_money),
    ("payment_intent.", _act_on_money),
    ("charge.", _act_on_money),
)


def sweep() -> int:
    """Wake a worker for each notice that is due, oldest first. Returns how many."""
    due = WebhookEvent.objects.filter(state=EventState.RECEIVED, next_try_at__lte=clock.real_now())
    ids = list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH])
    for event_id in ids:
        queue.wake("billing.handle_event", event_id=event_id)
    return len(ids)
