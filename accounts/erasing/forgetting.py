"""Emptying what this room knows of a person. The row stays, without a word of who it was: what law keeps points to it."""

from datetime import datetime

from allauth.mfa.models import Authenticator

from accounts import sessions
from accounts.devices import ending
from accounts.models import EsimOrder, Line, Subscriber
from notifications import choices, outbox


def forget(subscriber: Subscriber, lines: list[Line], *, now: datetime) -> None:
    """`lines` are theirs until now, locked by the caller; numbers, credit and plans stay on them, for whoever holds the SIM.

    Joins the caller's transaction. Sessions end when it is committed.
    """
    for line in lines:
        line.ownerships.filter(subscriber=subscriber, until_at=None).update(until_at=now)
        choices.forget(line.msisdn)
        outbox.withdraw_from(line.msisdn)
        ending.of_ownership(line)
    Line.objects.filter(pk__in=[line.pk for line in lines]).update(label="")
    EsimOrder.objects.filter(subscriber=subscriber).exclude(label="").update(label="")
    subscriber.claims.all().delete()
    subscriber.emailaddress_set.all().delete()
    subscriber.sign_in_changes.all().delete()
    Authenticator.objects.filter(user=subscriber).delete()
    subscriber.groups.clear()
    subscriber.email = subscriber.msisdn_pending = subscriber.name = ""
    subscriber.msisdn = subscriber.last_login = None
    subscriber.language, subscriber.time_zone = "en", "UTC"
    subscriber.is_active = False
    subscriber.set_unusable_password()
    subscriber.save()
    sessions.forget_all(subscriber)
