"""The pages before the payment page: what can be paid for, and what exactly will be. The same for every number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from billing import vat, wording
from billing.for_others import targets
from billing.for_others.forms import ConfirmForm, WhatForm
from billing.for_others.targets import Target
from billing.models import PAGE_METHODS, Method
from billing.paying import ways_to_pay
from lib.money import Money
from plans import grants
from plans.comparison import validity_in_words
from plans.models import Plan


@dataclass(frozen=True)
class Choice:
    """A radio with its words."""

    value: str
    title: str
    aside: str = ""
    says: str = ""
    is_chosen: bool = False


def ways(target: Target) -> list[str]:
    """Card and PayPal, as far as they are open: a transfer cannot be set aside."""
    return [method.value for method in ways_to_pay.at_the_gateway(target.currency) if method in PAGE_METHODS]


def what_facts(target: Target, form: WhatForm, *, now: datetime) -> dict[str, Any]:
    """Sums, plans and ways to pay."""
    plans = targets.plans_for(target, now=now)
    chosen = str(form["what"].value() or f"sum:{settings.CREDIT_TOP_UP_MINOR[1]}")
    return {
        "target": target,
        "form": form,
        "sums": [
            Choice(f"sum:{minor}", str(Money(minor, target.currency)), is_chosen=chosen == f"sum:{minor}")
            for minor in settings.CREDIT_TOP_UP_MINOR
        ],
        "plans": [_plan(plan, chosen) for plan in plans],
        "ways": _ways(target, str(form["way"].value() or "")),
    }


def _plan(plan: Plan, chosen: str) -> Choice:
    value = f"plan:{plan.code}"
    return Choice(
        value, plan.title, str(Money(plan.price_minor, plan.currency)), validity_in_words(plan), chosen == value
    )


def _ways(target: Target, chosen: str) -> list[Choice]:
    found = ways(target)
    chosen = chosen if chosen in found else next(iter(found), "")
    says = {
        Method.CARD.value: (_("Card"), _("On our payment provider’s page; there within seconds.")),
        Method.PAYPAL.value: (Method.PAYPAL.label, _("You agree at PayPal; there within seconds.")),
    }
    return [Choice(way, str(says[way][0]), says=says[way][1], is_chosen=way == chosen) for way in found]


def review_facts(target: Target, asked: WhatForm, form: ConfirmForm, *, now: datetime) -> dict[str, Any]:
    """What exactly is paid, with its VAT as the receipt will show it."""
    plan = asked.plan
    price = Money(asked.price_minor, target.currency)
    tax_class = plan.tax_class if plan else "telecom"
    parts = (
        vat.split(price.minor, country=target.country, tax_class=tax_class, on=now.date())
        if plan
        else vat.untaxed(price.minor)
    )
    return {
        "target": target,
        "form": form,
        "asked": asked.cleaned_data,
        "plan": plan,
        "title": plan.title if plan else _("Credit"),
        "grants": wording.grants_in_words(grants.freeze(plan)) if plan else [],
        "validity": validity_in_words(plan) if plan else "",
        "price": price,
        "vat_minor": parts.vat_minor,
        "vat_percent": f"{parts.percent.normalize():f}",
        "way": Method(asked.cleaned_data["way"]).label,
    }


def title_of(target: Target, plan: Plan | None) -> str:
    """What the gateway's page calls it."""
    what = plan.title if plan else _("Credit")
    return _("%(what)s for %(whom)s") % {"what": what, "whom": target.shown}
