"""Woken by the schedule."""

from celery import shared_task

from lib import alarm
from lib import heartbeat as pulse


@shared_task(name="lib.mail_alarms")
def mail_alarms(**_unknown: object) -> None:
    alarm.mail_alarms()


@shared_task(name="lib.heartbeat")
def heartbeat(**_unknown: object) -> None:
    pulse.beat()
