from plans.calendar import ValidityUnit
from plans.models.allowance import Allowance
from plans.models.gift import AllowanceGift
from plans.models.group import (
    AskState,
    GroupAsk,
    GroupInvite,
    GroupMember,
    GroupPause,
    GroupShare,
    GroupUse,
    MemberEnd,
    SharingGroup,
)
from plans.models.period import PlanPeriod, PlanPeriodQuerySet
from plans.models.plan import AddOnEnd, Length, Plan, PlanAllowance, PlanKind, Unit
from plans.models.rate import ZoneRate
from plans.models.zone import Zone, ZoneCountry

__all__ = [
    "AddOnEnd",
    "Allowance",
    "AllowanceGift",
    "AskState",
    "GroupAsk",
    "GroupInvite",
    "GroupMember",
    "GroupPause",
    "GroupShare",
    "GroupUse",
    "Length",
    "MemberEnd",
    "Plan",
    "PlanAllowance",
    "PlanKind",
    "PlanPeriod",
    "PlanPeriodQuerySet",
    "SharingGroup",
    "Unit",
    "ValidityUnit",
    "Zone",
    "ZoneCountry",
    "ZoneRate",
]
