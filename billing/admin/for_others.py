"""Top-ups for numbers of others, and the links they may come by. Why one came to nothing stands here and nowhere else."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import GUEST_TONES
from billing.models import GuestTopUp, TopUpLink
from lib.admin.columns import column, line_of, link_to, masked_address_of, moment_of, money_of, state_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge


@admin.register(GuestTopUp)
class GuestTopUpAdmin(ReadOnlyAdmin):
    is_personal = True
    line_path = "order.line_id"
    list_display = ["made", "payer_masked", "price", "way", "standing", "reason", "order_linked"]
    list_filter = ["state", "reason", "way", "currency"]
    list_select_related = ["order", "link", "payer", "plan"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "made",
        "payer_masked",
        "payer_linked",
        "language",
        "number_masked",
        "link_linked",
        "what",
        "plan_linked",
        "price",
        "way",
        "standing",
        "reason",
        "order_linked",
        "session_id",
        "intent_id",
        "page_until",
        "asked",
    ]

    made = moment_of("created_at", _("created"))
    payer_masked = masked_address_of("email", _("payer's e-mail"))
    payer_linked = link_to("payer", _("payer"), shown_as="pk")
    number_masked = masked_address_of("msisdn", _("number"))
    link_linked = link_to("link", _("top-up link"))
    plan_linked = link_to("plan", _("plan"))
    price = money_of("price_minor", _("price"))
    standing = state_of(_("state"), GUEST_TONES)
    order_linked = link_to("order", _("order"))
    page_until = moment_of("expires_at", _("page open until"))
    asked = moment_of("asked_at", _("last asked at the gateway"))

    def heading(self, row: GuestTopUp) -> str:
        return str(row.price)


@admin.register(TopUpLink)
class TopUpLinkAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["made", "line_masked", "owner_linked", "shows", "lets_plans", "standing"]
    list_select_related = ["line", "owner"]
    ordering = ["-made_at", "-pk"]
    fields = ["line_masked", "owner_linked", "shows", "lets_plans", "standing", "made", "revoked"]

    line_masked = line_of("line", _("line"))
    owner_linked = link_to("owner", _("owner"), shown_as="pk")
    standing = column(
        _("state"),
        lambda row: badge(str(_("revoked")), "plain") if row.revoked_at else badge(str(_("works")), "good"),
        ordering="revoked_at",
    )
    made = moment_of("made_at", _("made"))
    revoked = moment_of("revoked_at", _("revoked"))
