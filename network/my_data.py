"""What this room holds about a person, for the copy they may have: single uses as long as they are kept, days for longer."""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from accounts.owned import ownerships, while_owned
from lib.my_data import Table, table
from network.models import UsageDay, UsageRecord


def tables(subscriber: Subscriber) -> list[Table]:
    records = (
        UsageRecord.objects.filter(while_owned(subscriber, "used_at"))
        if ownerships(subscriber)
        else UsageRecord.objects.none()
    )
    return [
        table(
            "usage", _("Every use"), records.order_by("used_at", "source", "record_id"), number="line__msisdn", used_at="used_at",
            record="record_id", unit="unit", amount="amount", country="country", not_covered="overrun",
        ),
        table(
            "usage_days", _("Use by day"), UsageDay.objects.filter(_whole_days(subscriber)).order_by("day", "pk"), number="line__msisdn",
            day="day", unit="unit", country="country", amount="amount", not_covered="overrun", from_credit="by_credit",
            cost_minor="cost_minor",
        ),
    ]  # fmt: skip


def _whole_days(subscriber: Subscriber) -> Q:
    """A day on which the line changed hands is counted together: it is in neither's copy."""
    found = Q(pk__in=[])
    for own in ownerships(subscriber):
        theirs = Q(line=own.line_id, day__gt=own.from_at.date())
        found |= theirs & Q(day__lt=own.until_at.date()) if own.until_at else theirs
    return found
