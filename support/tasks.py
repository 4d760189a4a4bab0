"""Woken by name; each may run twice. The rows in Postgres say what is to be done."""

from celery import shared_task

from lib import clock
from support import conversation, late_orders


@shared_task(name="support.sweep_late_orders")
def sweep_late_orders(**_unknown: object) -> None:
    late_orders.sweep(now=clock.now())


@shared_task(name="support.put_tickets_away")
def put_tickets_away(**_unknown: object) -> None:
    conversation.put_away(now=clock.now())
