"""Numbers somebody tops up often, under names of their own. Nobody is told, and whether a number is ours is never looked up."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Subscriber
from billing.models import Payee

#: Enough for a family and its friends; a longer list would be a way to keep other people's numbers.
AT_MOST = 50


class CannotBeAdded(Exception):
    """Base of the reasons below; the view words them."""


class KnownAlready(CannotBeAdded):
    pass


class TooMany(CannotBeAdded):
    pass


def add(subscriber: Subscriber, *, msisdn: str, name: str, now: datetime) -> Payee:
    """Raises KnownAlready, TooMany."""
    if subscriber.payees.count() >= AT_MOST:
        raise TooMany
    try:
        with transaction.atomic():
            return Payee.objects.create(subscriber=subscriber, msisdn=msisdn, name=name, added_at=now)
    except IntegrityError as error:
        raise KnownAlready from error


def rename(payee: Payee, *, name: str) -> None:
    """Another name for the same number."""
    Payee.objects.filter(pk=payee.pk).update(name=name)
