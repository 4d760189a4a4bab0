"""Tips that fit what was used; each names the figure it is drawn from. Where nothing fits there are none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.wording import MEGABYTE, amount_in_words
from plans.advising.stretch import Use
from plans.models import Unit

#: Shares are in percent.
_MUCH_ABROAD = 20
_FEW_DAYS, _MUCH_ON_FEW = 3, 40
_EVERY_DAY, _MUCH_EVERY_DAY = 50, 200 * MEGABYTE
_MANY_TEXTS = 60


@dataclass(frozen=True)
class Habits:
    """What was used day after day, by country and unit; on how many days more than what was paid for; and what credit paid."""

    home: str
    days: Sequence[Use]
    short_days: int = 0
    credit_minor: int = 0
    credit: str = ""

    @property
    def data(self) -> list[int]:
        """Of each day."""
        return [self._sum(day, Unit.DATA) for day in self.days]

    @property
    def data_abroad(self) -> int:
        return sum(
            amount
            for day in self.days
            for (country, unit), amount in day.items()
            if unit == Unit.DATA and country != self.home
        )

    @property
    def texts(self) -> int:
        return sum(self._sum(day, Unit.TEXTS) for day in self.days)

    def _sum(self, day: Mapping[tuple[str, str], int], unit: str) -> int:
        return sum(amount for (_country, of), amount in day.items() if of == unit)


@dataclass(frozen=True)
class Tip:
    """`figure` is what was seen, `advice` what to do about it."""

    title: str
    figure: str
    advice: str


def tips(habits: Habits) -> list[Tip]:
    return [tip for rule in RULES if (tip := rule(habits))]


def _ran_out(habits: Habits) -> Tip | None:
    if not habits.short_days:
        return None
    figure = ngettext(
        "On %(n)s day something was used that no allowance and no credit covered.",
        "On %(n)s days something was used that no allowance and no credit covered.",
        habits.short_days,
    )
    return Tip(
        _("Do not run dry"),
        figure % {"n": habits.short_days},
        _("Let us tell you when little is left, and take an add-on before it is used up."),
    )


def _from_credit(habits: Habits) -> Tip | None:
    if not habits.credit_minor:
        return None
    return Tip(
        _("Mind what goes from credit"),
        _("%(sum)s went from your credit for use beyond your allowances.") % {"sum": habits.credit},
        _("An add-on or a bigger plan is often less than the rates; you can also switch off use from credit."),
    )


def _abroad(habits: Habits) -> Tip | None:
    total, away = sum(habits.data), habits.data_abroad
    if not away or away * 100 < total * _MUCH_ABROAD:
        return None
    words = {
        "away": amount_in_words(away, Unit.DATA),
        "total": amount_in_words(total, Unit.DATA),
        "percent": away * 100 // total,
    }
    return Tip(
        _("Prepare for abroad"),
        _("%(away)s of %(total)s of data, %(percent)s %%, were used outside your home country.") % words,
        _("Save maps, music and films before you leave, and switch off data roaming for what can wait."),
    )


def _busiest(habits: Habits) -> Tip | None:
    total = sum(habits.data)
    most = sum(sorted(habits.data, reverse=True)[:_FEW_DAYS])
    if not total or most * 100 < total * _MUCH_ON_FEW:
        return None
    words = {"most": amount_in_words(most, Unit.DATA), "total": amount_in_words(total, Unit.DATA)}
    return Tip(
        _("Leave the big things to Wi-Fi"),
        _("Three days used %(most)s of %(total)s of data.") % words,
        _("Films, updates and backups make such days. Where there is Wi-Fi, let them wait for it."),
    )


def _every_day(habits: Habits) -> Tip | None:
    used = sorted(habits.data)
    total = sum(used)
    quiet = used[len(used) // 10] if used else 0
    if quiet < _MUCH_EVERY_DAY or quiet * len(used) * 100 < total * _EVERY_DAY:
        return None
    return Tip(
        _("Look at data in the background"),
        _("Nine days in ten used %(quiet)s or more, quiet days too.") % {"quiet": amount_in_words(quiet, Unit.DATA)},
        _(
            "So even a use comes from apps by themselves as well. The settings of your phone show which, and stop them in the background."
        ),
    )


def _texts(habits: Habits) -> Tip | None:
    if habits.texts < _MANY_TEXTS or not sum(habits.data):
        return None
    return Tip(
        _("Write over data"),
        _("You sent %(texts)s.") % {"texts": amount_in_words(habits.texts, Unit.TEXTS)},
        _("A thousand messages in an app take about as much data as one photo."),
    )


RULES: Sequence[Callable[[Habits], Tip | None]] = (_ran_out, _from_credit, _abroad, _busiest, _every_day, _texts)
