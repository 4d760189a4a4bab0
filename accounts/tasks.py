"""Woken by the schedule, or by name."""

from uuid import UUID

from celery import shared_task

from accounts import claims, cleaning
from accounts.changing import undoing
from accounts.devices import esim, swapping
from lib import clock


@shared_task(name="accounts.decide_claims")
def decide_claims(**_unknown: object) -> None:
    claims.decide(now=clock.now())


@shared_task(name="accounts.forget_unverified")
def forget_unverified(**_unknown: object) -> None:
    cleaning.forget_unverified(real_now=clock.real_now())
    undoing.forget_old(real_now=clock.real_now())


@shared_task(name="accounts.prepare_esim")
def prepare_esim(*, order_id: str, **_unknown: object) -> None:
    esim.prepare(UUID(order_id))


@shared_task(name="accounts.sweep_esims")
def sweep_esims(**_unknown: object) -> None:
    esim.sweep()


@shared_task(name="accounts.sweep_swaps")
def sweep_swaps(**_unknown: object) -> None:
    swapping.sweep()
