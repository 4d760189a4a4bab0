"""Pure arithmetic of plan periods: design.md, section 5. No database, no clock.

Instants are aware UTC datetimes on whole seconds; ends are exclusive. Month arithmetic is done on the wall clock of the line's
time zone, always from the anchor and never from the end before, so that 31 January gives 28 February and then 31 March.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ValidityUnit(TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")


@dataclass(frozen=True)
class Validity:
    """`count` times 24 hours, or `count` months from the anchor (a quarter is three)."""

    count: int
    unit: ValidityUnit

    @property
    def days(self) -> int:
        """For comparing prices only: a month counts as 30 days, which flatters no plan but in February."""
        return self.count * (1 if self.unit == ValidityUnit.DAY else 30)


@dataclass(frozen=True)
class Slot:
    """`[starts_at, ends_at)`. For months, `ends_at` is the anchor's wall-clock time `anchor_step` months on; for days the step is 0."""

    starts_at: datetime
    ends_at: datetime
    anchor_at: datetime
    anchor_step: int


def to_second(instant: datetime) -> datetime:
    """`instant` in UTC, cut to the second."""
    return instant.astimezone(UTC).replace(microsecond=0)


def months_from(anchor_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The instant `months` after `anchor_at` on the wall clock of `zone`, clamped to the month's last day.

    A wall-clock time that daylight saving skips moves forward by the gap; of a doubled one the first is meant. Both are what
    PEP 495 gives `fold=0`, also for Samoa's missing 30 December 2011.
    """
    local = anchor_at.astimezone(zone)
    index = local.year * 12 + local.month - 1 + months
    year, month = index // 12, index % 12 + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day, fold=0).astimezone(UTC)


def days_from(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The instant `days` later at the same time on the wall clock of `zone`; skipped and doubled times as in `months_from`."""
    return (instant.astimezone(zone) + timedelta(days=days)).replace(fold=0).astimezone(UTC)


def new_chain(start: datetime, validity: Validity, zone: ZoneInfo) -> Slot:
    """The slot that begins at `start`, cut to the second, and anchors a chain of its own."""
    starts_at = to_second(start)
    if validity.unit == ValidityUnit.DAY:
        return Slot(starts_at, starts_at + timedelta(days=validity.count), starts_at, 0)
    return Slot(starts_at, months_from(starts_at, validity.count, zone), starts_at, validity.count)


def behind(previous: Slot, validity: Validity, zone: ZoneInfo) -> Slot:
    """The slot that begins where `previous` ends, on its chain if there is one."""
    if validity.unit == ValidityUnit.DAY or not is_chained(previous, zone):
        return new_chain(previous.ends_at, validity, zone)
    step = previous.anchor_step + validity.count
    ends_at = months_from(previous.anchor_at, step, zone)
    return Slot(previous.ends_at, ends_at, previous.anchor_at, step)


def is_chained(slot: Slot, zone: ZoneInfo) -> bool:
    """Whether `slot` still ends where its anchor says: false for days, and for months that were cut."""
    return slot.anchor_step > 0 and months_from(slot.anchor_at, slot.anchor_step, zone) == slot.ends_at
