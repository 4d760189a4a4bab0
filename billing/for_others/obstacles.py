"""Why money that was set aside for another's number cannot be used. Only the desk reads these words."""

from datetime import datetime

from accounts.models import Line, LineOwnership
from billing import vat
from billing.for_others import limits
from billing.models import GuestTopUp, TopUpLink
from billing.vat import NoVatRate
from plans.models import Plan


def line_of(top_up: GuestTopUp) -> Line | None:
    """The line it is for, locked. The caller is in a transaction."""
    lines = Line.objects.select_for_update(no_key=True, of=("self",))
    if top_up.link_id:
        return lines.get(top_up_links=top_up.link_id)
    return lines.live().filter(msisdn=top_up.msisdn).first()


def of(top_up: GuestTopUp, line: Line | None, *, now: datetime) -> str:
    """Empty when there is none. `line` is locked."""
    if line is None:
        return "no_line"
    if top_up.link is not None and not stands(top_up.link):
        return "link_over"
    if not line.is_payable:
        return "not_payable"
    if line.currency != top_up.currency:
        return "currency"
    if top_up.plan and not _is_sold(top_up, top_up.plan, line, now=now):
        return "plan"
    return "limits" if limits.is_over(top_up) else ""


def stands(link: TopUpLink) -> bool:
    """Whether it may be paid by: not revoked, and its maker still owns the line."""
    owns = LineOwnership.objects.filter(line=link.line_id, subscriber=link.owner_id, until_at=None)
    return link.revoked_at is None and owns.exists()


def _is_sold(top_up: GuestTopUp, plan: Plan, line: Line, *, now: datetime) -> bool:
    same = (plan.price_minor, plan.currency) == (top_up.price_minor, top_up.currency)
    may = top_up.link is None or top_up.link.lets_plans
    try:
        vat.split(plan.price_minor, country=line.country, tax_class=plan.tax_class, on=now.date())
    except NoVatRate:
        return False
    return same and may and Plan.objects.on_sale(now).filter(pk=plan.pk).exists()
