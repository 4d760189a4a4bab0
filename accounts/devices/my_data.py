"""What is held of a person's SIMs and of taking their number away, for the copy they may have. Codes stay here, sealed."""

from django.utils.translation import gettext as _

from accounts.models import EsimOrder, NumberUnlock, PortOutCode, Sim, SimEvent, SimSwap, Subscriber
from accounts.owned import stretch_owned, while_owned
from lib.my_data import Table, table


def tables(subscriber: Subscriber) -> list[Table]:
    sims = Sim.objects.filter(stretch_owned(subscriber, "from_at", "until_at")).order_by("from_at", "pk")
    events = SimEvent.objects.filter(while_owned(subscriber, "at", line="sim__line_id")).order_by("at", "pk")
    asked_by = {"subscriber": subscriber}
    return [
        table(
            "sims", _("SIMs of your lines"), sims, number="line__msisdn", iccid="iccid", kind="kind", device="device",
            state="state", in_use_from="from_at", in_use_until="until_at",
        ),
        table(
            "sim_events", _("What happened to your SIMs"), events, iccid="sim__iccid", what="deed", at="at", reason="reason",
            browser="session",
        ),
        table(
            "sim_swaps", _("SIM swaps you asked for"), SimSwap.objects.filter(**asked_by).order_by("asked_at", "pk"),
            number="line__msisdn", old_iccid="from_sim__iccid", new_iccid="to_iccid", state="state", asked_at="asked_at",
            ended_at="ended_at", browser="session",
        ),
        table(
            "esim_orders", _("eSIMs you ordered"), EsimOrder.objects.filter(**asked_by).order_by("asked_at", "pk"),
            number="line__msisdn", own_name="label", device="device", state="state", asked_at="asked_at", ended_at="ended_at",
        ),
        table(
            "number_locks", _("Number locks you opened"), NumberUnlock.objects.filter(**asked_by).order_by("asked_at", "pk"),
            number="line__msisdn", asked_at="asked_at", opened_at="opens_at", closed_at="closes_at", locked_again_at="ended_at",
        ),
        table(
            "port_out_codes", _("Codes to move your number"), PortOutCode.objects.filter(**asked_by).order_by("made_at", "pk"),
            number="line__msisdn", made_at="made_at", good_until="until_at", revoked_at="revoked_at",
        ),
    ]  # fmt: skip
