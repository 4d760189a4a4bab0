"""Lines: who owns them, which SIMs are in them, and, from the template, everything else that belongs to a line."""

from collections.abc import Mapping

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.devices import blocking, swapping
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import Line, LineClaim, LineOwnership, LineState, Sim, SimState, SimSwap, SwapState
from lib import audit, clock
from lib.admin.acts import REASON_LENGTH, Act, ActingAdmin, Refusal
from lib.admin.columns import column, link_to, masked_address_of, moment_of, number_of, state_of
from lib.admin.reading import ReadOnlyInline
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


_SIM_TONES = {SimState.ACTIVE: "good", SimState.BLOCKED: "bad", SimState.ENDED: "plain"}
_SWAP_TONES = {
    SwapState.WAITING: "warn",
    SwapState.DONE: "good",
    SwapState.VETOED: "bad",
    SwapState.CANCELLED: "plain",
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
    fields = ["iccid", "kind", "label", "standing", "gets_texts", "since", "until"]
    ordering = ["-from_at"]

    standing = state_of(_("state"), _SIM_TONES)
    since = moment_of("from_at", _("from"))
    until = moment_of("until_at", _("until"))


class SwapsOfLine(ReadOnlyInline):
    model = SimSwap
    fields = ["standing", "from_sim", "to_kind", "to_iccid", "proof", "session", "asked", "decides", "vetoed_by"]
    ordering = ["-asked_at"]

    standing = state_of(_("state"), _SWAP_TONES)
    asked = moment_of("asked_at", _("asked"))
    decides = moment_of("decides_at", _("decides"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SimSwap]:
        return super().get_queryset(request).select_related("from_sim")


class BlockSimForm(forms.Form):
    """Which of the line's SIMs a caller has lost."""

    sim = forms.ModelChoiceField(label=_("SIM"), queryset=Sim.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("How do you know who is calling?"), max_length=REASON_LENGTH)

    def clean_reason(self) -> str:
        return " ".join(str(self.cleaned_data["reason"]).split())


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
class LineAdmin(ActingAdmin):
    line_path = "pk"
    acts = (
        Act(name="block-sim", words=_("Block a lost SIM"), right=blocking.RIGHT, asks=BlockSimForm),
        Act(
            name="stop-swap",
            words=_("Stop the SIM swap"),
            right=blocking.RIGHT,
            reason=_("How do you know who is calling?"),
        ),
    )
    list_display = ["number_masked", "standing", "country", "currency", "since"]
    list_filter = ["state", "country", "identity"]
    ordering = ["-pk"]
    inlines = [OwnershipsOfLine, SimsOfLine, SwapsOfLine, ClaimsOfLine]
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

    def offers(self, request: HttpRequest, row: Line) -> Mapping[str, str]:
        shown = {}
        if row.sims.in_use().filter(state=SimState.ACTIVE).exists():
            shown["block-sim"] = ""
        if row.sim_swaps.filter(state=SwapState.WAITING).exists():
            shown["stop-swap"] = ""
        return shown

    def form_of(self, request: HttpRequest, row: Line, act: Act) -> forms.Form:
        form = BlockSimForm(request.POST or None)
        sims: forms.ModelChoiceField[Sim] = form.fields["sim"]  # type: ignore[assignment]
        sims.queryset = row.sims.in_use().filter(state=SimState.ACTIVE)
        return form

    def do_block_sim(self, request: HttpRequest, row: Line, form: BlockSimForm) -> str:
        """As its owner would, with a row of who did it and why; codes and PUKs are shown nowhere here."""
        sim, reason = form.cleaned_data["sim"], form.cleaned_data["reason"]
        by = By(actor=audit.who(request)["actor"])
        try:
            blocking.block(sim.pk, line_id=row.pk, by=by, now=clock.now(), reason=reason)
        except CannotBeChanged as error:
            raise Refusal(str(_("This cannot be done any more; nothing changed."))) from error
        audit.done(request, "sim.blocked", subject=f"sim:{sim.pk}", line_id=row.pk, reason=reason)
        return str(_("The SIM is blocked, and its owner told by e-mail."))

    def do_stop_swap(self, request: HttpRequest, row: Line, reason: str) -> str:
        swap = swapping.waiting_of(row)
        if swap is None or not swapping.stop(swap, by=By(actor=audit.who(request)["actor"])):
            raise Refusal(str(_("This cannot be done any more; nothing changed.")))
        audit.done(request, "swap.stopped", subject=f"swap:{swap.pk}", line_id=row.pk, reason=reason)
        return str(_("The swap is stopped, and its owner told."))
