"""Saved ways to pay and every try to take a payment with one."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import ATTEMPT_TONES, METHOD_TONES
from billing.models import PaymentAttempt, PaymentMethod
from lib.admin.columns import column, line_of, link_to, moment_of, money_of, state_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import linked, moment


class TriesOfMethod(ReadOnlyInline):
    model = PaymentAttempt
    fields = ["page", "standing", "order_linked", "failure_code", "advice"]

    page = column(_("asked at"), lambda attempt: linked(attempt, moment(attempt.asked_at)))
    standing = state_of(_("state"), ATTEMPT_TONES)
    order_linked = link_to("payment.order", _("order"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentAttempt]:
        return super().get_queryset(request).select_related("payment__order")


def _consent(method: PaymentMethod) -> str:
    """Which text was agreed to, in which version and language."""
    return " · ".join(
        str(method.consent[name]) for name in ("text", "text_version", "language") if name in method.consent
    )


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnlyAdmin):
    is_personal = True
    list_display = ["label", "subscriber_linked", "way", "standing", "good_until", "is_default", "is_backup", "saved"]
    list_filter = ["state", "way"]
    list_select_related = ["subscriber"]
    ordering = ["-saved_at", "-pk"]
    inlines = [TriesOfMethod]
    fields = [
        "label",
        "way",
        "subscriber_linked",
        "standing",
        "is_default",
        "is_backup",
        "good_until",
        "gateway_id",
        "agreed_to",
        "saved",
        "ended",
        "forgotten",
    ]

    subscriber_linked = link_to("subscriber", _("subscriber"), shown_as="pk")
    standing = state_of(_("state"), METHOD_TONES)
    good_until = column(
        _("good until"), lambda row: row.expires_on and f"{row.expires_on:%m/%Y}", ordering="expires_on"
    )
    agreed_to = column(_("consent"), _consent)
    saved = moment_of("saved_at", _("saved at"))
    ended = moment_of("ended_at", _("ended"))
    forgotten = moment_of("forgotten_at", _("forgotten at the gateway"))


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    line_path = "payment.order.line_id"
    list_display = ["asked", "order_linked", "line_masked", "method_linked", "amount", "standing", "failure_code"]
    list_filter = ["state", "advice"]
    list_select_related = ["payment__order__line", "method"]
    ordering = ["-asked_at", "-pk"]
    fields = [
        "order_linked",
        "payment_linked",
        "method_linked",
        "amount",
        "standing",
        "failure_code",
        "advice",
        "idempotency_key",
        "calls",
        "asked",
        "unknown",
        "answered",
    ]

    order_linked = link_to("payment.order", _("order"))
    payment_linked = link_to("payment", _("payment"))
    line_masked = line_of("payment.order.line", _("line"))
    method_linked = link_to("method", _("saved way to pay"))
    amount = money_of("payment.amount_minor", _("asked for"), currency="payment.currency")
    standing = state_of(_("state"), ATTEMPT_TONES)
    asked = moment_of("asked_at", _("asked at"))
    unknown = moment_of("unknown_since", _("outcome unknown since"))
    answered = moment_of("answered_at", _("answered"))

    def heading(self, row: PaymentAttempt) -> str:
        return row.method.label
