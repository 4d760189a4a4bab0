"""Data given from one line to another. Recorded for the giving line; the other line's page of it is its allowance."""

from datetime import datetime

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib import clock
from lib.admin.columns import column, line_of, link_to, moment_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge
from lib.templatetags.formats import amount
from plans.models import AllowanceGift, Unit


def gift_badge(gift: AllowanceGift, now: datetime) -> SafeString:
    """Given, taken back, or not paid for."""
    if gift.undone_at:
        return badge(str(_("taken back")), "plain")
    if gift.forfeited_at:
        return badge(str(_("not paid for")), "bad")
    return badge(str(_("can be taken back")), "busy") if now < gift.undo_until else badge(str(_("given")), "good")


@admin.register(AllowanceGift)
class AllowanceGiftAdmin(ReadOnlyAdmin):
    line_path = "from_line_id"
    list_display = ["size", "from_masked", "to_masked", "standing", "given"]
    list_select_related = ["from_line", "to_line"]
    ordering = ["-given_at", "-pk"]
    fields = [
        "from_masked",
        "to_masked",
        "giver",
        "size",
        "back",
        "standing",
        "source_linked",
        "received_linked",
        "given",
        "undone",
        "forfeited",
    ]

    size = column(_("amount"), lambda gift: amount(gift.amount_bytes, Unit.DATA))
    back = column(_("of which taken back"), lambda gift: amount(gift.given_back_bytes, Unit.DATA))
    from_masked = line_of("from_line", _("from"))
    to_masked = line_of("to_line", _("to"))
    giver = link_to("given_by", _("given by"), shown_as="pk")
    standing = column(_("standing"), lambda gift: gift_badge(gift, clock.now()))
    source_linked = link_to("source", _("out of"))
    received_linked = link_to("received", _("received as"))
    given = moment_of("given_at", _("given at"))
    undone = moment_of("undone_at", _("taken back at"))
    forfeited = moment_of("forfeited_at", _("not paid for, since"))

    def heading(self, row: AllowanceGift) -> str:
        return amount(row.amount_bytes, Unit.DATA)
