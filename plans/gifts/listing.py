"""What was given from and to a line, as its owner may see it: nothing from before the line was theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line, LineOwnership, Subscriber
from plans.models import AllowanceGift


@dataclass(frozen=True)
class Row:
    """`other`: the other number. `tone` and `says` of the badge; a plain gift has none."""

    gift: AllowanceGift
    is_given: bool
    other: str
    url: str
    tone: str = ""
    says: str = ""


def of_line(line: Line, reader: Subscriber) -> QuerySet[AllowanceGift]:
    """Newest first, given and received."""
    mine = LineOwnership.objects.filter(line=line, subscriber=reader, until_at=None)
    since = mine.order_by("-from_at").values("from_at")[:1]
    found = AllowanceGift.objects.filter(Q(from_line=line) | Q(to_line=line), given_at__gte=Subquery(since))
    return found.select_related("from_line", "to_line", "received")


def given_by(reader: Subscriber) -> QuerySet[AllowanceGift]:
    """What was given from lines that are the reader's, and were then."""
    owned = LineOwnership.objects.filter(line=OuterRef("from_line"), subscriber=reader, until_at=None)
    since = owned.order_by("-from_at").values("from_at")[:1]
    found = AllowanceGift.objects.filter(from_line__in=reader.lines, given_at__gte=Subquery(since))
    return found.select_related("from_line", "to_line", "received__zone", "source__period__plan")


def row(gift: AllowanceGift, line_id: UUID, *, now: datetime) -> Row:
    """As seen from `line_id`."""
    is_given = gift.from_line_id == line_id
    other = gift.to_line if is_given else gift.from_line
    url = reverse("gift", args=[gift.pk])
    if not is_given:
        url = reverse("usage_allowance", args=[line_id, gift.received_id])
    tone, says = badge(gift, now=now)
    return Row(gift, is_given, other.msisdn, url, tone, says)


def badge(gift: AllowanceGift, *, now: datetime) -> tuple[str, str]:
    """How it stands, in a colour and a word."""
    if gift.undone_at:
        return "plain", _("Taken back") if not gift.stays_bytes else _("Partly taken back")
    if gift.received.frozen_at:
        return "warn", _("On hold")
    if now < gift.undo_until:
        return "good", _("Can be taken back")
    return "", ""
