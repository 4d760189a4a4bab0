"""A difference becomes a review item and an alarm, once; one that is gone settles its item by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing import reviews
from billing.models import Order, ReviewItem, ReviewKind, ReviewOutcome
from lib.alarm import alarm

#: So many of one area are told in one night; whoever finds more has one cause to look for, not a list.
MOST = 100


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`about` is what differs, by a name that is the same every night; `detail` says in a sentence how, in the same words every night."""

    area: str
    about: str
    detail: str
    currency: str = ""
    order_id: UUID | None = None

    @property
    def subject(self) -> str:
        return f"{_prefix(self.area)}{self.about}"[:120]


def tell(found: Iterable[Difference], *, area: str, now: datetime) -> list[Difference]:
    """Open an item and raise an alarm for each difference that is new, and settle the items of `area` whose difference is gone.

    What staff have looked into stays closed as long as it is told in the same words. Returns what differs, `MOST` of it at most.
    """
    differences: list[Difference] = []
    for difference in found:
        if len(differences) == MOST:
            alarm("reconciliation.many", subject=f"difference:{area}", detail=f"more than {MOST} differences")
            break
        _tell(difference, now=now)
        differences.append(difference)
    else:
        _settle_others(differences, area=area, now=now)
    return differences


def _tell(difference: Difference, *, now: datetime) -> None:
    with transaction.atomic():
        if _is_known(difference):
            return
        is_new = not ReviewItem.objects.filter(subject=difference.subject, closed_at=None).exists()
        reviews.look_into(
            ReviewKind.DIFFERENCE,
            subject=difference.subject,
            now=now,
            order=Order.objects.get(pk=difference.order_id) if difference.order_id else None,
            currency=difference.currency,
            detail=difference.detail,
        )
        if is_new:
            alarm("reconciliation.difference", subject=difference.subject, detail=difference.detail)


def _is_known(difference: Difference) -> bool:
    """Whether it is open in these words, or somebody has looked into it and it says nothing new."""
    last = ReviewItem.objects.filter(subject=difference.subject).order_by("-opened_at", "-id").first()
    if last is None or last.detail != difference.detail[:400]:
        return False
    return last.closed_at is None or last.outcome == ReviewOutcome.LOOKED_INTO


def _settle_others(differences: list[Difference], *, area: str, now: datetime) -> None:
    still = {difference.subject for difference in differences}
    waiting = ReviewItem.objects.filter(
        kind=ReviewKind.DIFFERENCE, closed_at=None, subject__startswith=_prefix(area)
    ).values_list("subject", flat=True)
    for subject in set(waiting) - still:
        reviews.settle_by_itself(subject=subject, now=now)


def _prefix(area: str) -> str:
    return f"difference:{area}:"
