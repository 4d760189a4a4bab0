"""Woken by the schedule."""

from celery import shared_task

from lib import clock
from network import partitions


@shared_task(name="network.turn_months")
def turn_months(**_unknown: object) -> None:
    partitions.make(now=clock.now())
    partitions.drop(now=clock.now())
