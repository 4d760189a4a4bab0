"""Woken by name; the rows say what is due."""

from celery import shared_task

from notifications import delivery, reports


@shared_task(name="notifications.deliver_now")
def deliver_now(**_unknown: object) -> None:
    delivery.deliver(secret=True)


@shared_task(name="notifications.deliver")
def deliver(**_unknown: object) -> None:
    delivery.deliver(secret=False)


@shared_task(name="notifications.sweep")
def sweep(**_unknown: object) -> None:
    delivery.settle_stale_claims()
    reports.sweep()
    delivery.deliver()


@shared_task(name="notifications.forget_secrets")
def forget_secrets(**_unknown: object) -> None:
    delivery.forget_secrets()
