"""Tells who has used most of an allowance, and who has used it up: each once, when the use that does it is charged."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from lib import clock
from notifications import outbox
from notifications.kinds import kind_of
from notifications.outbox import Outgoing, Recipient
from plans.models import Allowance, Length, Unit
from plans.rates import RateCard
from plans.rates_in_words import in_money
from plans.readers import ZONE, Readers

LOW, USED_UP = "allowance_low", "allowance_used_up"


def tell(crossed: Mapping[UUID, str], *, now: datetime) -> None:
    """`crossed`: the kind by allowance. What is over by `now`, because its use came late, is no news. Joins the caller's transaction."""
    for channel in kind_of(LOW).channels:
        readers = Readers(channel, "line__")
        valid = Allowance.objects.filter(pk__in=crossed, expires_at__gt=now).select_related("line", "period__plan")
        found = readers.to(valid).annotate(to=readers.address, language=readers.language)
        outbox.send_many(_messages(found, crossed, channel=channel, now=now))


def _messages(found: Any, crossed: Mapping[UUID, str], *, channel: str, now: datetime) -> Iterator[Outgoing]:
    card = RateCard()
    for allowance in found.annotate(zone_of_reader=F(ZONE)):
        kind = crossed[allowance.pk]
        yield Outgoing(
            kind=kind,
            channel=channel,
            to=Recipient(allowance.to, allowance.language, allowance.zone_of_reader),
            context=_context(allowance, card, now=now),
            key=f"allowance:{allowance.pk}:{kind}:{channel}",
            subject=f"period:{allowance.period_id}" if allowance.period_id else f"allowance:{allowance.pk}",
            not_after=clock.real_now() + (allowance.expires_at - now),
        )


def _context(allowance: Allowance, card: RateCard, *, now: datetime) -> dict[str, Any]:
    """Amounts in the unit's base; `speed` in kbit/s where it goes on more slowly, `beyond` what each GB, minute or text costs where it
    goes on from credit.
    """
    whole = allowance.granted if allowance.granted is not None else allowance.full_speed_amount
    left = max(0, (whole or 0) - allowance.used - allowance.gifted)
    return {
        "plan": allowance.period.plan.name if allowance.period else None,
        "msisdn": allowance.line.msisdn,
        "remaining": {"amount": left, "unit": allowance.unit},
        "granted": {"amount": whole, "unit": allowance.unit},
        "speed": allowance.speed_after_kbit,
        "beyond": _beyond(allowance, card, now=now),
        "unit": allowance.unit,
        "ends_at": allowance.expires_at.isoformat(),
        "url": f"{settings.PORTAL_ORIGIN}{reverse('plan_list')}?show={Length.ADD_ON}",
    }


def _beyond(allowance: Allowance, card: RateCard, *, now: datetime) -> dict[str, Any] | None:
    """At home, in the line's currency; None where use stops instead."""
    line, period = allowance.line, allowance.period
    if period is None or not period.plan.beyond_by_credit or line.credit_use_off_at:
        return None
    rate = card.of(line.country, allowance.unit, line.currency, on=now.date())
    if rate is None:
        return None
    price = in_money(Unit(allowance.unit), rate, line.currency)
    return {"minor": price.minor, "currency": price.currency}
