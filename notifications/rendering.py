"""From kind and context to what is sent: in the reader's language and time zone, whole dates, money as they write it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from django.template.loader import render_to_string
from django.utils import timezone, translation

from lib import clock
from lib.brand import brand
from lib.money import format_money
from lib.msisdn import format_msisdn
from lib.wording import amount_in_words, end_in_words, moment_in_words
from notifications import parts
from notifications.kinds import Channel, kind_of
from notifications.mail_colours import mail_colours
from notifications.sms_text import in_gsm

_BREAKS = re.compile(r"[\r\n\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True)
class Rendered:
    title: str
    text: str
    html: str


def render(
    kind: str, channel: str, context: Mapping[str, Any], *, language: str, time_zone: str, off_url: str = ""
) -> Rendered:
    """The text of a message. Titles and SMS are one line: no context can smuggle in another header. `off_url`: where its reader says
    no to more of them.
    """
    with translation.override(language), timezone.override(ZoneInfo(time_zone)):
        name = kind_of(kind).template
        values = {**_readable(context, language), "brand": brand(), "language": language}
        if channel == Channel.SMS:
            return Rendered("", in_gsm(_one_line(render_to_string(f"notifications/{name}.sms.txt", values))), "")
        title = _one_line(render_to_string(f"notifications/{name}.subject.txt", values))
        text = render_to_string(f"notifications/{name}.txt", values).strip() + "\n"
        sheet = {**values, **_sheet(title, text), "kind": kind_of(kind), "off_url": off_url}
        html = render_to_string("notifications/mail.html", sheet)
        foot = render_to_string("notifications/mail_foot.txt", sheet)
    return Rendered(title, text + foot, _inlined(html))


def _readable(context: Mapping[str, Any], language: str) -> dict[str, Any]:
    """JSON in words: `…_at` as the reader writes moments (an exclusive end as such), money, numbers, texts by language. Each is one line:
    no context can make a paragraph of its own.
    """
    found = {key: _value(key, value, language) for key, value in context.items()}
    return {key: _one_line(value) if isinstance(value, str) else value for key, value in found.items()}


def _value(key: str, value: Any, language: str) -> Any:
    if isinstance(value, str) and value and key.endswith("_at"):
        moment = datetime.fromisoformat(value)
        return end_in_words(moment, now=clock.now()) if key == "ends_at" else moment_in_words(moment, now=clock.now())
    if isinstance(value, dict) and value.keys() == {"minor", "currency"}:
        return format_money(value["minor"], value["currency"])
    if isinstance(value, dict) and value.keys() == {"amount", "unit"}:
        return amount_in_words(value["amount"], value["unit"])
    if key == "msisdn":
        return format_msisdn(value)
    if isinstance(value, dict) and "en" in value:
        return value.get(language) or value["en"]
    return value


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _sheet(title: str, text: str) -> dict[str, Any]:
    made = parts.read(text)
    return {"title": title, "blocks": made.blocks, "button": made.button, "colours": mail_colours()}


_inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)


def _inlined(html: str) -> str:
    return _inliner.inline(html)
