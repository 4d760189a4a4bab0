"""Telling somebody that how they sign in was changed, with a link for when it was not they who did it."""

import uuid
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import hold
from accounts.models import SignInChange, SignInPart, Subscriber
from lib import clock
from notifications import outbox
from notifications.outbox import Outgoing, Recipient

SALT = "sign-in-change"
#: Allauth's names for what can be undone; the rest is told without a link.
_PARTS = {
    "password_changed": SignInPart.PASSWORD,
    "password_set": SignInPart.PASSWORD,
    "password_reset": SignInPart.PASSWORD,
    "phone_changed": SignInPart.NUMBER,
    "email_changed": SignInPart.EMAIL,
    "totp_activated": SignInPart.FACTOR,
    "totp_deactivated": SignInPart.FACTOR,
    "webauthn_added": SignInPart.FACTOR,
    "webauthn_removed": SignInPart.FACTOR,
    "recovery_codes_generated": SignInPart.FACTOR,
}


def tell(name: str, subscriber: Subscriber, *, to: str, former: str = "") -> None:
    """Write to `to` what was changed; `former` is the e-mail or number it was before. The link goes to nobody but the address
    that was settled: a mailbox somebody has just brought must not take the account with it. Joins the caller's transaction.
    """
    if not to:
        return
    part = _PARTS.get(name)
    said = {"what": what(name), "happened_at": clock.now().isoformat()}
    change = _noted(subscriber, part, to=to, former=former) if part else None
    if change is None or to.lower() != _settled(subscriber, real_now=change.changed_at).lower():
        said["url"] = settings.PORTAL_ORIGIN + reverse("account_change_password")
    else:
        said["undo_url"] = settings.PORTAL_ORIGIN + reverse("not_me", args=[signing.dumps(str(change.pk), salt=SALT)])
    outbox.send(
        Outgoing(
            kind="security_notice",
            channel="email",
            to=Recipient(to, get_language() or subscriber.language, timezone.get_current_timezone_name()),
            context=said,
            key=f"security_notice:{uuid.uuid4()}",
            subject="account",
        )
    )


def _noted(subscriber: Subscriber, part: SignInPart, *, to: str, former: str) -> SignInChange:
    return SignInChange.objects.create(
        subscriber=subscriber, part=part, former=former, told_to=to, changed_at=clock.real_now()
    )


def _settled(subscriber: Subscriber, *, real_now: datetime) -> str:
    """The newest address that was the account's for as long as a hold lasts, or was its first. The last change is written already."""
    address, until = subscriber.email, real_now
    changes = subscriber.sign_in_changes.filter(part=SignInPart.EMAIL, undone_at=None)
    for change in changes.order_by("-changed_at"):
        if until - change.changed_at >= hold.HOLD:
            break
        address, until = change.former, change.changed_at
    return address


def what(name: str) -> str:
    """A change by its name in a sentence."""
    words = {
        "password_changed": _("Your password was changed."),
        "password_set": _("A password was set."),
        "password_reset": _("Your password was reset."),
        "phone_changed": _("The number you sign in with was changed."),
        "email_changed": _("Your e-mail address was changed."),
        "email_confirm": _("Your e-mail address was confirmed."),
        "email_deleted": _("An e-mail address was removed."),
        "data_copied": _("A copy of your data was downloaded."),
        "put_back": _("A change of how you sign in was undone, and all sessions were ended."),
        "totp_activated": _("A second factor was switched on."),
        "totp_deactivated": _("The second factor was switched off."),
        "webauthn_added": _("A passkey was added."),
        "webauthn_removed": _("A passkey was removed."),
        "recovery_codes_generated": _("New recovery codes were made."),
    }
    return words.get(name, _("Something about how you sign in was changed."))
