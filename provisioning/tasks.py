"""Woken by name; the rows say what is due."""

from celery import shared_task

from provisioning import claims, delivery


@shared_task(name="provisioning.deliver")
def deliver(**_unknown: object) -> None:
    delivery.deliver()


@shared_task(name="provisioning.sweep")
def sweep(**_unknown: object) -> None:
    claims.release_stale()
    delivery.deliver()
    delivery.watch()
