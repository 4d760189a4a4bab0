"""What the page shows before a voucher is spent: its worth, for which number, and what a plan would do to the one that runs."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.models import Line
from billing import ledger, vat, wording
from billing.by_voucher.voucher_forms import RedeemForm
from billing.models import Voucher, VoucherNature
from billing.order_pages import review_page
from plans import grants
from plans.comparison import validity_in_words
from plans.models import Plan, PlanKind


def facts(voucher: Voucher, line: Line, form: RedeemForm, *, now: datetime) -> dict[str, Any]:
    """The context of the page. Raises billing.vat.NoVatRate, plans.periods.NeedsRunningPlan."""
    batch = voucher.batch
    about = {
        "form": form,
        "line": line,
        "serial": voucher.serial,
        "worth_minor": batch.amount_minor,
        "currency": batch.currency,
    }
    return about | (_plan(batch.plan, line, form, now=now) if batch.plan else _credit(voucher, line))


def _plan(plan: Plan, line: Line, form: RedeemForm, *, now: datetime) -> dict[str, Any]:
    """As the review of an order says it, without what is about paying. `starts` only where there is a choice."""
    vat.split(plan.price_minor, country=line.country, tax_class=plan.tax_class, on=now.date())
    starts = review_page.start_choices(plan, line, chosen=str(form["start"].value() or ""), now=now)
    has_choice = len(starts) > 1 and plan.kind == PlanKind.PLAN
    return {
        "what": "plan",
        "title": plan.title,
        "grants": wording.grants_in_words(grants.freeze(plan)),
        "validity": validity_in_words(plan),
        "summary_url": reverse("plan_summary", args=[plan.code]),
        "starts": starts if has_choice else [],
        "ends_at": None if has_choice else starts[0].ends_at,
    }


def _credit(voucher: Voucher, line: Line) -> dict[str, Any]:
    paid, bonus = ledger.credit_of(line)
    is_bonus = voucher.batch.nature != VoucherNature.SOLD
    owed_minor = 0 if is_bonus else min(ledger.owed_by(line).minor, voucher.batch.amount_minor)
    return {
        "what": "credit",
        "is_bonus": is_bonus,
        "owed_minor": owed_minor,
        "credit_minor": (paid + bonus).minor,
        "after_minor": (paid + bonus).minor + voucher.batch.amount_minor - owed_minor,
    }
