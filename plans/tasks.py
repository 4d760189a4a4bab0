"""Woken by the schedule."""

from celery import shared_task

from lib import clock
from plans import reminders


@shared_task(name="plans.remind")
def remind(**_unknown: object) -> None:
    reminders.remind(now=clock.now())
