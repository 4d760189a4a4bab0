"""What this room holds about a person, for the copy they may have."""

from django.utils.translation import gettext as _

from accounts.models import Subscriber
from accounts.owned import stretch_owned, while_owned
from lib.my_data import Table, table
from plans.models import Allowance, AllowanceGift, GroupAsk, GroupMember, PlanPeriod, SharingGroup


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
        *_shared(subscriber),
    ]  # fmt: skip


def _shared(subscriber: Subscriber) -> list[Table]:
    """What was given and shared. The other's name and number are the other's; of a group its member sees the owner's name on its pages."""
    given = AllowanceGift.objects.filter(given_by=subscriber).order_by("given_at", "pk")
    received = AllowanceGift.objects.filter(while_owned(subscriber, "given_at", line="to_line_id")).order_by(
        "given_at", "pk"
    )
    groups = SharingGroup.objects.filter(owner=subscriber).order_by("started_at", "pk")
    members = GroupMember.objects.filter(subscriber=subscriber).order_by("joined_at", "pk")
    asks = GroupAsk.objects.filter(member__subscriber=subscriber).order_by("asked_at", "pk")
    return [
        table(
            "gifts_given", _("Data you gave"), given, number="from_line__msisdn", given_to="to_line__msisdn", bytes="amount_bytes",
            given_at="given_at", taken_back_bytes="given_back_bytes", taken_back_at="undone_at",
        ),
        table(
            "gifts_received", _("Data you were given"), received, number="to_line__msisdn", bytes="amount_bytes",
            given_at="given_at", taken_back_bytes="given_back_bytes", taken_back_at="undone_at",
        ),
        table(
            "groups", _("Groups you started"), groups, number="line__msisdn", your_name="shows", started_at="started_at",
            dissolved_at="dissolved_at",
        ),
        table(
            "memberships", _("Groups you were in"), members, number="line__msisdn", your_name="shows", cap_bytes="cap_bytes",
            joined_at="joined_at", left_at="left_at", ended="end",
        ),
        table(
            "group_asks", _("What you asked a group for"), asks, number="member__line__msisdn", bytes="amount_bytes",
            asked_at="asked_at", state="state", decided_at="decided_at",
        ),
    ]  # fmt: skip
