"""Lines whose plan ends within the hour and renews by itself, each with an owner and a card of their own, made in bulk."""

import uuid
from datetime import UTC, datetime, timedelta

from django.db import transaction

from accounts.models import Line, LineOwnership, Subscriber
from billing.models import AutoRenew, GatewayCustomer, PaymentMethod
from plans.models import Plan, PlanKind, PlanPeriod
from tests.sandbox_process import Sandbox

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS_AT = NOW + timedelta(hours=1)
_BATCH = 500


def make(count: int, *, sandbox: Sandbox, first: int = 0) -> list[Line]:
    """`first` numbers the lines, so that a second call makes others."""
    plan = Plan.objects.get(code="month-15")
    lines: list[Line] = []
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        lines += _batch(range(first + start, first + start + size), plan, sandbox.keep_cards(size))
    return lines


@transaction.atomic
def _batch(numbers: range, plan: Plan, kept: list[dict[str, str]]) -> list[Line]:
    people = Subscriber.objects.bulk_create(
        Subscriber(email=f"line{number}@example.com", name=f"Line {number}") for number in numbers
    )
    lines = Line.objects.bulk_create(
        Line(id=uuid.uuid4(), msisdn=f"+4917604{number:06}", country="DE", currency="EUR", time_zone="Europe/Berlin")
        for number in numbers
    )
    Line.objects.filter(pk__in=[line.pk for line in lines]).update(state="active")
    methods = [
        PaymentMethod(
            id=uuid.uuid4(),
            subscriber=person,
            way="card",
            gateway_id=one["payment_method"],
            label="Visa ···4242",
            saved_at=NOW,
            is_default=True,
        )
        for person, one in zip(people, kept, strict=True)
    ]
    PaymentMethod.objects.bulk_create(methods)
    GatewayCustomer.objects.bulk_create(
        GatewayCustomer(subscriber=person, customer_id=one["customer"])
        for person, one in zip(people, kept, strict=True)
    )
    LineOwnership.objects.bulk_create(
        LineOwnership(line=line, subscriber=person, from_at=NOW - timedelta(days=60))
        for line, person in zip(lines, people, strict=True)
    )
    PlanPeriod.objects.bulk_create(
        PlanPeriod(
            line=line,
            plan=plan,
            kind=PlanKind.PLAN,
            starts_at=ENDS_AT - timedelta(days=30),
            ends_at=ENDS_AT,
            anchor_at=ENDS_AT - timedelta(days=30),
            origin=f"bench:{uuid.uuid4()}",
        )
        for line in lines
    )
    AutoRenew.objects.bulk_create(
        AutoRenew(
            line=line, subscriber=person, plan=plan, method=method, currency="EUR", price_minor=plan.price_minor,
            consents={"start_at_once": True}, on_at=NOW - timedelta(days=29),
        )
        for line, person, method in zip(lines, people, methods, strict=True)
    )  # fmt: skip
    return lines
