"""Lines: who owns them, which SIMs are in them, and, from the template, everything else that belongs to a line."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, LineClaim, LineOwnership, LineState, Sim
from lib.admin.columns import column, link_to, masked_address_of, moment_of, number_of, state_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import badge
from lib.msisdn import format_msisdn

_TONES = {
    LineState.STOCK: "plain",
    LineState.ACTIVE: "good",
    LineState.GRACE: "warn",
    LineState.SUSPENDED: "bad",
    LineState.BLOCKED: "bad",
    LineState.RELEASED: "plain",
    LineState.PORTED_OUT: "plain",
}


class OwnershipsOfLine(ReadOnlyInline):
    model = LineOwnership
    fields = ["owner", "since", "until"]
    verbose_name_plural = _("owners")
    ordering = ["-from_at"]

    owner = link_to("subscriber", _("owner"))
    since = moment_of("from_at", _("from"))
    until = moment_of("until_at", _("until"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineOwnership]:
        return super().get_queryset(request).select_related("subscriber")


class SimsOfLine(ReadOnlyInline):
    model = Sim
    fields = ["iccid", "kind", "since", "until"]
    ordering = ["-from_at"]

    since = moment_of("from_at", _("from"))
    until = moment_of("until_at", _("until"))


def _outcome(claim: LineClaim) -> SafeString:
    if claim.vetoed_at:
        return badge(str(_("refused by the owner")), "bad")
    return badge(str(_("granted")), "good") if claim.granted_at else badge(str(_("open")), "warn")


class ClaimsOfLine(ReadOnlyInline):
    model = LineClaim
    fields = ["claimant", "opened", "decides", "outcome"]
    ordering = ["-opened_at"]

    claimant = link_to("subscriber", _("by"))
    opened = moment_of("opened_at", _("opened"))
    decides = moment_of("decides_at", _("decides"))
    outcome = column(_("outcome"), _outcome)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineClaim]:
        return super().get_queryset(request).select_related("subscriber")


@admin.register(Line)
class LineAdmin(ReadOnlyAdmin):
    line_path = "pk"
    list_display = ["number_masked", "standing", "country", "currency", "since"]
    list_filter = ["state", "country", "identity"]
    ordering = ["-pk"]
    inlines = [OwnershipsOfLine, SimsOfLine, ClaimsOfLine]
    change_form_template = "admin/accounts/line/change_form.html"
    fields = [
        "number",
        "standing",
        "since",
        "state_reason",
        "identity",
        "country",
        "currency",
        "time_zone",
        "language",
        "label",
    ]

    number = number_of("msisdn", _("number"))
    number_masked = masked_address_of("msisdn", _("number"))
    standing = state_of(_("state"), _TONES)
    since = moment_of("state_since", _("since"))

    def heading(self, row: Line) -> str:
        return format_msisdn(row.msisdn)
