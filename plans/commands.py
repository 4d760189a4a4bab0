"""What the operator's core is told of a line: its state, and each plan period and gift as it stands, whatever it was before. docs/provisioning.md
holds the format. Telling is left to the caller, who puts everything of a transaction into one statement.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from accounts.models import Line
from plans.models import Allowance, GroupMember, PlanPeriod
from provisioning.models import CommandKind
from provisioning.outbox import Telling

#: Periods that came with a line from the operator: the core had them first, under names of its own.
IMPORTED = "import:"
#: The kind of what came from another line; its allowances are named `gift:<id>`.
GIFT = "gift"


def of_line(line: Line, *, subject: str, again: str = "") -> Telling:
    """The line in its present state; `again` tells this from the command that was written when it came into it."""
    since = _moment(line.state_since)
    return Telling(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=CommandKind.LINE_SET,
        payload={"state": str(line.state), "since": since, "uses_credit": line.credit_use_off_at is None},
        subject=subject,
        key=f"line:{line.pk}:{again or f'{line.state}:{since}'}",
    )


def of_period(
    period: PlanPeriod, allowances: Iterable[Allowance], *, line: Line, change: str, subject: str = ""
) -> Telling:
    """The period with its allowances, all of them, zones at hand. `change` tells this from other commands about the same period;
    without a `subject` it is about itself.
    """
    return Telling(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=CommandKind.PERIOD_SET,
        payload={
            "period": period.origin,
            "plan": period.plan.code,
            "kind": str(period.kind),
            "starts_at": _moment(period.starts_at),
            "ends_at": _moment(period.ends_at),
            "is_cancelled": period.cancelled_at is not None,
            "beyond_by_credit": period.plan.beyond_by_credit,
            "allowances": [_allowance(one) for one in allowances],
        },
        subject=subject or f"period:{period.pk}",
        key=f"{period.origin}:{change}",
    )


def of_gift(one: Allowance, *, line: Line, change: str) -> Telling:
    """What a line was given by another one, zone at hand: like a period that holds this alone."""
    return Telling(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=CommandKind.PERIOD_SET,
        payload={
            "period": one.origin,
            "plan": "",
            "kind": GIFT,
            "starts_at": _moment(one.starts_at),
            "ends_at": _moment(one.expires_at),
            "is_cancelled": False,
            "beyond_by_credit": False,
            "allowances": [_allowance(one)],
        },
        subject=one.origin,
        key=f"{one.origin}:{change}",
    )


def usable(one: Allowance) -> int | None:
    """What was granted and not given on, which is what the core lets through; None when unlimited."""
    return None if one.granted is None else one.granted - one.gifted


def of_member(member: GroupMember, *, change: str) -> Telling:
    """Whose data the line may use beside its own, and how much of it. `member` has its line and its group's at hand."""
    return Telling(
        line_id=member.line_id,
        msisdn=member.line.msisdn,
        kind=CommandKind.GROUP_SET,
        payload=_share(member) if member.left_at is None else {"is_member": False},
        subject=f"group:{member.group_id}",
        key=f"member:{member.pk}:{change}",
    )


def at(moment: datetime) -> str:
    """A moment as part of a `change`."""
    return _moment(moment)


def _allowance(one: Allowance) -> dict[str, Any]:
    """Amounts in the unit's base: bytes, seconds, messages."""
    return {
        "unit": str(one.unit),
        "granted": usable(one),
        "full_speed_amount": one.full_speed_amount,
        "speed_after_kbit": one.speed_after_kbit,
        "zone": one.zone.code,
        "zone_cap": one.zone_cap,
        "is_frozen": one.frozen_at is not None,
    }


def _share(member: GroupMember) -> dict[str, Any]:
    """`cap` counts in each of the owner's plan periods; `extra` comes on top of it in the one it names."""
    added = member.shares.filter(extra_bytes__gt=0).select_related("period").order_by("-period__starts_at").first()
    return {
        "is_member": True,
        "owner_line": str(member.group.line_id),
        "owner_msisdn": member.group.line.msisdn,
        "since": _moment(member.joined_at),
        "cap": member.cap_bytes,
        "extra": {"period": added.period.origin, "amount": added.extra_bytes} if added else None,
        "is_paused": member.pauses.filter(until_at=None).exists(),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
