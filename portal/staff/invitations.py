"""The one-time link by which somebody becomes staff: it sets the password, and says that the e-mail address is theirs."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Subscriber
from portal.staff import groups

VALID_FOR = timedelta(hours=24)
_SALT = "portal.staff.invitation"


class NotStaff(Exception):
    """The address belongs to a subscriber. Staff sign in with an account of their own."""


@transaction.atomic
def staff_account(*, email: str, name: str = "", group: str = groups.AGENT, is_superuser: bool = False) -> Subscriber:
    """The staff account of that address, made if there is none; without a number and, when new, without a password.

    Name, group and rights are set on an account that exists, too. Raises NotStaff.
    """
    person = Subscriber.objects.filter(email__iexact=email).first()
    if person is None:
        person = Subscriber.objects.create_user(email=email.lower(), is_staff=True)
    elif not person.is_staff:
        raise NotStaff
    person.name = name or person.name
    person.is_superuser = person.is_superuser or is_superuser
    person.is_active = True
    person.save(update_fields=["name", "is_superuser", "is_active"])
    groups.ensure()
    person.groups.set([Group.objects.get(name=group)])
    return person


def forget_second_factor(person: Subscriber) -> None:
    """For a lost device: the next sign-in sets up a new one."""
    Authenticator.objects.filter(user=person).delete()


def token_for(person: Subscriber) -> str:
    """Signed, good for 24 hours and until a password is set."""
    return signing.dumps([person.pk, _fingerprint(person)], salt=_SALT)


def person_of(token: str) -> Subscriber | None:
    """Whose token it is; None when it is forged, too old, or used."""
    try:
        person_id, fingerprint = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = Subscriber.objects.filter(pk=person_id, is_staff=True, is_active=True).first()
    return person if person and constant_time_compare(fingerprint, _fingerprint(person)) else None


@transaction.atomic
def accept(person: Subscriber, *, password: str) -> None:
    """Set the password, which ends the link and every session, and count the address as proven."""
    person.set_password(password)
    person.save(update_fields=["password"])
    EmailAddress.objects.filter(user=person).exclude(email__iexact=person.email).delete()
    EmailAddress.objects.update_or_create(
        user=person, email=person.email.lower(), defaults={"verified": True, "primary": True}
    )


def _fingerprint(person: Subscriber) -> str:
    return salted_hmac(_SALT, f"{person.password}:{person.email}", algorithm="sha256").hexdigest()
