"""Woken by the schedule."""

from celery import shared_task

from accounts import claims, cleaning
from accounts.changing import undoing
from lib import clock


@shared_task(name="accounts.decide_claims")
def decide_claims(**_unknown: object) -> None:
    claims.decide(now=clock.now())


@shared_task(name="accounts.forget_unverified")
def forget_unverified(**_unknown: object) -> None:
    cleaning.forget_unverified(real_now=clock.real_now())
    undoing.forget_old(real_now=clock.real_now())
