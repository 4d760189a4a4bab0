"""Money as integers of minor units with their currency; never a float, never a bare number."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (cents for EUR, yen for JPY) of an ISO 4217 currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be summed")
        return other

    @property
    def major(self) -> Decimal:
        """The amount in major units, exactly; for display only."""
        return major_units(self.minor, self.currency)

    def __str__(self) -> str:
        return format_money(self.minor, self.currency)


def major_units(minor: int | Decimal, currency: str) -> Decimal:
    """Minor units to major units by the currency's own digits (EUR 2, JPY 0, KWD 3; ISO 4217 by way of CLDR)."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def format_money(minor: int | Decimal, currency: str, language: str | None = None) -> str:
    """Money as the reader's language writes it, e.g. `€15.00`, `15,00 €`. `language` is a Django code; default: the active one."""
    locale = to_locale(language or get_language() or "en")
    return format_currency(major_units(minor, currency), currency, locale=locale)


def vat_part(gross_minor: int, percent: Decimal) -> int:
    """The VAT inside a gross price, in minor units, rounded half up per order (Council Directive 2006/112/EC leaves the way to
    round to the states; half up on the whole document is accepted in all of them).
    """
    net = Decimal(gross_minor) * 100 / (100 + percent)
    return gross_minor - int(net.quantize(Decimal(1), rounding=ROUND_HALF_UP))
