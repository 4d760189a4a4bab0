"""Vouchers of the demo: two of each kind, their codes told once beside the sign-ins."""

import uuid
from datetime import datetime, timedelta

from billing.authority import Authority
from billing.by_voucher import voucher_batches
from billing.by_voucher.voucher_batches import BatchWish
from billing.models import VoucherNature
from plans.models import Plan

_DEMO, _SECOND = Authority(person_id=0, may_decide=True), Authority(person_id=-1, may_decide=True)


def load(*, now: datetime) -> list[str]:
    """Make, hand out and activate them; one line of words and codes each kind."""
    plan = Plan.objects.get(code="month-5")
    return [
        _kind("Voucher, €10 credit", VoucherNature.SOLD, 1000, None, now=now),
        _kind("Voucher, €5 bonus", VoucherNature.PROMOTION, 500, None, now=now),
        _kind("Voucher, Month 5", VoucherNature.SOLD, plan.price_minor, plan, now=now),
    ]


def _kind(name: str, nature: VoucherNature, amount_minor: int, plan: Plan | None, *, now: datetime) -> str:
    wish = BatchWish(
        name=name,
        nature=nature,
        amount_minor=amount_minor,
        currency="EUR",
        count=2,
        expires_at=now + timedelta(days=365),
        form_token=uuid.uuid4(),
        plan=plan,
    )
    batch = voucher_batches.make(wish, by=_DEMO, now=now)
    codes = [printed.code for printed in voucher_batches.hand_out(batch.pk, by=_DEMO, now=now)]
    voucher_batches.activate(batch.pk, reason="demo", by=_SECOND, now=now)
    return f"{name:<20} {'   '.join(codes)}"
