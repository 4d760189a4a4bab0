"""The page of a line's auto-renew: what it does next, how it is paid, and the one tap that switches it on or off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import hold
from accounts.models import Line, Subscriber
from billing.models import AutoRenew, PaymentMethod
from billing.saved_methods import choosing
from billing.standing import auto_renew, words
from billing.standing.forms import CREDIT, AutoRenewForm
from plans.comparison import validity_in_words
from plans.models import Plan, PlanKind, PlanPeriod


@dataclass(frozen=True)
class Choice:
    value: str
    title: str
    aside: str = ""
    says: str = ""
    is_chosen: bool = False


def initial(line: Line, subscriber: Subscriber, *, now: datetime, asked: str = "") -> dict[str, Any]:
    """What is chosen before the reader chooses: what is on, else the plan they have and the way they pay first. `asked`: a plan's code
    that they come with.
    """
    ways = choosing.saved(subscriber)
    on = auto_renew.outlook(line, now=now)
    plan = _asked(line, asked, now=now) or (on.plan if on else _own_plan(line, now=now))
    first, backup = next(iter(ways), None), next((way for way in ways if way.is_backup), None)
    if on:
        first, backup = on.auto_renew.method, on.auto_renew.backup
    return {
        "plan": _value(plan) if plan else "",
        "method": str(first.pk) if first else CREDIT,
        "backup": str(backup.pk) if backup else "",
        "uses_credit": on.auto_renew.uses_credit and first is not None if on else False,
    }


def facts(line: Line, subscriber: Subscriber, form: AutoRenewForm, *, now: datetime) -> dict[str, Any]:
    """The context of the page."""
    on = auto_renew.outlook(line, now=now)
    last = AutoRenew.objects.filter(line=line, subscriber=subscriber).order_by("-on_at", "-pk").first()
    ways = list(form.ways.values())
    plans = _plans(line, str(form["plan"].value() or ""), now=now)
    chosen = next((plan for plan in plans if plan.is_chosen), plans[0] if plans else None)
    return {
        "place": "home",
        "line": line,
        "form": form,
        "on": on,
        "said": words.say(on, now=now) if on else None,
        "paid_with": words.paid_with(on) if on else "",
        "paid_next": auto_renew.paid_next(last, now=now) if last and not on else None,
        "stopped": words.stopped(last.off_reason) if last and not on else "",
        "own_plan": chosen,
        "other_plans": [plan for plan in plans if plan is not chosen],
        "methods": _methods(ways, str(form["method"].value() or "")),
        "has_saved": bool(ways),
        "has_several": len(ways) > 1,
        "held_until": hold.until(subscriber),
    }


def _own_plan(line: Line, *, now: datetime) -> Plan | None:
    """The plan that ends last, if it is still sold."""
    latest = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN).order_by("-ends_at").first()
    return _sold(line, now=now).filter(pk=latest.plan_id).first() if latest else None


def _asked(line: Line, code: str, *, now: datetime) -> Plan | None:
    return _sold(line, now=now).filter(code=code).first() if code else None


def _sold(line: Line, *, now: datetime) -> Any:
    return Plan.objects.on_sale(now).filter(kind=PlanKind.PLAN, currency=line.currency)


def _value(plan: Plan) -> str:
    return f"{plan.code}:{plan.price_minor}"


def _plans(line: Line, chosen: str, *, now: datetime) -> list[Choice]:
    code = chosen.partition(":")[0]
    return [
        Choice(_value(plan), plan.title, str(plan.price), validity_in_words(plan), is_chosen=plan.code == code)
        for plan in _sold(line, now=now)
    ]


def _methods(ways: list[PaymentMethod], chosen: str) -> list[Choice]:
    rows = [Choice(str(way.pk), way.label, is_chosen=str(way.pk) == chosen) for way in ways]
    says = _("When it is not enough, nothing is taken and we tell you.")
    return [*rows, Choice(CREDIT, _("Credit of the number alone"), says=says, is_chosen=chosen == CREDIT)]


def refusal_in_words(reason: str) -> str:
    """Why it could not be switched on, and what to do."""
    said = {
        "not_sold": _("This plan is no longer on sale. Choose another one."),
        "currency": _("This plan is not sold in the currency of your number."),
        "price": _("The price has changed. Look at it and confirm again."),
        "method": _("This way to pay can no longer be used. Choose another one."),
        "hold": _(
            "Your e-mail, number, password or SIM has changed. For a day nothing can be switched on; try again tomorrow."
        ),
        "sums": _("Choose one of the sums shown."),
    }
    return said.get(reason) or _("This cannot be switched on for this number at the moment. Please ask our support.")
