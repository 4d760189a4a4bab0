"""The contract summary of a plan on one page, as it is shown before ordering and frozen with the order.

Content: Directive (EU) 2018/1972, Art. 102(3); headings and order: Implementing Regulation (EU) 2019/2243. Provider, withdrawal and
accessibility are the same for every plan and stand in the template.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import wording
from plans import rates_in_words
from plans.comparison import countries_in_words, validity_in_words
from plans.models import AddOnEnd, Plan, PlanAllowance, Unit, ValidityUnit


def freeze_summary(plan: Plan, language: str, *, now: datetime) -> dict[str, Any]:
    """What the summary says of `plan`, in `language`, as JSON that needs no catalogue to be read again.

    Amounts stay numbers (`grants`: words, unit, amount in the unit's base or None; `price_minor`, VAT included), everything else is text.
    """
    with translation.override(language):
        amounts = list(plan.allowances.order_by("id"))
        countries = country_names(list(plan.zone.countries.values_list("country", flat=True)))
        return {
            "code": plan.code,
            "language": language,
            "title": plan.title,
            "sentence": plan.sentence,
            "grants": [{"words": _noun(row), "unit": row.unit, "amount": row.amount} for row in amounts],
            "notes": [note for row in amounts for note in _notes(row)],
            "works_in": f"{plan.zone.title} ({countries_in_words(len(countries))})",
            "countries": countries,
            "beyond": list(_beyond(plan, now.date())),
            "speed": _speed(plan) if any(row.unit == Unit.DATA for row in amounts) else "",
            "price_minor": plan.price_minor,
            "currency": plan.currency,
            "validity": validity_in_words(plan),
            "duration": _duration(plan),
        }


def country_names(codes: list[str]) -> list[str]:
    """Names of ISO 3166 countries in the active language, sorted as they read."""
    return sorted(wording.country_in_words(code) for code in codes)


def _noun(row: PlanAllowance) -> str:
    return _NOUNS[Unit(row.unit)]()


_NOUNS = {Unit.DATA: lambda: _("Data"), Unit.VOICE: lambda: _("Minutes"), Unit.TEXTS: lambda: _("Texts")}


def _notes(row: PlanAllowance) -> Iterator[str]:
    if row.full_speed_amount is not None and row.speed_after_kbit is not None:
        words = {"amount": wording.data_in_words(row.full_speed_amount), "speed": row.speed_after_kbit}
        yield _("%(amount)s at full speed, then %(speed)s kbit/s.") % words
    if row.zone_cap is not None:
        yield _("Of the data, up to %(amount)s can be used outside your home country.") % {
            "amount": wording.data_in_words(row.zone_cap)
        }


def _beyond(plan: Plan, today: date) -> Iterator[dict[str, Any]]:
    """What use costs, as far as it goes on from credit."""
    if plan.beyond_by_credit:
        for rate in rates_in_words.in_zone(plan.zone, currency=plan.currency, on=today):
            yield {"words": _NOUNS[rate.unit](), "price_minor": rate.price.minor, "each": rate.each}


def _speed(plan: Plan) -> str:
    after = _("When the data is used up, data stops until you renew or take an add-on; nothing is charged by itself.")
    if plan.beyond_by_credit:
        after = _(
            "When the data is used up, use goes on and is paid from your credit at the rates below, until it is spent; you can switch that off."
        )
    remedies = _(
        "If the speed stays far below this again and again, you can ask us to put it right, or for your money back for the time that is left; your national regulator measures and decides disputes."
    )
    if not (plan.download_mbit and plan.upload_mbit):
        return f"{after} {remedies}"
    estimated = _(
        "Estimated maximum: %(down)s Mbit/s down, %(up)s Mbit/s up. In other countries it depends on the network there."
    )
    return f"{estimated % {'down': plan.download_mbit, 'up': plan.upload_mbit}} {after} {remedies}"


def _duration(plan: Plan) -> str:
    if plan.ends == AddOnEnd.WITH_PLAN:
        return _("From the moment it is applied until the running plan ends.")
    count = plan.validity_count
    if plan.validity_unit == ValidityUnit.DAY:
        return ngettext("%(n)s × 24 hours from the start.", "%(n)s × 24 hours from the start.", count) % {"n": count}
    return ngettext(
        "%(n)s month from the start, to the same time of day in the time zone of your number.",
        "%(n)s months from the start, to the same time of day in the time zone of your number.",
        count,
    ) % {"n": count}
