"""A line as whoever owns it now may see it: nothing from before it was theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404

from accounts.models import Line, Subscriber
from billing.statement import owned_since
from network import partitions
from network.pages.links import Links
from plans.models import Allowance


@dataclass(frozen=True)
class Owned:
    """`since`: from when on it is the reader's. `kept_from`: single uses from before are forgotten, days are not."""

    reader: Subscriber
    line: Line
    since: datetime
    kept_from: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Days are those of the line's own clock."""
        return ZoneInfo(self.line.time_zone)

    @property
    def links(self) -> Links:
        return Links(self.line.pk, self.kept_from)

    @property
    def opens_from(self) -> datetime:
        """Single uses can be opened from here on."""
        return max(self.since, self.kept_from)


def owned(reader: Subscriber, line_id: UUID, *, now: datetime) -> Owned:
    """Raises Http404 for a line that is not the reader's."""
    line = get_object_or_404(reader.lines, pk=line_id)
    return Owned(reader, line, owned_since(line, reader) or now, partitions.keeps_from(now))


def allowance_of(own: Owned, allowance_id: UUID) -> Allowance:
    """Raises Http404 for one of another line, or one that had ended before the line was the reader's."""
    found = Allowance.objects.filter(line=own.line, expires_at__gt=own.since).select_related("period__plan", "zone")
    return get_object_or_404(found, pk=allowance_id)
