"""Which VAT holds where and when, and the VAT inside a price."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import VatRate
from lib.money import vat_part


class NoVatRate(LookupError):
    """Nothing can be sold into a country whose rate nobody has entered."""


@dataclass(frozen=True)
class VatSplit:
    """A gross price taken apart, in minor units; `net_minor + vat_minor` is the gross."""

    percent: Decimal
    net_minor: int
    vat_minor: int


def split(gross_minor: int, *, country: str, tax_class: str, on: date) -> VatSplit:
    """The VAT in `gross_minor` by the rate of `country` on the day `on`. Raises NoVatRate.

    For telecom services the place of supply is where the consumer lives: Directive 2006/112/EC, Article 58.
    """
    rate = (
        VatRate.objects.filter(country=country, tax_class=tax_class, from_date__lte=on)
        .order_by("-from_date")
        .values_list("percent", flat=True)
        .first()
    )
    if rate is None:
        raise NoVatRate(f"{country} {tax_class} {on}")
    vat_minor = vat_part(gross_minor, rate)
    return VatSplit(percent=rate, net_minor=gross_minor - vat_minor, vat_minor=vat_minor)


def untaxed(gross_minor: int) -> VatSplit:
    """A top-up under `credit_vat = at_use`: a multi-purpose voucher is taxed when it is used (Directive (EU) 2016/1065)."""
    return VatSplit(percent=Decimal(0), net_minor=gross_minor, vat_minor=0)
