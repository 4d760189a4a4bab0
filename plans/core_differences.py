"""What the operator's core knows of each line beside what we have granted, page by page. Differences are listed for staff; nothing is
changed, neither here nor there.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db.models import Q

from accounts.models import Line, LineState
from accounts.models.line import ENDED_STATES
from lib import clock
from lib.alarm import alarm
from plans import commands
from plans.models import Allowance, PlanPeriod
from provisioning import differences
from provisioning.core import core
from provisioning.core.protocol import CoreProblem, LineThere, Page, PeriodThere
from provisioning.differences import Found, Stretch
from provisioning.models import Difference, DifferenceKind

log = structlog.get_logger(__name__)

#: Lines the core need not know: nothing was granted to them, or they are over.
_MAY_BE_UNKNOWN = (LineState.STOCK, *ENDED_STATES)
_UNLIMITED, _FROZEN, _BLOCKED = "unlimited", "frozen", "blocked"


@dataclass(frozen=True)
class Compared:
    """How many lines were looked at, how many differences are new, and how many are open altogether."""

    lines: int
    new: int
    open: int


def compare_and_tell(*, now: datetime) -> None:
    """`compare`, with an alarm for what is new, or when the core did not answer."""
    try:
        compared = compare(now=now)
    except CoreProblem as error:
        alarm("provisioning.no_answer", subject="core", detail=error.code, once=True)
        return
    log.info("core.compared", lines=compared.lines, new=compared.new, open=compared.open)
    if compared.new:
        alarm("provisioning.differs", subject="core", detail=f"{compared.new} new, {compared.open} open")


def compare(*, now: datetime, progress: Callable[[int], None] | None = None) -> Compared:
    """Everything the core knows, a page at a time; `progress` hears how many lines were looked at so far.

    Raises provisioning.core.protocol.CoreProblem; what was found until then stays listed.
    """
    lines = new = 0
    for page, stretch, asked_at in _pages():
        read = _pairs(page, stretch, now=now)
        restless = differences.restless(stretch, since=asked_at)  # after our own rows, so that none of them is newer
        pairs = [pair for pair in read if pair.line_id not in restless]
        found = [one for pair in pairs for one in _differing(pair, now=now)]
        new += differences.settle(found, stretch, restless=restless, now=now)
        lines += len(pairs)
        if progress:
            progress(lines)
    return Compared(lines=lines, new=new, open=Difference.objects.filter(closed_at=None).count())


def _pages() -> Iterator[tuple[Page, Stretch, datetime]]:
    """Each page with the stretch of ids it speaks for, and when it was asked for (real time)."""
    after: UUID | None = None
    while True:
        asked_at = clock.real_now()
        page = core().snapshot(after=after)
        yield page, Stretch(after, page.upto), asked_at
        if page.upto is None:
            return
        after = page.upto


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A line here and there; one of them may be missing. `periods` are ours by the name the core has for them."""

    line_id: UUID
    here: Line | None
    there: LineThere | None
    periods: Mapping[str, "_Granted"]


@dataclass(frozen=True)
class _Granted:
    """A plan period of ours, or what another line gave: what the core was told last, if it heard. `amounts` in words by unit."""

    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    amounts: Mapping[str, str]


def _pairs(page: Page, stretch: Stretch, *, now: datetime) -> list[_Pair]:
    there = {line.line_id: line for line in page.lines}
    wanted = Q(pk__in=there.keys()) | (stretch.holds("pk") & ~Q(state__in=_MAY_BE_UNKNOWN))
    here = {line.pk: line for line in Line.objects.filter(wanted).prefetch_related("sims")}
    named = [period.name for line in page.lines for period in line.periods if _counts(period, now=now)]
    periods: dict[UUID, dict[str, _Granted]] = {}
    for line_id, name, granted in _granted(here.keys(), named, now=now):
        periods.setdefault(line_id, {})[name] = granted
    return [
        _Pair(line_id=line_id, here=here.get(line_id), there=there.get(line_id), periods=periods.get(line_id, {}))
        for line_id in sorted(here.keys() | there.keys())
    ]


def _granted(
    line_ids: Collection[UUID], named: Sequence[str], *, now: datetime
) -> Iterator[tuple[UUID, str, _Granted]]:
    """By line and name, what these lines have, and whatever the core has a name for."""
    periods = PlanPeriod.objects.filter(Q(line__in=line_ids, ends_at__gt=now) | Q(origin__in=named))
    for row in periods.exclude(origin__startswith=commands.IMPORTED).prefetch_related("allowances"):
        is_cancelled = row.cancelled_at is not None
        yield (
            row.line_id,
            row.origin,
            _Granted(row.starts_at, row.ends_at, is_cancelled, _amounts(row.allowances.all())),
        )
    gifts = Allowance.objects.filter(gift__isnull=False)
    for one in gifts.filter(Q(line__in=line_ids, expires_at__gt=now) | Q(origin__in=named)):
        yield one.line_id, one.origin, _Granted(one.starts_at, one.expires_at, False, _amounts([one]))  # noqa: FBT003


