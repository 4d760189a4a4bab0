"""Asking for one's account to be deleted, and thinking better of it within a week."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import ErasureRequest, Subscriber
from lib.transactions import whole
from notifications import outbox
from notifications.outbox import Outgoing, Recipient

WAIT = timedelta(days=7)
_SALT = "erasure"


class NoSuchWish(LookupError):
    """The link is not one of ours, or nothing is open any more."""


def open_wish(subscriber: Subscriber) -> ErasureRequest | None:
    return ErasureRequest.objects.filter(subscriber=subscriber, cancelled_at=None, erased_at=None).first()


@whole
def ask(subscriber: Subscriber, *, real_now: datetime) -> ErasureRequest:
    """Delete the account in a week; told by e-mail, with a link that keeps it. A second time is the first."""
    subscriber = Subscriber.objects.select_for_update(no_key=True, of=("self",)).get(pk=subscriber.pk)
    open_already = open_wish(subscriber)
    if open_already:
        return open_already
    wish = ErasureRequest.objects.create(subscriber=subscriber, asked_at=real_now, due_at=real_now + WAIT)
    outbox.send(
        Outgoing(
            kind="erasure_asked",
            channel="email",
            to=Recipient(subscriber.email, subscriber.language, subscriber.time_zone),
            context={"due_at": wish.due_at.isoformat(), "url": settings.PORTAL_ORIGIN + keep_path(wish)},
            key=f"erasure:{wish.pk}",
            subject=f"erasure:{wish.pk}",
        )
    )
    return wish


def keep_path(wish: ErasureRequest) -> str:
    """Of the page that keeps the account, signed: it is opened without signing in, too."""
    return reverse("account_keep", args=[signing.dumps(str(wish.pk), salt=_SALT)])


def wish_of(token: str) -> ErasureRequest:
    """The open wish that a link in the mail names. Raises NoSuchWish."""
    try:
        wish_id = UUID(signing.loads(token, salt=_SALT))
        return ErasureRequest.objects.get(pk=wish_id, cancelled_at=None, erased_at=None)
    except (signing.BadSignature, ValueError, ErasureRequest.DoesNotExist) as error:
        raise NoSuchWish from error


def keep(wish: ErasureRequest, *, real_now: datetime) -> bool:
    """The account stays; a second click changes nothing. False when it is deleted already."""
    still = ErasureRequest.objects.filter(pk=wish.pk, erased_at=None)
    still.filter(cancelled_at=None).update(cancelled_at=real_now)
    return still.exists()
