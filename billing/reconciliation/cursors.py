"""Reading the gateway's lists window by window, oldest first; a cursor remembers how far."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import GatewayCursor
from lib import clock

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Reading:
    """How one list is read. `overlap`: how far back each reading begins again, for what the gateway lists late or out of order, and
    for clocks that differ.
    """

    name: str
    step: timedelta
    overlap: timedelta

    def windows(self, *, until: datetime, first: datetime) -> Iterator[Window]:
        """From where the last reading ended, or from `first`, whichever is later, up to `until` (real time).

        The cursor moves when the next window is asked for: whoever breaks off reads the last one again.
        """
        reached = self.reached_at
        since = first if reached is None else max(first, reached - self.overlap)
        while since < until:
            end = min(since + self.step, until)
            yield since, end
            self._move(end)
            since = end

    @property
    def reached_at(self) -> datetime | None:
        """Everything that the gateway dates before it has been read; None before the first time."""
        return GatewayCursor.objects.filter(name=self.name).values_list("reached_at", flat=True).first()

    def set_back(self, to: datetime) -> None:
        """Read again what the gateway dates after `to`. A cursor that is further back stays there."""
        GatewayCursor.objects.filter(name=self.name, reached_at__gt=to).update(reached_at=to, moved_at=clock.real_now())

    def _move(self, to: datetime) -> None:
        reached = self.reached_at
        GatewayCursor.objects.update_or_create(
            name=self.name,
            defaults={"reached_at": to if reached is None else max(to, reached), "moved_at": clock.real_now()},
        )
