"""Data, minutes and moments in words, as the active language writes them. `zone` defaults to the active time zone.

Locale data: Unicode CLDR by way of Babel. 1 GB = 1000 MB, as operators sell it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit
from django.utils import timezone
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from lib import clock

MEGABYTE = 10**6
GIGABYTE = 10**9
#: Dates by (short, with year): English as Europe writes it; other languages follow CLDR.
_PATTERNS = {"en": ("EEE d MMM", "EEE d MMM yyyy")}


def _locale() -> str:
    """Babel's name of the active language, e.g. `zh_Hans`."""
    return to_locale(get_language() or "en")


def count_in_words(number: int | Decimal) -> str:
    """A number with the language's marks, e.g. `1,200`."""
    return format_decimal(number, locale=_locale())


def list_in_words(parts: Sequence[str]) -> str:
    """`9 days, 6.4 GB, and 18 texts`, as the language joins things."""
    return format_list(parts, locale=_locale())


def data_parts(amount_bytes: int) -> tuple[str, str]:
    """`6_400_000_000` as `("6.4", "GB")`. Rounded down, so that nobody is told of more than there is."""
    if abs(amount_bytes) >= GIGABYTE:
        scaled = (Decimal(amount_bytes) / GIGABYTE).quantize(Decimal("0.1"), ROUND_DOWN)
        return format_decimal(scaled, format="#,##0.#", locale=_locale()), _("GB")
    whole = (Decimal(amount_bytes) / MEGABYTE).quantize(Decimal(1), ROUND_DOWN)
    return count_in_words(whole), _("MB")


def data_in_words(amount_bytes: int) -> str:
    """`6.4 GB`, `500 MB`."""
    return "\N{NO-BREAK SPACE}".join(data_parts(amount_bytes))


def minutes_in_words(seconds: int) -> str:
    """`212 minutes`: whole minutes, rounded down."""
    minutes = seconds // 60
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": count_in_words(minutes)}


def texts_in_words(texts: int) -> str:
    """`18 texts`."""
    return ngettext("%(count)s text", "%(count)s texts", texts) % {"count": count_in_words(texts)}


def amount_in_words(amount: int, unit: str) -> str:
    """By the unit of an allowance: `data` in bytes, `voice` in seconds, `texts` in messages."""
    words = {"data": data_in_words, "voice": minutes_in_words, "texts": texts_in_words}
    return words[unit](amount)


