"""Woken by beat."""

from celery import shared_task

from lib import clock
from plans import core_differences
from plans.groups import asking, ending


@shared_task(name="plans.compare_with_core")
def compare_with_core(**_unknown: object) -> None:
    core_differences.compare_and_tell(now=clock.now())


@shared_task(name="plans.look_after_groups")
def look_after_groups(**_unknown: object) -> None:
    asking.expire(now=clock.now())
    ending.look_after(now=clock.now())