def _amounts(allowances: Iterable[Allowance]) -> dict[str, str]:
    return {str(one.unit): _amount(one) for one in allowances}


def _counts(period: PeriodThere, *, now: datetime) -> bool:
    """What is over, or was taken back, is of no matter any more."""
    return not period.is_cancelled and period.ends_at > now


def _differing(pair: _Pair, *, now: datetime) -> Iterator[Found]:
    here, there = pair.here, pair.there
    if here is None and there is not None:
        yield Found(
            line_id=pair.line_id, msisdn=there.msisdn[:16], kind=DifferenceKind.UNKNOWN_HERE, theirs=there.state[:120]
        )
    elif here is not None and there is None:
        if here.state not in _MAY_BE_UNKNOWN:
            yield _found(here, DifferenceKind.UNKNOWN_THERE, ours=here.state)
    elif here is not None and there is not None:
        yield from _of_line(here, there)
        yield from _of_periods(here, pair.periods, there.periods, now=now)


def _of_line(here: Line, there: LineThere) -> Iterator[Found]:
    if here.state not in {LineState.STOCK, there.state}:
        yield _found(here, DifferenceKind.STATE, ours=here.state, theirs=there.state)
    if there.sims is not None:
        in_use = [sim for sim in here.sims.all() if sim.until_at is None]
        ours = _sims_in_words((sim.iccid for sim in in_use), blocked={sim.iccid for sim in in_use if sim.is_blocked})
        theirs = _sims_in_words(there.sims, blocked=there.blocked)
        if ours != theirs:
            yield _found(here, DifferenceKind.SIMS, ours=ours, theirs=theirs)
    if here.msisdn != there.msisdn:
        yield _found(here, DifferenceKind.NUMBER, ours=here.msisdn, theirs=there.msisdn)


def _sims_in_words(iccids: Iterable[str], *, blocked: Collection[str]) -> str:
    return " ".join(f"{iccid} {_BLOCKED}" if iccid in blocked else iccid for iccid in sorted(iccids))


def _of_periods(
    line: Line, ours: Mapping[str, _Granted], theirs: Sequence[PeriodThere], *, now: datetime
) -> Iterator[Found]:
    by_name = {period.name: period for period in theirs if not period.is_cancelled}
    counted = {period.name for period in theirs if _counts(period, now=now)}
    counted |= {name for name, period in ours.items() if not period.is_cancelled and period.ends_at > now}
    for name in sorted(counted):
        here, there = ours.get(name), by_name.get(name)
        if here is None or here.is_cancelled:
            if there and not name.startswith(commands.IMPORTED):
                yield _found(line, DifferenceKind.PERIOD_THERE, about=name, theirs=_dates(there))
        elif there is None:
            yield _found(line, DifferenceKind.PERIOD_HERE, about=name, ours=_dates(here))
        else:
            yield from _of_period(line, name, here, there)


def _of_period(line: Line, name: str, here: _Granted, there: PeriodThere) -> Iterator[Found]:
    if (here.starts_at, here.ends_at) != (there.starts_at, there.ends_at):
        yield _found(line, DifferenceKind.DATES, about=name, ours=_dates(here), theirs=_dates(there))
    ours = here.amounts
    theirs = {unit: _amount_there(there, unit) for unit in there.granted}
    for unit in sorted(ours.keys() | theirs.keys()):
        if ours.get(unit) != theirs.get(unit):
            about = f"{name} {unit}"
            yield _found(line, DifferenceKind.AMOUNT, about=about, ours=ours.get(unit, ""), theirs=theirs.get(unit, ""))


def _amount(one: Allowance) -> str:
    return _in_words(commands.usable(one), is_frozen=one.frozen_at is not None)


def _amount_there(there: PeriodThere, unit: str) -> str:
    return _in_words(there.granted[unit], is_frozen=unit in there.frozen)


def _in_words(granted: int | None, *, is_frozen: bool) -> str:
    """In the unit's base, as support compares it with the core's own tools."""
    words = _UNLIMITED if granted is None else str(granted)
    return f"{words} {_FROZEN}" if is_frozen else words


def _dates(period: _Granted | PeriodThere) -> str:
    return f"{commands.at(period.starts_at)} – {commands.at(period.ends_at)}"


def _found(line: Line, kind: DifferenceKind, *, about: str = "", ours: str = "", theirs: str = "") -> Found:
    return Found(
        line_id=line.pk, msisdn=line.msisdn, kind=kind, about=about[:120], ours=str(ours)[:120], theirs=theirs[:120]
    )
