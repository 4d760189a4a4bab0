"""Until when data lasts, in words. What is likely comes first, then the band; nothing is said more exactly than it is known."""

from datetime import datetime
from math import ceil

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import wording
from plans.run_out import Forecast, Outlook

_DAY_SECONDS = 86_400


def sentence(forecast: Forecast) -> str:
    """For the line's data as a whole, in one or two sentences."""
    facts = {
        "day": _day(forecast.likely, forecast),
        "early": _day(forecast.early, forecast),
        "late": _day(forecast.late, forecast),
        "left": about(forecast.left or 0),
    }
    return _slowing(forecast, facts) if forecast.is_slowing else _running_out(forecast, facts)


def _running_out(forecast: Forecast, facts: dict[str, str]) -> str:
    match forecast.outlook:
        case Outlook.RUNS_OUT | Outlook.LIKELY if _is_today(forecast.likely, forecast):
            words = _("At your pace your data may be used up today.")
        case Outlook.RUNS_OUT if facts["early"] == facts["late"]:
            words = _("At your pace your data lasts until %(day)s.")
        case Outlook.RUNS_OUT:
            words = _("At your pace your data lasts until about %(day)s, between %(early)s and %(late)s.")
        case Outlook.LIKELY if facts["early"] == facts["day"]:
            words = _("At your pace your data lasts until about %(day)s, or just until the plan ends.")
        case Outlook.LIKELY:
            words = _(
                "At your pace your data lasts until about %(day)s, perhaps only until %(early)s, perhaps until the plan ends."
            )
        case Outlook.COULD:
            words = _(
                "At your pace your data lasts until the plan ends. If you use more than usual, it could run out as early as %(early)s."
            )
        case _lasts:
            words = _("At your pace your data lasts until the plan ends, with about %(left)s left over.")
    return words % facts


def _slowing(forecast: Forecast, facts: dict[str, str]) -> str:
    match forecast.outlook:
        case Outlook.RUNS_OUT | Outlook.LIKELY if _is_today(forecast.likely, forecast):
            words = _("At your pace full speed may end today.")
        case Outlook.RUNS_OUT if facts["early"] == facts["late"]:
            words = _("At your pace you have full speed until %(day)s.")
        case Outlook.RUNS_OUT:
            words = _("At your pace you have full speed until about %(day)s, between %(early)s and %(late)s.")
        case Outlook.LIKELY if facts["early"] == facts["day"]:
            words = _("At your pace you have full speed until about %(day)s, or just until the plan ends.")
        case Outlook.LIKELY:
            words = _(
                "At your pace you have full speed until about %(day)s, perhaps only until %(early)s, perhaps until the plan ends."
            )
        case Outlook.COULD:
            words = _(
                "At your pace you have full speed until the plan ends. If you use more than usual, it could end as early as %(early)s."
            )
        case _lasts:
            words = _("At your pace you have full speed until the plan ends.")
    return words % facts


def short(forecast: Forecast) -> str:
    """For one allowance among several; nothing when it lasts to its end."""
    match forecast.outlook:
        case Outlook.RUNS_OUT | Outlook.LIKELY:
            words = (
                _("full speed until about %(day)s") if forecast.is_slowing else _("at your pace until about %(day)s")
            )
            return words % {"day": _day(forecast.likely, forecast)}
    return ""


def of_plan(forecast: Forecast, *, is_slowing: bool = False, is_more: bool = False) -> str:
    """How long what a plan grants would last: `about 24 days (20–29)`. `is_slowing`: at full speed; `is_more`: beside a running plan."""
    least = int(_days(forecast.early, forecast))
    if forecast.outlook == Outlook.LASTS and is_slowing:
        return _("full speed throughout")
    if forecast.outlook == Outlook.LASTS:
        return _("lasts, about %(amount)s left over") % {"amount": about(forecast.left or 0)}
    if forecast.outlook == Outlook.COULD and least:
        words = ngettext("likely lasts, %(n)s day at least", "likely lasts, %(n)s days at least", least)
        return words % {"n": least}
    if forecast.outlook == Outlook.COULD:
        return _("likely lasts")
    return _about_days(forecast, least, is_slowing=is_slowing, is_more=is_more)


def of_add_on(forecast: Forecast) -> str:
    """Of one that ends with the running plan: `about 5 more days (4–7)`."""
    if forecast.outlook in {Outlook.LASTS, Outlook.COULD}:
        return _("enough until your plan ends")
    return of_plan(forecast, is_more=True)


def _about_days(forecast: Forecast, least: int, *, is_slowing: bool, is_more: bool) -> str:
    count = round(_days(forecast.likely, forecast))
    if not count:
        return _("less than a day")
    if is_slowing:
        words = ngettext("full speed for about %(n)s day", "full speed for about %(n)s days", count)
    elif is_more:
        words = ngettext("about %(n)s more day", "about %(n)s more days", count)
    else:
        words = ngettext("about %(n)s day", "about %(n)s days", count)
    words %= {"n": count}
    most = ceil(_days(forecast.late, forecast))
    if least == most:
        return words
    return _("%(words)s (%(least)s–%(most)s)") % {"words": words, "least": least, "most": most}


def about(amount_bytes: int) -> str:
    """`6 GB`, `1.4 GB`, `300 MB`: no more exactly than an estimate is."""
    step = wording.GIGABYTE
    if amount_bytes < 3 * wording.GIGABYTE:
        step = wording.GIGABYTE // 10 if amount_bytes >= wording.GIGABYTE // 2 else wording.GIGABYTE // 100
    return wording.data_in_words(round(amount_bytes / step) * step)


def _days(at: datetime | None, forecast: Forecast) -> float:
    return ((at or forecast.until) - forecast.now).total_seconds() / _DAY_SECONDS


def _day(at: datetime | None, forecast: Forecast) -> str:
    """The day, or today."""
    if at is None:
        return ""
    if _is_today(at, forecast):
        return _("today")
    return wording.date_in_words(at, now=forecast.now)


def _is_today(at: datetime | None, forecast: Forecast) -> bool:
    zone = timezone.get_current_timezone()
    return at is not None and at.astimezone(zone).date() == forecast.now.astimezone(zone).date()
