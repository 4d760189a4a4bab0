"""Tells who lives on credit that little is left: once a top-up, and not beside a plan, nor where auto top-up adds by itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract, JSONObject
from django.urls import reverse

from accounts.models import Line, LineState
from billing.models import AutoTopUp, LedgerAccount
from billing.models.ledger import CREDIT_KINDS
from lib import clock
from lib.brand import brand
from lib.transactions import whole
from notifications import sweeping
from notifications.kinds import Channel, kind_of
from notifications.sweeping import Sweep
from plans import life
from plans.readers import ZONE, Readers, awake

KIND = "low_credit"
#: What was used so long ago says nothing of tomorrow.
RECENTLY = timedelta(days=14)


def remind(*, now: datetime) -> int:
    """Write every message that is due at `now` and not written yet. Returns how many."""
    return sum(_tell(channel, now=now) for channel in kind_of(KIND).channels) if brand().low_credit else 0


def _low(now: datetime) -> Any:
    """Lines in use, without a plan, whose credit was used since it was topped up and is down to the sum the brand names."""
    running = life.standing(OuterRef("pk")).filter(ends_at__gt=now)
    adds_itself = AutoTopUp.objects.filter(line=OuterRef("pk"), off_at=None)
    pots = LedgerAccount.objects.filter(line=OuterRef("pk"), currency=OuterRef("currency"), kind__in=CREDIT_KINDS)
    credit = pots.order_by().values("line").annotate(minor=Sum("balance_minor")).values("minor")
    used: Any = Line.objects.filter(state=LineState.ACTIVE, last_charged_use_at__gt=now - RECENTLY)
    used = used.filter(last_charged_use_at__gt=F("last_top_up_at"))
    found = used.exclude(Exists(running)).exclude(Exists(adds_itself))
    found = found.annotate(credit_minor=Coalesce(Subquery(credit, output_field=BigIntegerField()), 0))
    return found.filter(credit_minor__lte=_threshold(brand().low_credit))


def _threshold(minor: Mapping[str, int]) -> Case:
    """By the line's currency; never, where nothing is set."""
    cases = (When(currency=currency, then=Value(least)) for currency, least in minor.items())
    return Case(*cases, default=Value(-1), output_field=BigIntegerField())


@whole
def _tell(channel: Channel, *, now: datetime) -> int:
    real, readers = clock.real_now(), Readers(channel)
    context: dict[str, Any] = {
        "msisdn": F("msisdn"),
        "credit": JSONObject(minor=F("credit_minor"), currency=F("currency")),
        "url": sweeping.text(settings.PORTAL_ORIGIN + reverse("top_up")),
    }
    sweep = Sweep(
        kind=KIND,
        channel=channel,
        about="line",
        occasion=Cast(Cast(Extract("last_top_up_at", "epoch"), BigIntegerField()), TextField()),
        address=readers.address,
        language=readers.language,
        time_zone=F(ZONE),
        context=context,
        not_after=ExpressionWrapper(Value(real) + Value(kind_of(KIND).useful_for), output_field=DateTimeField()),
    )
    return sweeping.write(readers.to(_low(now)).filter(awake(now)), sweep, real=real, locking=Line)
