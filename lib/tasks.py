"""Woken by the schedule."""

from celery import shared_task
from django.core.cache import cache

from lib import alarm, clock

HEARTBEAT_KEY = "worker-heartbeat"


@shared_task(name="lib.mail_alarms")
def mail_alarms(**_unknown: object) -> None:
    alarm.mail_alarms()


@shared_task(name="lib.heartbeat")
def heartbeat(**_unknown: object) -> None:
    """Says that beat, broker and a worker are all alive; `/healthz` reads it."""
    cache.set(HEARTBEAT_KEY, clock.real_now().isoformat(), timeout=3600)
