"""Changes of queued plans: what was asked for, until when it could be undone, and what came of it. Staff give money back on the order."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import QUEUE_CHANGE_TONES
from billing.models import QueueChange
from lib.admin.columns import line_of, link_to, moment_of, money_of, state_of
from lib.admin.reading import ReadOnlyAdmin


@admin.register(QueueChange)
class QueueChangeAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["asked", "line_masked", "kind", "standing", "back", "plan_linked", "takes_effect"]
    list_filter = ["state", "kind"]
    list_select_related = ["line", "order", "plan", "by_order", "subscriber"]
    ordering = ["-asked_at", "-pk"]
    fields = [
        "line_masked",
        "subscriber_linked",
        "order_linked",
        "kind",
        "standing",
        "back",
        "to_credit",
        "plan_linked",
        "price",
        "by_order_linked",
        "asked",
        "takes_effect",
        "ended",
        "reason",
    ]

    line_masked = line_of("line", _("line"))
    subscriber_linked = link_to("subscriber", _("subscriber"), shown_as="pk")
    order_linked = link_to("order", _("order"))
    by_order_linked = link_to("by_order", _("order instead"))
    plan_linked = link_to("plan", _("plan instead"))
    standing = state_of(_("state"), QUEUE_CHANGE_TONES)
    back = money_of("back_minor", _("goes back"))
    price = money_of("price_minor", _("its price"))
    asked = moment_of("asked_at", _("asked"))
    takes_effect = moment_of("takes_effect_at", _("takes effect"))
    ended = moment_of("ended_at", _("ended"))

    def heading(self, row: QueueChange) -> str:
        return f"{row.get_kind_display()} · {row.order.reference}"
