from plans.models.allowance import Allowance
from plans.models.period import PlanPeriod, PlanPeriodQuerySet
from plans.models.plan import Plan, PlanAllowance, PlanKind, Unit, ValidityUnit
from plans.models.zone import Zone, ZoneCountry

__all__ = [
    "Allowance",
    "Plan",
    "PlanAllowance",
    "PlanKind",
    "PlanPeriod",
    "PlanPeriodQuerySet",
    "Unit",
    "ValidityUnit",
    "Zone",
    "ZoneCountry",
]
