"""What the review page shows before anybody pays: the price with its VAT, when it starts and ends, what is lost, the ways to pay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from billing import vat, wording
from billing.forms import PlanOrderForm
from billing.models import Start
from billing.paying import method_choices, saved_choice
from billing.paying.method_choices import MethodChoice
from billing.standing import words
from lib.money import Money
from lib.wording import data_in_words, list_in_words, minutes_in_words, texts_in_words, time_left_in_words
from plans import grants, periods
from plans.comparison import validity_in_words
from plans.models import Plan, PlanKind, PlanPeriod, Unit
from plans.periods import PeriodPreview


@dataclass(frozen=True)
class StartChoice:
    value: str
    title: str
    starts_at: datetime
    ends_at: datetime
    lost: str
    is_chosen: bool


def facts(
    plan: Plan, line: Line, form: PlanOrderForm, *, now: datetime, buyer: Subscriber | None = None
) -> dict[str, Any]:
    """The context of the review page; without a `buyer` it says nothing of ways to pay. Raises billing.vat.NoVatRate, plans.periods.NeedsRunningPlan."""
    price = Money(plan.price_minor, plan.currency)
    parts = vat.split(price.minor, country=line.country, tax_class=plan.tax_class, on=now.date())
    is_add_on = plan.kind == PlanKind.ADD_ON
    starts = start_choices(plan, line, chosen=str(form["start"].value() or ""), now=now)
    return {
        "place": "plans",
        "form": form,
        "what": "add_on" if is_add_on else "plan",
        "title": plan.title,
        "line": line,
        "grants": wording.grants_in_words(grants.freeze(plan)),
        "validity": validity_in_words(plan),
        "goes_on_from_credit": plan.beyond_by_credit,
        "price_minor": price.minor,
        "currency": price.currency,
        "vat_minor": parts.vat_minor,
        "vat_percent": f"{parts.percent.normalize():f}",
        "auto_renew": words.of_line(line, now=now) if buyer and not is_add_on else None,
        "summary_url": reverse("plan_summary", args=[plan.code]),
        "starts": [] if is_add_on else starts,
        "add_on_ends_at": starts[0].ends_at if is_add_on else None,
        "methods": buyer and _methods(line, buyer, price, form, now=now, is_add_on=is_add_on),
    }


def _methods(
    line: Line, buyer: Subscriber, price: Money, form: PlanOrderForm, *, now: datetime, is_add_on: bool
) -> list[MethodChoice]:
    chosen = str(form["method"].value() or "")
    ends_at = None if is_add_on else _ends_at(line, now=now)
    rows = method_choices.choices(line, buyer, price, chosen=chosen, now=now, ends_at=ends_at)
    return saved_choice.before(rows, buyer, price.currency, chosen=chosen)


def _ends_at(line: Line, *, now: datetime) -> datetime | None:
    """When the last of what is paid ends; None when nothing runs."""
    standing = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, ends_at__gt=now)
    last = standing.order_by("-ends_at").first()
    return last.ends_at if last else None


def start_choices(plan: Plan, line: Line, *, chosen: str, now: datetime) -> list[StartChoice]:
    """Both starts when a plan runs, else only "now"; the advised one is chosen unless the reader has chosen."""
    queued = periods.preview(line=line, plan=plan, start="queue", now=now)
    if queued.starts_at <= now:
        return [_start(Start.QUEUE, _("As soon as it is paid"), queued, is_chosen=True, now=now)]
    advised = chosen if chosen in Start.values else periods.default_start(line, now)
    at_once = periods.preview(line=line, plan=plan, start="now", now=now)
    return [
        _start(Start.QUEUE, _("When the running plan ends"), queued, is_chosen=advised == Start.QUEUE, now=now),
        _start(Start.NOW, _("Now"), at_once, is_chosen=advised == Start.NOW, now=now),
    ]


def _start(value: Start, title: str, preview: PeriodPreview, *, is_chosen: bool, now: datetime) -> StartChoice:
    return StartChoice(value.value, title, preview.starts_at, preview.ends_at, _lost(preview, now=now), is_chosen)


def _lost(preview: PeriodPreview, *, now: datetime) -> str:
    """`9 days, 6.4 GB, 212 minutes`: what cutting the running period gives up."""
    if preview.cut_period is None:
        return ""
    in_words = {Unit.DATA: data_in_words, Unit.VOICE: minutes_in_words, Unit.TEXTS: texts_in_words}
    unlimited = {Unit.DATA: _("unlimited data"), Unit.VOICE: _("unlimited minutes"), Unit.TEXTS: _("unlimited texts")}
    amounts = [
        unlimited[Unit(allowance.unit)]
        if allowance.remaining is None
        else in_words[Unit(allowance.unit)](allowance.remaining)
        for allowance in preview.lost
    ]
    return list_in_words([time_left_in_words(preview.cut_period.ends_at, now), *amounts])
