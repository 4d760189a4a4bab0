"""The gateway's notices: kept once, handled any number of times, swept up when nobody woke a worker."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from billing import fulfilment
from billing.gateways.protocol import GatewayProblem, Notice
from billing.giving_back import dashboard_refunds, disputes, refunds
from billing.models import EventState, Payment, Refund, TransferReturn, WebhookEvent
from billing.paying import transfer_returns, transfers
from lib import clock, queue
from lib.alarm import alarm
from lib.failpoints import failpoint

log = structlog.get_logger(__name__)

#: What we act on; everything else is kept and ignored.
_ABOUT_PAYMENTS = ("checkout.session.", "payment_intent.", "charge.")
_ABOUT_REFUNDS = ("refund.",)
_ABOUT_DISPUTES = "charge.dispute."
_ABOUT_TRANSFERS = ("customer_cash_balance_transaction.", "cash_balance.")
_BRINGS_MONEY = "payment_intent.succeeded"
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
    if event.kind.startswith(_ABOUT_DISPUTES):
        return EventState.DONE if disputes.follow(event.object_id, now=now) else EventState.IGNORED
    if event.kind.startswith(_ABOUT_TRANSFERS):
        transfers.follow(event.object_id, now=now)
        return EventState.DONE
    if event.kind.startswith(_ABOUT_REFUNDS):
        return _act_on_refund(event, now=now)
    if event.payment_id and event.kind.startswith(_ABOUT_PAYMENTS):
        if Payment.objects.filter(pk=event.payment_id).exists():
            return _act_on_payment(event, event.payment_id, now=now)
        alarm("payment.unknown", subject=f"event:{event.pk}", detail=event.kind)
    elif event.kind == _BRINGS_MONEY:
        alarm("payment.not_ours", subject=f"event:{event.pk}", detail="money came that no payment of ours asked for")
    return EventState.IGNORED


def _act_on_payment(event: WebhookEvent, payment_id: UUID, *, now: datetime) -> EventState:
    if event.kind.startswith("checkout.session."):
        # The page may have been made by a call whose answer never reached us.
        Payment.objects.filter(pk=payment_id, session_id=None).update(session_id=event.object_id)
    payment = fulfilment.fulfil(payment_id, now=now)
    if event.kind == _TAKES_MONEY:
        dashboard_refunds.adopt_all(payment, now=now)
    return EventState.DONE


def _act_on_refund(event: WebhookEvent, *, now: datetime) -> EventState:
    if event.refund_id and Refund.objects.filter(pk=event.refund_id).exists():
        refunds.follow(event.refund_id, now=now)
        return EventState.DONE
    if event.refund_id and TransferReturn.objects.filter(pk=event.refund_id).exists():
        transfer_returns.follow(event.refund_id)
        return EventState.DONE
    return EventState.DONE if dashboard_refunds.adopt(event.object_id, now=now) else EventState.IGNORED


def sweep() -> int:
    """Wake a worker for each notice that is due, oldest first. Returns how many."""
    due = WebhookEvent.objects.filter(state=EventState.RECEIVED, next_try_at__lte=clock.real_now())
    ids = list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH])
    for event_id in ids:
        queue.wake("billing.handle_event", event_id=event_id)
    return len(ids)
