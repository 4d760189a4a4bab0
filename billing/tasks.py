"""Woken by name; each may run twice. The rows in Postgres say what is to be done."""

from uuid import UUID

from celery import shared_task

from billing import disputes, fulfilment, inbox, refunds, sweeps, voucher_batches
from lib import clock


@shared_task(name="billing.handle_event")
def handle_event(*, event_id: int, **_unknown: object) -> None:
    inbox.handle(event_id, now=clock.now())


@shared_task(name="billing.fulfil")
def fulfil(*, payment_id: str, **_unknown: object) -> None:
    fulfilment.try_fulfil(UUID(payment_id), now=clock.now())


@shared_task(name="billing.follow_refund")
def follow_refund(*, refund_id: str, **_unknown: object) -> None:
    refunds.try_follow(UUID(refund_id), now=clock.now())


@shared_task(name="billing.follow_dispute")
def follow_dispute(*, gateway_id: str, **_unknown: object) -> None:
    disputes.try_follow(gateway_id, now=clock.now())


@shared_task(name="billing.sweep_disputes")
def sweep_disputes(**_unknown: object) -> None:
    disputes.sweep()


@shared_task(name="billing.sweep_events")
def sweep_events(**_unknown: object) -> None:
    inbox.sweep()


@shared_task(name="billing.sweep_payments")
def sweep_payments(**_unknown: object) -> None:
    sweeps.payments()


@shared_task(name="billing.sweep_orders")
def sweep_orders(**_unknown: object) -> None:
    sweeps.unpaid_orders(now=clock.now())


@shared_task(name="billing.sweep_vouchers")
def sweep_vouchers(**_unknown: object) -> None:
    voucher_batches.sweep(now=clock.now())
