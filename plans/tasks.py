"""Woken by beat."""

from celery import shared_task

from lib import clock
from plans import core_differences


@shared_task(name="plans.compare_with_core")
def compare_with_core(**_unknown: object) -> None:
    core_differences.compare_and_tell(now=clock.now())
