"""Telling the core once more how a line stands: for lines on which its books and ours differ, when somebody has decided that ours hold."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.devices import commands as device_commands
from accounts.models import Line
from lib.transactions import whole
from plans import commands
from plans.models import Allowance, GroupMember, PlanPeriod
from provisioning.models import Difference
from provisioning.outbox import tell_many


def differing_lines() -> list[UUID]:
    """Lines of ours with an open difference."""
    open_rows = Difference.objects.filter(closed_at=None)
    return list(Line.objects.filter(pk__in=open_rows.values("line_id")).values_list("pk", flat=True))


@whole
def tell_again(line_id: UUID, *, now: datetime) -> int:
    """The line's state, its SIMs, whose data it shares, and its plan periods and gifts that are not over or that differ. Every command says
    how something stands, so that it may be told any number of times. Returns how many commands were written.
    """
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    differing = Difference.objects.filter(line_id=line_id, closed_at=None).values_list("about", flat=True)
    named = [about.partition(" ")[0] for about in differing]
    rows = PlanPeriod.objects.filter(Q(ends_at__gt=now) | Q(origin__in=named), line=line)
    periods = rows.exclude(origin__startswith=commands.IMPORTED).select_related("plan").order_by("starts_at")
    again = f"again:{commands.at(now)}"
    about = f"line:{line.pk}"
    tellings = [commands.of_line(line, subject=about, again=again)]
    tellings.append(device_commands.of_sims(line, line.sims.in_use(), change=again))
    tellings += [
        commands.of_period(
            period, period.allowances.select_related("zone"), line=line, change=again, subject=period.origin
        )
        for period in periods
    ]
    gifts = Allowance.objects.filter(Q(expires_at__gt=now) | Q(origin__in=named), line=line, gift__isnull=False)
    tellings += [commands.of_gift(one, line=line, change=again) for one in gifts.select_related("zone").order_by("id")]
    joined = GroupMember.objects.filter(line=line).select_related("line", "group__line").order_by("-joined_at").first()
    tellings += [commands.of_member(joined, change=again)] if joined else []
    tell_many(tellings)
    return len(tellings)
