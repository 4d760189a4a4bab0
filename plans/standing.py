"""A line's one state in words: the same on page, SMS, e-mail and desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from lib import wording
from plans.models import PlanPeriod

#: From when on an end is worth more attention than the date: three days, or for short plans the last two hours.
SOON = timedelta(days=3)
SOON_WHEN_SHORT = timedelta(hours=2)


class StandingKind(TextChoices):
    RENEWED = "renewed"
    NEXT_PAID = "next_paid"
    ENDS_SOON = "ends_soon"
    WAITING = "waiting"
    ENDED = "ended"
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """`ends_at`: when the running plan ends, or the last one ended. `next_starts_at`, `next_ends_at`: of what is paid behind it."""

    kind: StandingKind
    now: datetime
    ends_at: datetime | None = None
    next_starts_at: datetime | None = None
    next_ends_at: datetime | None = None

    @property
    def words(self) -> str:
        """In the language and time zone active when it is asked."""
        match self.kind, self.ends_at:
            case StandingKind.RENEWED, datetime() as ends_at:
                return _("Renewed until %(end)s") % {"end": wording.end_in_words(ends_at, now=self.now)}
            case StandingKind.ENDS_SOON, datetime() as ends_at:
                return _("Ends in %(time)s") % {"time": wording.time_left_in_words(ends_at, self.now)}
            case StandingKind.NEXT_PAID, _ends_at:
                return _("Next plan paid")
            case StandingKind.WAITING, _ends_at:
                return _("Waiting for your payment")
            case StandingKind.ENDED, _ends_at:
                return _("Ended")
        return _("No plan yet")

    def __str__(self) -> str:
        return self.words


def standing_of(periods: Iterable[PlanPeriod], *, now: datetime, is_waiting: bool = False) -> Standing:
    """The standing that follows from a line's standing plan periods; `is_waiting`: an order for a plan waits for its money.

    A paid next plan is the best news and comes first; money that is awaited comes before dates.
    """
    ordered = sorted(periods, key=lambda period: period.starts_at)
    running = next((period for period in ordered if period.starts_at <= now < period.ends_at), None)
    queued = [period for period in ordered if period.starts_at > now]
    past = [period for period in ordered if period.ends_at <= now]
    ends_at = running.ends_at if running else past[-1].ends_at if past else None
    if queued:
        return Standing(StandingKind.NEXT_PAID, now, ends_at, queued[0].starts_at, queued[-1].ends_at)
    if is_waiting:
        return Standing(StandingKind.WAITING, now, ends_at)
    if running:
        kind = StandingKind.ENDS_SOON if _ends_soon(running, now) else StandingKind.RENEWED
        return Standing(kind, now, ends_at)
    return Standing(StandingKind.ENDED if past else StandingKind.NONE, now, ends_at)


def _ends_soon(period: PlanPeriod, now: datetime) -> bool:
    is_short = period.ends_at - period.starts_at <= SOON
    return period.ends_at - now <= (SOON_WHEN_SHORT if is_short else SOON)
