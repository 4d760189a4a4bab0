"""Leaving what is shared, and emptying the names people chose for it."""

from contextlib import suppress
from datetime import datetime

from accounts.models import Subscriber
from plans.groups import ending
from plans.groups.rules import NotPossible
from plans.models import GroupMember, SharingGroup

GONE = "-"


def leave_groups(subscriber: Subscriber, *, now: datetime) -> None:
    """Their groups are dissolved and they leave those of others, who are told. Each in a transaction of its own; a second time nothing happens."""
    for group in SharingGroup.objects.of(subscriber):
        ending.dissolve(group=group, now=now)
    for member in GroupMember.objects.filter(subscriber=subscriber, left_at=None):
        with suppress(NotPossible):  # over by now
            ending.leave(member=member, now=now)


def forget(subscriber: Subscriber) -> None:
    """What others read instead of a name. Joins the caller's transaction."""
    SharingGroup.objects.filter(owner=subscriber).update(shows=GONE)
    GroupMember.objects.filter(subscriber=subscriber).update(shows=GONE)
