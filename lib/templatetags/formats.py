"""How pages print money, data, time and numbers: `{{ order.price_minor|money:order.currency }}`, `{{ allowance.remaining|data }}`.

A builtin of the template engine, so no page loads it. In right-to-left languages plain text is isolated by U+2068 … U+2069, which also
works inside attributes; numbers of lines come as `<bdi dir="ltr">`.
"""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from lib import clock, wording
from lib.money import format_money
from lib.msisdn import format_msisdn

register = template.Library()


def _isolated(text: str) -> str:
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if get_language_bidi() else text


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units as `€15.00`; nothing for None."""
    return "" if minor is None else _isolated(format_money(minor, currency))


@register.filter
def count(number: int | None) -> str:
    """`1,200`; None means unlimited."""
    return _("Unlimited") if number is None else _isolated(wording.count_in_words(number))


@register.filter
def data(amount_bytes: int | None) -> str:
    """Bytes as `6.4 GB`; None means unlimited."""
    return _("Unlimited") if amount_bytes is None else _isolated(wording.data_in_words(amount_bytes))


@register.filter
def data_figure(amount_bytes: int | None) -> str:
    """Bytes as a large number with a small unit, for `.figure`; None means unlimited."""
    if amount_bytes is None:
        return _("Unlimited")
    number, unit = wording.data_parts(amount_bytes)
    return format_html("<bdi>{} <small>{}</small></bdi>", number, unit)


@register.filter
def minutes(seconds: int | None) -> str:
    """Seconds as whole minutes, the number alone; None means unlimited."""
    return _("Unlimited") if seconds is None else _isolated(wording.count_in_words(seconds // 60))


@register.filter
def amount(number: int | None, unit: str) -> str:
    """An allowance's amount with its unit: `15 GB`, `500 minutes`, `200 texts`."""
    if number is None:
        return {"data": _("Unlimited data"), "voice": _("Unlimited minutes"), "texts": _("Unlimited texts")}[unit]
    return _isolated(wording.amount_in_words(number, unit))


@register.filter
def use(number: int, unit: str) -> str:
    """What was used, finely: `6.45 GB`, `3 min 20 sec`, `18 texts`."""
    return _isolated(wording.use_in_words(number, unit))


@register.filter
def exact(number: int, unit: str) -> str:
    """To the byte: `6,452,318,221 bytes`."""
    return _isolated(wording.exact_in_words(number, unit))


@register.filter
def without_sign(number: int) -> int:
    """What is printed behind a minus of ours."""
    return abs(number)


@register.filter
def msisdn(number: str | None) -> SafeString | str:
    """`+49 176 04069011`, grouped, never turned round and never broken."""
    return format_html('<bdi dir="ltr">{}</bdi>', format_msisdn(number)) if number else ""


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """`Mon 30 Nov, 14:20` in the reader's zone, as a `<time>`."""
    return _time(at, wording.moment_in_words(at, now=clock.now())) if at else ""


@register.filter
def day(at: datetime | None) -> SafeString | str:
    """`Mon 30 Nov` in the reader's zone, as a `<time>`."""
    return _time(at, wording.date_in_words(at, now=clock.now())) if at else ""


@register.filter
def clock_time(at: datetime | None) -> SafeString | str:
    """`14:03:02` in the reader's zone, as a `<time>`."""
    return _time(at, f"{timezone.localtime(at):%H:%M:%S}") if at else ""


@register.filter
def until(at: datetime | None, line_zone: str = "") -> SafeString | str:
    """An exclusive end to the minute: midnight is the day before, 24:00. Names the line's time when it is another: `… (13:20 in Berlin)`."""
    if not at:
        return ""
    words = wording.end_in_words(at, now=clock.now())
    if line_zone and not wording.is_same_time(at, line_zone):
        there = {"time": f"{at.astimezone(ZoneInfo(line_zone)):%H:%M}", "city": wording.zone_in_words(line_zone)}
        words = f"{words} ({_('%(time)s in %(city)s') % there})"
    return _time(at, words)


@register.filter
def time_left(at: datetime | None) -> str:
    """`9 days` from now, by the domain's clock."""
    return wording.time_left_in_words(at, clock.now()) if at else ""


#: What a browser's own description contains, most telling first: Edge and Samsung say Chrome too, Chrome says Safari.
_BROWSERS = {
    "Edg": "Edge",
    "SamsungBrowser": "Samsung Internet",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
}
_BROWSERS |= {"CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """A browser's description in two words people know, `Chrome · Android`; else its beginning."""
    names = [
        next((words for sign, words in table.items() if sign in user_agent), "") for table in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, names)) or user_agent[:40]


@register.filter
def as_json(value: Any) -> str:
    """For a script to read from an attribute."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def widget(field: BoundField, **attributes: Any) -> SafeString:
    """A form field's control with more attributes: `{% widget field inputmode="numeric" %}`. Underscores become dashes; empty ones are left out."""
    wanted = {name.replace("_", "-"): value for name, value in attributes.items() if value not in {None, ""}}
    return field.as_widget(attrs=wanted)


def _time(at: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), _isolated(words))
