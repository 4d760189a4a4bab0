"""What the page shows before a voucher is spent: its worth, for which number, and what a plan would do to the one that runs."""

from datetime import datetime
from typing import Any

from accounts.models import Line
from billing import ledger, review_page
from billing.forms import PlanOrderForm
from billing.models import Voucher, VoucherNature
from billing.voucher_forms import RedeemForm
from plans.models import Plan


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
    """As the review of an order says it, without what is about paying."""
    chosen = PlanOrderForm(initial={"start": form["start"].value()})
    shown = review_page.facts(plan, line, chosen, now=now)
    kept = ("what", "title", "grants", "validity", "summary_url", "starts", "add_on_ends_at")
    return {name: shown[name] for name in kept}


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
