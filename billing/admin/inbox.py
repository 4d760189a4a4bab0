"""The gateway's events as they came in."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import EVENT_TONES
from billing.models import Payment, Refund, WebhookEvent
from lib.admin.columns import column, moment_of, state_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import linked


def _payment(event: WebhookEvent) -> str:
    return linked(Payment.objects.filter(pk=event.payment_id).first() if event.payment_id else None)


def _refund(event: WebhookEvent) -> str:
    return linked(Refund.objects.filter(pk=event.refund_id).first() if event.refund_id else None)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "kind", "standing", "attempts", "received"]
    list_filter = ["state", "kind"]
    ordering = ["-pk"]
    fields = [
        "event_id",
        "kind",
        "standing",
        "object_id",
        "payment",
        "refund",
        "attempts",
        "error",
        "happened",
        "received",
        "handled",
        "next_try",
    ]

    standing = state_of(_("state"), EVENT_TONES)
    payment = column(_("payment"), _payment)
    refund = column(_("refund"), _refund)
    happened = moment_of("happened_at", _("happened"))
    received = moment_of("received_at", _("received"))
    handled = moment_of("handled_at", _("handled at"))
    next_try = moment_of("next_try_at", _("next try"))
