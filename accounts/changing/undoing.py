"""'It was not me': who was told of a change undoes it from the mail, while nothing of value can leave the account."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from accounts import hold, sessions
from accounts.changing import notices
from accounts.devices import ending
from accounts.erasing import wishes
from accounts.models import Line, SignInChange, SignInPart, Subscriber
from lib.transactions import whole

KEPT_FOR = timedelta(days=7)


class NoSuchChange(LookupError):
    """The link is not one of ours, or what it names is forgotten."""


class TooLate(Exception):
    """It was undone already, or the hold is over: whoever has the old mailbox by now must not get the account with it."""


def change_of(token: str, *, real_now: datetime) -> SignInChange:
    """The change a link names. Raises NoSuchChange, TooLate."""
    try:
        change = SignInChange.objects.get(pk=UUID(signing.loads(token, salt=notices.SALT)))
    except (signing.BadSignature, ValueError, SignInChange.DoesNotExist) as error:
        raise NoSuchChange from error
    _check(change, real_now)
    return change


@whole
def undo(change_id: UUID, *, real_now: datetime) -> bool:
    """End every session, make the password nobody's, take away passkeys and second factors added within the hold, and put e-mail and
    number back to what they were before this change and those after it. The account's e-mail is again the one that was told. What was
    begun meanwhile and has not happened yet does not happen: swaps, eSIMs, an open lock, a code for another operator, deleting the account.

    Returns whether it is; False when the address is another's by now. Raises NoSuchChange, TooLate.
    """
    subscriber_id = SignInChange.objects.values_list("subscriber_id", flat=True).filter(pk=change_id).first()
    if subscriber_id is None:
        raise NoSuchChange
    lines = _lock_lines(subscriber_id)
    subscriber = Subscriber.objects.select_for_update(no_key=True, of=("self",)).get(pk=subscriber_id)
    change = SignInChange.objects.get(pk=change_id)
    _check(change, real_now)
    since = SignInChange.objects.filter(subscriber=subscriber, changed_at__gte=change.changed_at, undone_at=None)
    displaced = subscriber.email
    _put_number_back(subscriber, since)
    is_reachable = _put_email_back(subscriber, change.told_to)
    # Not "unusable": allauth asks nothing more of somebody who has no password at all.
    subscriber.set_password(secrets.token_urlsafe(32))
    subscriber.sign_in_changed_at = real_now
    subscriber.save(update_fields=["email", "msisdn", "password", "sign_in_changed_at"])
    _take_new_factors(subscriber, after=real_now - hold.HOLD)
    since.update(undone_at=real_now)
    _call_off(subscriber, lines, real_now=real_now)
    if displaced.lower() != change.told_to.lower():
        _note_displaced(subscriber, displaced, real_now=real_now)
        notices.tell("put_back", subscriber, to=displaced)
    transaction.on_commit(lambda: sessions.end_all(subscriber), robust=True)
    return is_reachable


def forget_old(*, real_now: datetime) -> int:
    """What was changed is not kept longer than somebody may ask about it. Returns how many went. A former e-mail stays with its time:
    by it what was written there is found, to be copied or forgotten.
    """
    old = SignInChange.objects.filter(changed_at__lt=real_now - KEPT_FOR)
    return old.exclude(part=SignInPart.EMAIL).delete()[0]


def _check(change: SignInChange, real_now: datetime) -> None:
    if change.undone_at or change.changed_at + hold.HOLD <= real_now:
        raise TooLate


def _lock_lines(subscriber_id: int) -> list[Line]:
    """Lines before the subscriber, as everybody does (docs/locking.md)."""
    owned = Line.objects.filter(ownerships__subscriber=subscriber_id, ownerships__until_at=None)
    return list(owned.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _call_off(subscriber: Subscriber, lines: list[Line], *, real_now: datetime) -> None:
    for line in lines:
        ending.call_off_asked(line)
    if wish := wishes.open_wish(subscriber):
        wishes.keep(wish, real_now=real_now)


def _note_displaced(subscriber: Subscriber, displaced: str, *, real_now: datetime) -> None:
    """By it what was written there is found (`accounts.my_data.addresses`); it is over itself, and nobody is sent a link to it."""
    SignInChange.objects.create(
        subscriber=subscriber,
        part=SignInPart.EMAIL,
        former=displaced,
        told_to=displaced,
        changed_at=real_now,
        undone_at=real_now,
    )


def _put_number_back(subscriber: Subscriber, since: QuerySet[SignInChange]) -> None:
    first = since.filter(part=SignInPart.NUMBER).order_by("changed_at").first()
    if first is None:
        return
    is_taken = Subscriber.objects.filter(msisdn=first.former).exclude(pk=subscriber.pk).exists()
    subscriber.msisdn = None if is_taken else first.former or None


def _put_email_back(subscriber: Subscriber, email: str) -> bool:
    if subscriber.email.lower() == email.lower():
        return True
    subscriber.emailaddress_set.all().delete()
    is_taken = (
        Subscriber.objects.filter(email__iexact=email).exists()
        or EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
    )
    subscriber.email = "" if is_taken else email
    if not is_taken:
        EmailAddress.objects.create(user=subscriber, email=email, verified=True, primary=True)
    return not is_taken


def _take_new_factors(subscriber: Subscriber, *, after: datetime) -> None:
    """Recovery codes go with the last of what they stand in for."""
    own = Authenticator.objects.filter(user=subscriber)
    own.filter(created_at__gt=after).delete()
    if not own.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        own.delete()
