"""What this room holds about a person, for the copy they may have (GDPR, Articles 15 and 20)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Case, CharField, F, Value, When
from django.utils.translation import gettext as _

from accounts.devices import my_data as devices
from accounts.models import SignInPart, Subscriber
from accounts.owned import ownerships
from lib.my_data import Table, table
from notifications.my_data import Held

#: The code that proves an address is written to it before it counts, the notice of the change to the former one after.
_AROUND_A_CHANGE = timedelta(hours=1)


def addresses(subscriber: Subscriber) -> list[Held]:
    """Where they were written to, from when until when: e-mails one after the other, numbers with their lines."""
    held: list[Held] = []
    since = subscriber.created_at
    for change in subscriber.sign_in_changes.filter(part=SignInPart.EMAIL).order_by("changed_at"):
        held.append((change.former, since, change.changed_at + _AROUND_A_CHANGE))
        since = change.changed_at - _AROUND_A_CHANGE
    if subscriber.email:
        held.append((subscriber.email, since, None))
    return held + [(own.line.msisdn, own.from_at, own.until_at) for own in ownerships(subscriber)]


def tables(subscriber: Subscriber) -> list[Table]:
    own = Subscriber.objects.filter(pk=subscriber.pk)
    return [
        table(
            "profile", _("You"), own, name="name", email="email", mobile_number="msisdn",
            mobile_number_not_proven="msisdn_pending", language="language", time_zone="time_zone",
            registered_at="created_at", last_sign_in_at="last_login", sign_in_changed_at="sign_in_changed_at",
        ),
        table("email_addresses", _("E-mail addresses"), subscriber.emailaddress_set.all(), email="email", is_proven="verified"),
        table(
            "lines", _("Your lines"), _lines(subscriber), number="line__msisdn", own_name="own_name", country="line__country",
            currency="line__currency", time_zone="line__time_zone", state="state_now", yours_from="from_at",
            yours_until="until_at",
        ),
        *devices.tables(subscriber),
        table("consents", _("What you agreed to"), subscriber.consents.order_by("pk"), text="kind", version="text_version", agreed_at="given_at"),
        table(
            "claims", _("Numbers you asked for"), subscriber.claims.order_by("pk"), number="line__msisdn", asked_at="opened_at",
            refused_at="vetoed_at", granted_at="granted_at",
        ),
        *_signing_in(subscriber),
    ]  # fmt: skip


def _lines(subscriber: Subscriber) -> Any:
    """A name is the present owner's own, and so is how the line stands."""
    is_theirs = When(until_at=None, then=F("line__label")), When(until_at=None, then=F("line__state"))
    empty = Value("", output_field=CharField())
    name, state = (Case(one, default=empty) for one in is_theirs)
    return subscriber.ownerships.annotate(own_name=name, state_now=state).order_by("from_at")


def _signing_in(subscriber: Subscriber) -> list[Table]:
    sessions = UserSession.objects.filter(user=subscriber).order_by("pk")

    def factors() -> Iterator[tuple[Any, ...]]:
        """Keys and codes themselves stay here: whoever has the copy must not get in with it."""
        for one in Authenticator.objects.filter(user=subscriber).order_by("pk"):
            yield one.type, one.data.get("name", ""), one.created_at, one.last_used_at

    return [
        table(
            "sessions", _("Where you are signed in"), sessions, since="created_at", last_seen_at="last_seen_at",
            internet_address="ip", browser="user_agent",
        ),
        Table("second_factors", _("Passkeys and second factor"), ("kind", "name", "added_at", "last_used_at"), factors),
        table(
            "sign_in_changes", _("Changes of how you sign in, of the last days"), subscriber.sign_in_changes.order_by("changed_at"),
            what="part", before="former", told_to="told_to", changed_at="changed_at", undone_at="undone_at",
        ),
    ]  # fmt: skip
