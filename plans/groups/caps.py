"""How much a member may use in each of the owner's plan periods, and whether at all just now. A pause is never refused for being one too many
in a day: each but the first needs a `resume`, which is counted.
"""

from datetime import datetime

from lib.transactions import whole
from plans import commands
from plans.groups import rules, shared, telling
from plans.groups.telling import Change
from plans.models import GroupMember, GroupPause
from provisioning.outbox import tell_many


@whole
def set_cap(*, member: GroupMember, cap_bytes: int | None, now: datetime) -> None:
    """From now on; None: no cap. What is used already stays used. Raises rules.NotPossible when the member has left, it would be more while the
    owner is on hold, it was changed too often today, or what is shared needs a cap.
    """
    found = rules.lock_member(member)
    if found.cap_bytes == cap_bytes:
        return
    if cap_bytes is None or (found.cap_bytes is not None and cap_bytes > found.cap_bytes):
        rules.check_hold(found.group.owner)
    shared.check_cap(found.group.line, cap_bytes, now=now)
    rules.count(found, "changes")
    found.cap_bytes = cap_bytes
    found.save(update_fields=["cap_bytes"])
    tell_many([commands.of_member(found, change=f"cap:{commands.at(now)}")])
    telling.changed(found, Change.CAP, now=now)


@whole
def pause(*, member: GroupMember, now: datetime) -> None:
    """Nothing that is used from now on is shared, until `resume`. A second time nothing changes. Raises rules.NotPossible."""
    found = rules.lock_member(member)
    if found.pauses.filter(until_at=None).exists():
        return
    GroupPause.objects.create(member=found, from_at=now)
    tell_many([commands.of_member(found, change=f"paused:{commands.at(now)}")])
    telling.changed(found, Change.PAUSED, now=now)


@whole
def resume(*, member: GroupMember, now: datetime) -> None:
    """Shared again from now on. Without a pause nothing changes. Raises rules.NotPossible."""
    found = rules.lock_member(member)
    pauses = found.pauses.filter(until_at=None)
    if not pauses.exists():
        return
    rules.check_hold(found.group.owner)
    rules.count(found, "changes")
    pauses.update(until_at=now)
    tell_many([commands.of_member(found, change=f"resumed:{commands.at(now)}")])
    telling.changed(found, Change.RESUMED, now=now)
