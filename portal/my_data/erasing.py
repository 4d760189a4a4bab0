"""Deleting an account: asked for, a week to think, then every room empties what it knows (docs/privacy.md)."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

import accounts.erasing.forgetting
import billing.forgetting
import notifications.forgetting
import plans.forgetting
import support.forgetting
from accounts.erasing import wishes
from accounts.models import ErasureRequest, Line, Subscriber
from accounts.my_data import addresses
from lib.alarm import alarm, holding_up_nobody
from lib.transactions import whole

#: The law gives a month (GDPR, Article 12(3)); somebody looks before it is over.
LATE = timedelta(days=14)


class NotYet(Exception):
    """Something has to come to its end first (`obstacles`)."""


def obstacles(subscriber: Subscriber) -> list[tuple[str, str]]:
    """In words, and where to see to each ("" where one can only wait)."""
    if subscriber.is_staff:
        return [(_("You work at the desk. Have your access there ended first."), "")]
    return list(billing.forgetting.obstacles(subscriber))


def ask(subscriber: Subscriber, *, now: datetime, real_now: datetime) -> ErasureRequest:
    """Delete the account in a week; nothing renews or tops up by itself from now on. Raises NotYet."""
    if obstacles(subscriber):
        raise NotYet
    billing.forgetting.stop_standing(subscriber, now=now)
    return wishes.ask(subscriber, real_now=real_now)


def sweep(*, now: datetime, real_now: datetime) -> int:
    """Carry out every wish whose week is over; what something stands in the way of is looked at again. One that breaks holds up no other.
    Returns how many were.
    """
    due = ErasureRequest.objects.filter(due_at__lte=real_now, cancelled_at=None, erased_at=None)
    erased = 0
    for wish_id in list(due.order_by("due_at").values_list("pk", flat=True)):
        with holding_up_nobody("erasure.broken", subject=f"erasure:{wish_id}"):
            erased += _carry_out(wish_id, now=now, real_now=real_now)
    return erased


def _carry_out(wish_id: UUID, *, now: datetime, real_now: datetime) -> bool:
    """Nothing is left or dissolved for somebody who stays, or has to wait."""
    wish = ErasureRequest.objects.select_related("subscriber").get(pk=wish_id)
    if wish.cancelled_at or wish.erased_at:
        return False
    billing.forgetting.stop_standing(wish.subscriber, now=now)
    if not obstacles(wish.subscriber):
        plans.forgetting.leave_groups(wish.subscriber, now=now)
        if _erase(wish_id, now=now, real_now=real_now):
            return True
    if wish.due_at <= real_now - LATE:
        alarm("erasure.waits", subject=f"erasure:{wish_id}", detail="something has not come to its end", once=True)
    return False


@whole
def _erase(wish_id: UUID, *, now: datetime, real_now: datetime) -> bool:
    owner_id = ErasureRequest.objects.values_list("subscriber_id", flat=True).get(pk=wish_id)
    owned = Line.objects.filter(ownerships__subscriber=owner_id, ownerships__until_at=None)
    lines = list(owned.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    subscriber = Subscriber.objects.select_for_update(no_key=True, of=("self",)).get(pk=owner_id)
    wish = ErasureRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=wish_id)
    if wish.cancelled_at or wish.erased_at or wish.due_at > real_now or obstacles(subscriber):
        return False
    held = addresses(subscriber)
    billing.forgetting.forget(subscriber, now=now)
    support.forgetting.forget(subscriber, held)
    plans.forgetting.forget(subscriber)
    accounts.erasing.forgetting.forget(subscriber, lines, now=now)
    notifications.forgetting.forget(held)
    kind = ContentType.objects.get_for_model(Subscriber)
    LogEntry.objects.filter(content_type=kind, object_id=str(owner_id)).update(object_repr=f"#{owner_id}")
    wish.erased_at = real_now
    wish.save(update_fields=["erased_at"])
    return True
