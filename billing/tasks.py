"""Woken by name; each may run twice. The rows in Postgres say what is to be done."""

from uuid import UUID

from celery import shared_task

from billing import fulfilment, held_lines, inbox, low_credit, releasing, sweeps
from billing.by_voucher import voucher_batches
from billing.for_others import following
from billing.giving_back import disputes, refunds
from billing.paying import (
    cancellation,
    charging,
    lost_pages,
    transfer_reminders,
    transfer_returns,
    transfers,
    ways_to_pay,
)
from billing.queued import carrying_out
from billing.receipts import numbering, sending
from billing.reconciliation import events, nightly
from billing.saved_methods import changes, saving
from billing.standing import auto_top_up_runs, coming, prices, renewals, stops
from lib import clock
from plans import lapsing, line_reminders, reminders


@shared_task(name="billing.handle_event")
def handle_event(*, event_id: int, **_unknown: object) -> None:
    inbox.handle(event_id, now=clock.now())


@shared_task(name="billing.fulfil")
def fulfil(*, payment_id: str, **_unknown: object) -> None:
    fulfilment.try_fulfil(UUID(payment_id), now=clock.now())


@shared_task(name="billing.follow_transfers")
def follow_transfers(*, customer_id: str, **_unknown: object) -> None:
    transfers.try_follow(customer_id, now=clock.now())


@shared_task(name="billing.find_lost_page")
def find_lost_page(*, payment_id: str, **_unknown: object) -> None:
    lost_pages.try_find(UUID(payment_id), now=clock.now())


@shared_task(name="billing.end_transfer")
def end_transfer(*, payment_id: str, **_unknown: object) -> None:
    cancellation.end_transfer(UUID(payment_id), now=clock.now())


@shared_task(name="billing.follow_top_up")
def follow_top_up(*, top_up_id: str, **_unknown: object) -> None:
    following.try_follow(UUID(top_up_id), now=clock.now())


@shared_task(name="billing.sweep_top_ups_for_others")
def sweep_top_ups_for_others(**_unknown: object) -> None:
    for top_up_id in following.due():
        following.try_follow(top_up_id, now=clock.now())


@shared_task(name="billing.sweep_renewals")
def sweep_renewals(**_unknown: object) -> None:
    renewals.sweep(now=clock.now())


@shared_task(name="billing.sweep_queue_changes")
def sweep_queue_changes(**_unknown: object) -> None:
    carrying_out.sweep(now=clock.now())


@shared_task(name="billing.sweep_auto_top_ups")
def sweep_auto_top_ups(**_unknown: object) -> None:
    auto_top_up_runs.sweep(now=clock.now())


@shared_task(name="billing.remind_of_ends")
def remind_of_ends(**_unknown: object) -> None:
    now = clock.now()
    reminders.remind(now=now, cared_for=renewals.cared_for(now=now), held=held_lines.ids())


@shared_task(name="billing.sweep_lines")
def sweep_lines(**_unknown: object) -> None:
    now, held = clock.now(), held_lines.ids()
    lapsing.lapse(now=now, held=held)
    releasing.sweep(now=now)
    line_reminders.remind(now=now, held=held)
    low_credit.remind(now=now)


@shared_task(name="billing.announce_renewals")
def announce_renewals(**_unknown: object) -> None:
    coming.announce(now=clock.now())


@shared_task(name="billing.announce_prices")
def announce_prices(**_unknown: object) -> None:
    prices.announce(now=clock.now())


@shared_task(name="billing.sweep_charges")
def sweep_charges(**_unknown: object) -> None:
    charging.sweep(now=clock.now())


@shared_task(name="billing.remind_transfers")
def remind_transfers(**_unknown: object) -> None:
    transfer_reminders.remind(now=clock.now())


@shared_task(name="billing.follow_transfer_return")
def follow_transfer_return(*, return_id: str, **_unknown: object) -> None:
    transfer_returns.try_follow(UUID(return_id))


@shared_task(name="billing.number_receipts")
def number_receipts(**_unknown: object) -> None:
    numbering.number(now=clock.now())


@shared_task(name="billing.number_all_receipts")
def number_all_receipts(**_unknown: object) -> None:
    numbering.number(now=clock.now(), is_thorough=True)


@shared_task(name="billing.draw_receipts")
def draw_receipts(**_unknown: object) -> None:
    sending.draw_waiting()


@shared_task(name="billing.learn_abilities")
def learn_abilities(**_unknown: object) -> None:
    ways_to_pay.learn()


@shared_task(name="billing.follow_refund")
def follow_refund(*, refund_id: str, **_unknown: object) -> None:
    refunds.try_follow(UUID(refund_id), now=clock.now())


@shared_task(name="billing.finish_saving")
def finish_saving(*, page_id: str, **_unknown: object) -> None:
    saving.try_finish(UUID(page_id), now=clock.now())


@shared_task(name="billing.follow_method")
def follow_method(*, method_id: str, **_unknown: object) -> None:
    changes.try_follow(UUID(method_id), now=clock.now())


@shared_task(name="billing.forget_method")
def forget_method(*, method_id: str, **_unknown: object) -> None:
    changes.try_forget(UUID(method_id))


@shared_task(name="billing.method_ended")
def method_ended(*, method_id: str, **_unknown: object) -> None:
    stops.method_ended_by_id(UUID(method_id), now=clock.now())


@shared_task(name="billing.stop_for_former_owners")
def stop_for_former_owners(**_unknown: object) -> None:
    stops.of_former_owners(now=clock.now())


@shared_task(name="billing.sweep_methods")
def sweep_methods(**_unknown: object) -> None:
    changes.sweep()


@shared_task(name="billing.look_after_methods")
def look_after_methods(**_unknown: object) -> None:
    changes.look_after(now=clock.now())


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


@shared_task(name="billing.read_events")
def read_events(**_unknown: object) -> None:
    events.try_read()


@shared_task(name="billing.reconcile")
def reconcile(**_unknown: object) -> None:
    nightly.reconcile_if_due(now=clock.now())
