"""Woken by beat, and by what happens to periods that were given from."""

from uuid import UUID

from celery import shared_task

from lib import clock
from plans import core_differences
from plans.gifts import following
from plans.groups import asking, ending


@shared_task(name="plans.compare_with_core")
def compare_with_core(**_unknown: object) -> None:
    core_differences.compare_and_tell(now=clock.now())


@shared_task(name="plans.follow_gifts")
def follow_gifts(*, line_id: str, **_unknown: object) -> None:
    following.follow(UUID(line_id), now=clock.now())


@shared_task(name="plans.sweep_gifts")
def sweep_gifts(**_unknown: object) -> None:
    following.sweep(now=clock.now())


@shared_task(name="plans.look_after_groups")
def look_after_groups(**_unknown: object) -> None:
    ending.look_after(now=clock.now())


@shared_task(name="plans.expire_asks")
def expire_asks(**_unknown: object) -> None:
    asking.expire(now=clock.now())
