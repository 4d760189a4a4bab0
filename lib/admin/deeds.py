"""What staff did, in words. A deed that stands not here is shown by its name."""

from django.utils.translation import gettext as _


def deed_in_words(deed: str) -> str:
    """`adjustment.booked` as `booked an adjustment`."""
    words = {
        "viewed": _("looked at it"),
        "searched": _("searched"),
        "alarm.seen": _("marked an alarm as seen"),
        "checked_again": _("asked the gateway again"),
        "person.changed": _("changed a person"),
        "adjustment.asked": _("asked for an adjustment"),
        "adjustment.booked": _("booked an adjustment"),
        "adjustment.refused": _("refused an adjustment"),
        "refund.asked": _("asked for a refund"),
        "refund.granted": _("granted a refund"),
        "refund.refused": _("refused a refund"),
        "review.taken": _("took a review item"),
        "review.handed_back": _("handed a review item back"),
        "review.closed": _("closed a review item"),
        "held.given_back": _("gave held money back"),
        "payout.asked": _("set held money aside for a pay-out"),
        "payout.approved": _("approved a pay-out"),
        "payout.sent": _("sent a pay-out"),
        "payout.refused": _("refused a pay-out"),
        "payout.bank_data_seen": _("looked at a bank account"),
        "receipt.downloaded": _("downloaded a receipt"),
        "ticket.answered": _("answered a ticket"),
        "ticket.noted": _("wrote a note to a ticket"),
        "ticket.taken": _("took a ticket"),
        "ticket.handed_back": _("handed a ticket back"),
        "ticket.solved": _("marked a ticket as solved"),
        "notice.made": _("told of an outage or works"),
        "notice.ended": _("ended a notice"),
        "sim.blocked": _("blocked a SIM"),
        "swap.stopped": _("stopped a SIM swap"),
        "message.sent_again": _("sent a message again"),
        "vouchers.made": _("made a batch of vouchers"),
        "vouchers.handed_out": _("took the codes of a batch"),
        "vouchers.activated": _("activated vouchers"),
        "vouchers.blocked": _("blocked vouchers"),
        "outside.settled": _("booked what a seller handed over"),
        "outside.settlement_undone": _("undid what a seller had handed over"),
        "vouchers.unblocked": _("unblocked vouchers"),
    }
    return words.get(deed, deed)
