"""Lena's family: her number shares its data with those of her children."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from accounts.models import Line, Subscriber
from lib.wording import GIGABYTE
from notifications import outbox
from plans.groups import asking, inviting, joining
from plans.models import GroupMember
from plans.models.group import STEP_BYTES
from portal.demo.people import CAST

#: How long they have shared.
SINCE = timedelta(days=30)


def load(lines: Mapping[str, Line], *, now: datetime) -> None:
    """`lines` by number. Before anything is used, so that what was used is charged to whom it was shared with."""
    began = now - SINCE
    for owner in Subscriber.objects.exclude(msisdn=None).order_by("pk"):
        children = [person for person in CAST if person.owner == owner.name and person.shares_gb]
        if not children:
            continue
        group = inviting.start(line=lines[str(owner.msisdn)], owner=owner, shows=owner.name, now=began)
        for person in children:
            made, _code = inviting.invite(group=group, cap_bytes=person.shares_gb * GIGABYTE, now=began)
            line = lines[person.msisdn]
            member = joining.join(invite=made, line=line, subscriber=owner, shows=person.label, now=began)
            outbox.withdraw(f"member:{member.pk}")


def ask(*, now: datetime) -> None:
    """The youngest would like more; what that would tell is no news."""
    member = GroupMember.objects.select_related("group__line", "line").order_by("cap_bytes").first()
    if member is not None:
        asking.ask(member=member, amount_bytes=STEP_BYTES, now=now)
        outbox.withdraw(f"member:{member.pk}")
