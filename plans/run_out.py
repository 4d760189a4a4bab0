"""Until when data lasts at a pace: the likely moment, and a band that holds in four cases of five. Pure arithmetic, see docs/pace.md."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

from plans.pace import Case, Pace, Spell, Stretch


class Outlook(Enum):
    """`RUNS_OUT` even in the light case, `LIKELY` in the usual one, `COULD` in the heavy one alone, else it `LASTS`."""

    RUNS_OUT = "runs_out"
    LIKELY = "likely"
    COULD = "could"
    LASTS = "lasts"


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """When data runs out (or, if `is_slowing`, full speed ends) in the heavy, the usual and the light case; None: not before `until`.

    `left`: bytes that are left then in the usual case, None without limit.
    """

    now: datetime
    until: datetime
    early: datetime | None = None
    likely: datetime | None = None
    late: datetime | None = None
    left: int | None = None
    is_slowing: bool = False

    @property
    def outlook(self) -> Outlook:
        if self.late:
            return Outlook.RUNS_OUT
        if self.likely:
            return Outlook.LIKELY
        return Outlook.COULD if self.early else Outlook.LASTS

    @property
    def is_drawn(self) -> bool:
        """Whether there is a band to draw before the end."""
        return self.early is not None

    @property
    def early_percent(self) -> int:
        return self._percent(self.early)

    @property
    def likely_percent(self) -> int:
        return self._percent(self.likely)

    @property
    def band_percent(self) -> int:
        """How much of the time the band takes; never less than can be seen."""
        return min(100 - self.early_percent, max(3, self._percent(self.late) - self.early_percent))

    def _percent(self, at: datetime | None) -> int:
        """Where on the way from now to the end."""
        return 100 if at is None else round((at - self.now) * 100 / (self.until - self.now))


@dataclass
class _Course:
    """One case played: when each spell is empty, when all are, and what is left of each at the end."""

    rooms: dict[Hashable, float]
    empty: dict[Hashable, datetime] = field(default_factory=dict)
    out_at: datetime | None = None


def forecast(pace: Pace, spells: Sequence[Spell], *, now: datetime, until: datetime) -> Forecast | None:
    """Until when all of `spells` together last, at most to `until`; None when there is nothing to run out, or nothing left."""
    valid = [spell for spell in spells if spell.starts_at <= now < spell.ends_at]
    limited = [spell for spell in valid if spell.room]
    if not limited or any(spell.room is None and spell.ends_at >= until for spell in valid) or not pace.level:
        return None
    heavy, usual, light = (_played(pace, valid, now=now, until=until, case=case) for case in reversed(Case))
    rests = [usual.rooms[spell.key] for spell in limited if spell.ends_at >= until]
    return Forecast(
        now=now,
        until=until,
        early=heavy.out_at,
        likely=usual.out_at,
        late=light.out_at,
        left=int(sum(rests)),
        is_slowing=any(spell.is_slowing for spell in limited),
    )


def forecast_each(pace: Pace, spells: Sequence[Spell], *, now: datetime) -> dict[Hashable, Forecast]:
    """The same of each spell by itself, each used up in its turn, at most to its own end."""
    valid = [spell for spell in spells if spell.starts_at <= now < spell.ends_at]
    if not valid or not pace.level:
        return {}
    until = max(spell.ends_at for spell in valid)
    heavy, usual, light = (_played(pace, valid, now=now, until=until, case=case) for case in reversed(Case))
    return {
        spell.key: Forecast(
            now=now,
            until=spell.ends_at,
            early=heavy.empty.get(spell.key),
            likely=usual.empty.get(spell.key),
            late=light.empty.get(spell.key),
            left=int(usual.rooms[spell.key]),
            is_slowing=spell.is_slowing,
        )
        for spell in valid
        if spell.room
    }


def of_amount(pace: Pace, amount: int, *, now: datetime, until: datetime) -> Forecast:
    """How long `amount` lasts that begins afresh at `now`, and nothing else is used."""
    spell = Spell(key="", starts_at=now, ends_at=until, granted=amount, room=amount)
    courses = (_played(pace, [spell], now=now, until=until, case=case, is_fresh=True) for case in reversed(Case))
    heavy, usual, light = courses
    return Forecast(
        now=now,
        until=until,
        early=heavy.out_at,
        likely=usual.out_at,
        late=light.out_at,
        left=int(usual.rooms[""]),
    )


def _played(
    pace: Pace, spells: Sequence[Spell], *, now: datetime, until: datetime, case: Case, is_fresh: bool = False
) -> _Course:
    """First to expire first, as use is charged; what begins later is not waited for."""
    ordered = sorted(spells, key=lambda spell: (spell.ends_at, str(spell.key)))
    course = _Course({spell.key: spell.room for spell in ordered if spell.room is not None})
    load = square = told = 0.0
    for stretch in pace.ahead(now=now, until=until, is_fresh=is_fresh):
        for part in _cut(stretch, ordered):
            load, square = load + part.load, square + part.square
            total = max(told, pace.total(load, square, case))
            _use(course, ordered, part, total - told)
            told = total
        if course.out_at:
            break
    return course


def _cut(stretch: Stretch, spells: Sequence[Spell]) -> list[Stretch]:
    """Where a spell ends within it, in two."""
    ends = {spell.ends_at for spell in spells if stretch.starts_at < spell.ends_at < stretch.ends_at}
    if not ends:
        return [stretch]
    bounds = [stretch.starts_at, *sorted(ends), stretch.ends_at]
    parts = []
    for start, end in pairwise(bounds):
        share = (end - start) / (stretch.ends_at - stretch.starts_at)
        part = Stretch(starts_at=start, ends_at=end, load=stretch.load * share, square=stretch.square * share)
        parts.append(part)
    return parts


def _use(course: _Course, ordered: Sequence[Spell], stretch: Stretch, wanted: float) -> None:
    """Take what is used in `stretch` from what is valid in it."""
    left = wanted
    length: timedelta = stretch.ends_at - stretch.starts_at
    for spell in ordered:
        if not spell.starts_at <= stretch.starts_at < spell.ends_at:
            continue
        if spell.room is None:
            return
        taken = min(left, course.rooms[spell.key])
        left -= taken
        course.rooms[spell.key] -= taken
        if course.rooms[spell.key] <= 0 and spell.key not in course.empty:
            course.empty[spell.key] = stretch.starts_at + length * ((wanted - left) / wanted if wanted else 0)
    if left > 0 and course.out_at is None:
        course.out_at = stretch.starts_at + length * ((wanted - left) / wanted)