def use_in_words(amount: int, unit: str) -> str:
    """A single use or a sum of them, finer than what is left: `6.45 GB`, `1.2 MB`, `64 kB`, `3 min 20 sec`; data is rounded down."""
    if unit == "voice":
        minutes, seconds = divmod(amount, 60)
        told = [_in(minutes, "duration-minute")] if minutes else []
        told += [_in(seconds, "duration-second")] if seconds or not minutes else []
        return "\N{NO-BREAK SPACE}".join(told)
    if unit == "texts":
        return texts_in_words(amount)
    if amount >= GIGABYTE:
        return "\N{NO-BREAK SPACE}".join([_scaled(amount, GIGABYTE, "0.01"), _("GB")])
    if amount >= MEGABYTE:
        return "\N{NO-BREAK SPACE}".join([_scaled(amount, MEGABYTE, "0.1"), _("MB")])
    return _in(amount // 1000, "digital-kilobyte") if amount >= 1000 else exact_in_words(amount, unit)


def exact_in_words(amount: int, unit: str) -> str:
    """To the byte, the second, the message: `6,452,318,221 bytes`."""
    if unit != "data":
        return use_in_words(amount, unit)
    return ngettext("%(count)s byte", "%(count)s bytes", amount) % {"count": count_in_words(amount)}


def country_names() -> Mapping[str, str]:
    """ISO 3166 countries as the language calls them."""
    names: Mapping[str, str] = Locale.parse(_locale()).territories
    return names


def country_in_words(code: str) -> str:
    """`DE` (ISO 3166) as `Germany` or `德国`; a code nobody has a name for as it stands."""
    return country_names().get(code, code)


def _scaled(amount: int, size: int, step: str) -> str:
    scaled = (Decimal(amount) / size).quantize(Decimal(step), ROUND_DOWN)
    return format_decimal(scaled, format="#,##0.##", locale=_locale())


def _in(number: int, unit: str) -> str:
    return format_unit(number, unit, "short", locale=_locale()).replace(" ", "\N{NO-BREAK SPACE}")


def time_left_in_words(until: datetime, now: datetime) -> str:
    """`9 days`, `5 hours`, `20 minutes`: in the largest unit of which there is at least one, two for days; rounded down."""
    seconds = max(0, int((until - now).total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600, seconds // 60
    if days >= 2:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if hours >= 1:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def date_in_words(
    at: datetime, *, zone: tzinfo | None = None, now: datetime | None = None, with_year: bool = False
) -> str:
    """`Mon 30 Nov`; with the year when it is not this year's (`now` defaults to the domain's), or is asked for."""
    local = at.astimezone(zone or timezone.get_current_timezone())
    has_year = with_year or local.year != (now or clock.now()).astimezone(local.tzinfo).year
    if patterns := _PATTERNS.get(get_language() or "en"):
        return format_datetime(local, patterns[has_year], tzinfo=local.tzinfo, locale=_locale())
    return format_skeleton("yMMMEd" if has_year else "MMMEd", local, tzinfo=local.tzinfo, locale=_locale())


def moment_in_words(
    at: datetime, *, zone: tzinfo | None = None, now: datetime | None = None, with_year: bool = False
) -> str:
    """To the minute: `Mon 30 Nov, 14:20`."""
    local = at.astimezone(zone or timezone.get_current_timezone())
    return _joined(date_in_words(local, zone=local.tzinfo, now=now, with_year=with_year), f"{local:%H:%M}")


def day_in_words(at: datetime, *, with_day: bool = True) -> str:
    """As short as can be, for an axis: `30 Nov`, `11/30`, or `Nov` alone; in the zone that `at` is in."""
    if with_day and (get_language() or "en") == "en":
        return format_datetime(at, "d MMM", tzinfo=at.tzinfo, locale=_locale())
    return format_skeleton("Md" if with_day else "MMM", at, tzinfo=at.tzinfo, locale=_locale())


def month_in_words(day: date) -> str:
    """`November 2026`."""
    return format_skeleton("yMMMM", datetime(day.year, day.month, 1), locale=_locale())  # noqa: DTZ001  a calendar month


def end_in_words(
    at: datetime, *, zone: tzinfo | None = None, now: datetime | None = None, with_year: bool = False
) -> str:
    """As `moment_in_words`, for an exclusive end: one at exactly 00:00 is the day before, 24:00."""
    local = at.astimezone(zone or timezone.get_current_timezone())
    if (local.hour, local.minute) != (0, 0):
        return moment_in_words(local, zone=local.tzinfo, now=now, with_year=with_year)
    day_before = local.replace(tzinfo=None) - timedelta(days=1)
    day = day_before.replace(tzinfo=local.tzinfo)
    return _joined(date_in_words(day, zone=local.tzinfo, now=now, with_year=with_year), "24:00")


def zone_in_words(name: str) -> str:
    """`Europe/Berlin` as `Berlin` or `柏林`, the city the zone is named after."""
    return get_timezone_location(name, locale=_locale(), return_city=True)


def is_same_time(at: datetime, zone_name: str, reader: tzinfo | None = None) -> bool:
    """Whether clocks in both zones show the same at this instant."""
    there = at.astimezone(ZoneInfo(zone_name)).utcoffset()
    return there == at.astimezone(reader or timezone.get_current_timezone()).utcoffset()


def _joined(day: str, time: str) -> str:
    between = {"zh": " ", "ar": "، "}.get((get_language() or "en").split("-")[0], ", ")
    return f"{day}{between}{time}"
