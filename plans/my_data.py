"""What this room holds about a person, for the copy they may have."""

from django.utils.translation import gettext as _

from accounts.models import Subscriber
from accounts.my_data import stretch_owned
from lib.my_data import Table, table
from plans.models import Allowance, PlanPeriod


def tables(subscriber: Subscriber) -> list[Table]:
    owned = stretch_owned(subscriber, "starts_at", "ends_at")
    periods = PlanPeriod.objects.filter(owned).order_by("starts_at", "pk")
    kept = stretch_owned(subscriber, "starts_at", "expires_at")
    allowances = Allowance.objects.filter(kept).order_by("starts_at", "pk")
    return [
        table(
            "plans", _("Plans and add-ons"), periods, number="line__msisdn", plan="plan__code", kind="kind", starts_at="starts_at",
            ends_at="ends_at", cancelled_at="cancelled_at",
        ),
        table(
            "allowances", _("Data, minutes and texts"), allowances, number="line__msisdn", unit="unit", granted="granted", used="used",
            given_on="gifted", starts_at="starts_at", expires_at="expires_at",
        ),
    ]  # fmt: skip
