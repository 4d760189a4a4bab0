"""For whom somebody pays: a number they typed, or a link they were given. Whether the number is one of ours is not looked up here.

What a page may show of a target is the same for every number: country and currency follow from the number's own country code
(ITU-T E.164), never from a line.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import phonenumbers
from babel.numbers import get_territory_currencies
from django.core import signing

from billing import vat
from billing.models import TopUpLink
from billing.vat import NoVatRate
from lib.msisdn import format_msisdn
from plans.models import Plan, PlanKind

_SALT = "billing.for_others"
_GOOD_FOR_SECONDS = 3600


class NotSoldThere(Exception):
    """Nothing can be sold to numbers of this country, whoever's they are."""


class TargetTooOld(Exception):
    """The page was opened too long ago, or tampered with: begin again."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """`shown`: what the payer calls them. `lets_plans`: whether plans may be bought, or credit alone."""

    shown: str
    country: str
    currency: str
    msisdn: str = ""
    link_id: UUID | None = None
    lets_plans: bool = True

    @property
    def unbroken(self) -> str:
        """For headings: a number stays on one line."""
        return self.shown.replace(" ", "\N{NO-BREAK SPACE}") if self.shown == format_msisdn(self.msisdn) else self.shown


def of_number(msisdn: str, *, name: str = "") -> Target:
    """Any number that could be somebody's. `name`: what the payer's own list calls it. Raises NotSoldThere."""
    country = phonenumbers.region_code_for_number(phonenumbers.parse(msisdn)) or ""
    currency = next(iter(get_territory_currencies(country, tender=True)), "") if country else ""
    if not currency:
        raise NotSoldThere
    return Target(shown=name or format_msisdn(msisdn), country=country, currency=currency, msisdn=msisdn)


def of_link(link: TopUpLink) -> Target:
    """Whoever has made the link."""
    line = link.line
    return Target(
        shown=link.shows, country=line.country, currency=line.currency, link_id=link.pk, lets_plans=link.lets_plans
    )


def check_sold(target: Target, *, now: datetime) -> None:
    """Raises NotSoldThere when there is no VAT rate or no plan for its country and currency."""
    try:
        vat.split(100, country=target.country, tax_class="telecom", on=now.date())
    except NoVatRate as error:
        raise NotSoldThere from error
    if not Plan.objects.on_sale(now).filter(currency=target.currency).exists():
        raise NotSoldThere


def plans_for(target: Target, *, now: datetime) -> list[Plan]:
    """What can be bought for it beside credit, as the list of plans has it."""
    if not target.lets_plans:
        return []
    return list(Plan.objects.on_sale(now).filter(currency=target.currency, kind=PlanKind.PLAN))


def sealed(target: Target) -> str:
    """A typed number as the next page carries it; nobody can change it on the way."""
    return signing.dumps([target.msisdn, target.shown], salt=_SALT)


def opened(text: str) -> Target:
    """Raises TargetTooOld, NotSoldThere."""
    try:
        msisdn, shown = signing.loads(text, salt=_SALT, max_age=_GOOD_FOR_SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise TargetTooOld from error
    return of_number(msisdn, name=shown)
