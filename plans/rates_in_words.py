"""Rates as pages, summaries and messages say them: by the amount people think in."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from lib.money import Money
from plans.models import Unit, Zone
from plans.rates import Rate, RateCard


@dataclass(frozen=True)
class RateShown:
    """`price` (VAT included) for each of `each`: `€2.50`, `per GB`."""

    unit: Unit
    price: Money
    each: str


def in_country(country: str, *, currency: str, on: date) -> list[RateShown]:
    """What use costs in `country`, in the order of units; nothing where it is not sold."""
    card = RateCard()
    found = [(unit, card.of(country, unit, currency, on=on)) for unit in Unit]
    return [shown(unit, rate, currency) for unit, rate in found if rate]


def in_zone(zone: Zone, *, currency: str, on: date) -> list[RateShown]:
    """What it costs anywhere in the zone, unless another zone is cheaper."""
    newest = {row.unit: row for row in zone.rates.filter(currency=currency, from_date__lte=on).order_by("from_date")}
    return [shown(unit, Rate(newest[unit].price_minor, newest[unit].per), currency) for unit in Unit if unit in newest]


def shown(unit: Unit, rate: Rate, currency: str) -> RateShown:
    """A rate by the GB, the minute or the text."""
    words = {Unit.DATA: _("per GB"), Unit.VOICE: _("per minute"), Unit.TEXTS: _("per text")}
    return RateShown(unit, in_money(unit, rate, currency), words[unit])


def in_money(unit: Unit, rate: Rate, currency: str) -> Money:
    """The price of a GB, a minute or a text, rounded half up to a minor unit."""
    base = {Unit.DATA: 10**9, Unit.VOICE: 60, Unit.TEXTS: 1}[unit]
    return Money((2 * rate.price_minor * base + rate.per) // (2 * rate.per), currency)
