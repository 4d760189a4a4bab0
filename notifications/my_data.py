"""What was written to an address, for the copy its owner may have; codes are never kept as text."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from lib.my_data import Table, table
from notifications.kinds import secret_kinds
from notifications.models import Choice, Message, Suppression

#: an address, and from when until when it was theirs
Held = tuple[str, datetime, datetime | None]


def tables(addresses: Iterable[Held]) -> list[Table]:
    held = list(addresses)
    now = [address for address, _since, until in held if until is None]
    messages = Message.objects.filter(written_to(held)).exclude(kind__in=secret_kinds()).order_by("created_at", "pk")
    return [
        table(
            "messages", _("What we wrote to you"), messages, written_at="created_at", channel="channel", address="address", kind="kind",
            title="sent_title", text="sent_text", state="state", accepted_at="accepted_at",
        ),
        table(
            "message_choices", _("What you want us to write"), Choice.objects.filter(address__in=now).order_by("pk"), address="address",
            kind="kind", is_wanted="is_wanted", chosen_at="made_at",
        ),
        table(
            "mail_trouble", _("Addresses that mails came back from"), Suppression.objects.filter(address__in=now).order_by("pk"),
            address="address", reason="reason", since="since_at", lifted_at="lifted_at",
        ),
    ]  # fmt: skip


def written_to(held: Iterable[Held]) -> Q:
    """Messages to addresses while they were one person's."""
    theirs = Q(pk__in=[])
    for address, since, until in held:
        one = Q(address=address, created_at__gte=since)
        theirs |= one & Q(created_at__lt=until) if until else one
    return theirs
