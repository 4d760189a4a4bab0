"""What a plan grants: frozen with the order, given with the period."""

from collections.abc import Iterable, Mapping
from typing import Any

from lib.rows import insert_whole
from plans.models import Allowance, Plan, PlanPeriod, Zone

#: One granted amount as JSON: `{"unit", "amount", "full_speed_amount", "speed_after_kbit", "zone", "zone_cap"}`; amounts in the
#: unit's base (bytes, seconds, messages), `zone` a code.
Grant = Mapping[str, Any]


def freeze(plan: Plan) -> list[dict[str, Any]]:
    """What `plan` grants now, to be kept with an order: later changes of the catalogue do not touch it."""
    return [
        {
            "unit": amount.unit,
            "amount": amount.amount,
            "full_speed_amount": amount.full_speed_amount,
            "speed_after_kbit": amount.speed_after_kbit,
            "zone": plan.zone.code,
            "zone_cap": amount.zone_cap,
        }
        for amount in plan.allowances.order_by("id")
    ]


def give(period: PlanPeriod, grants: Iterable[Grant], *, used: Mapping[str, int] | None = None) -> list[Allowance]:
    """Write the new `period` with its allowances, valid as long as it is. `used` by unit, when some of it is gone already (an import)."""
    grants = list(grants)
    zones = _zones({str(grant["zone"]) for grant in grants}, period.plan)
    allowances = [
        Allowance(
            line_id=period.line_id,
            unit=grant["unit"],
            granted=grant["amount"],
            full_speed_amount=grant.get("full_speed_amount"),
            speed_after_kbit=grant.get("speed_after_kbit"),
            zone_cap=grant.get("zone_cap"),
            zone=zones[grant["zone"]],
            used=(used or {}).get(grant["unit"], 0),
            starts_at=period.starts_at,
            expires_at=period.ends_at,
            origin=period.origin,
        )
        for grant in grants
    ]
    insert_whole(period, allowances, owner="period")
    return allowances


def _zones(codes: set[str], plan: Plan) -> dict[str, Zone]:
    """The zones by code; the plan's own is at hand."""
    if codes <= {plan.zone.code}:
        return {plan.zone.code: plan.zone}
    return {zone.code: zone for zone in Zone.objects.filter(code__in=codes)}
