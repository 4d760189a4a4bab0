"""Who looks after a review item, and how one that is about no money ends. The ways out of held money are in `billing.held_money`
and `billing.paying_out.payouts`.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing import ledger, orders
from billing.authority import Authority, NotAllowed
from billing.models import ReviewItem, ReviewOutcome
from lib import audit
from lib.transactions import whole


class AlreadyTaken(Exception):
    """Somebody else looks after it."""


class StillHeld(Exception):
    """Money is held for it: it is given back, kept as credit or paid out, and that closes it."""


def take(item_id: UUID, *, by: Authority) -> None:
    """`by` looks after the open item from now on. Raises AlreadyTaken."""
    with transaction.atomic():
        is_new = ReviewItem.objects.filter(pk=item_id, owner="", closed_at=None).update(owner=by.actor)
        if is_new:
            _record("review.taken", item_id, by=by)
        elif not ReviewItem.objects.filter(pk=item_id, owner=by.actor).exists():
            raise AlreadyTaken


def hand_back(item_id: UUID, *, by: Authority) -> None:
    """Nobody looks after it any more. Finance may say so of anybody's. Raises NotAllowed."""
    with transaction.atomic():
        item = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item_id)
        if item.owner not in {"", by.actor} and not by.may_decide:
            raise NotAllowed
        if item.owner and item.closed_at is None:
            _record("review.handed_back", item_id, by=by, was=item.owner)
            item.owner = ""
            item.save(update_fields=["owner"])


@whole
def close_looked_into(item_id: UUID, *, reason: str, by: Authority, now: datetime) -> ReviewItem:
    """Nothing is left to do about it. A closed item stays as it is. Raises NotAllowed, OwnLine, StillHeld."""
    by.check_decides()
    found = ReviewItem.objects.select_related("order").get(pk=item_id)
    if found.order is not None:
        line, _order = orders.lock(found.order.pk, line_id=found.order.line_id)
        by.check_foreign(line)
    item = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item_id)
    if item.is_about_held_money and ledger.held_for(item.held_order.pk).get(item.currency):
        raise StillHeld
    if item.closed_at is None:
        end(item, ReviewOutcome.LOOKED_INTO, actor=by.actor, now=now)
        _record("review.closed", item_id, by=by, reason=reason)
    return item


def end(item: ReviewItem, outcome: ReviewOutcome, *, actor: str, now: datetime) -> None:
    """Close the item. The caller holds its lock."""
    item.closed_at, item.outcome, item.actor = now, outcome, actor
    item.save(update_fields=["closed_at", "outcome", "actor"])


def _record(deed: str, item_id: UUID, *, by: Authority, reason: str = "", **detail: str) -> None:
    line_id = ReviewItem.objects.values_list("order__line_id", flat=True).get(pk=item_id)
    audit.record(
        deed,
        actor=by.actor,
        subject=f"review:{item_id}",
        line_id=line_id,
        reason=reason,
        address=by.address,
        **detail,
    )
