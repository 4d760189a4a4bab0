"""Woken by the schedule."""

from celery import shared_task

from lib import clock
from portal.my_data import erasing


@shared_task(name="portal.erase_accounts")
def erase_accounts(**_unknown: object) -> None:
    erasing.sweep(now=clock.now(), real_now=clock.real_now())
