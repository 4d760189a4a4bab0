"""Adjustments of credit: asked for from the line's page, within a limit or by two."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Line
from billing import adjustments, ledger
from billing.adjustments import AdjustmentWish
from billing.admin.deciding import DecidingAdmin, authority_of
from billing.admin.rows import ADJUSTMENT_TONES
from billing.authority import ADJUST, DECIDE, Authority
from billing.models import Adjustment, AdjustmentPart, AdjustmentState
from lib import clock
from lib.admin import people
from lib.admin.acts import REASON_LENGTH, Act, Refusal
from lib.admin.columns import column, line_of, moment_of, money_of, state_of
from lib.admin.form_page import AmountField, Fact, form_page
from lib.admin.showing import masked_number, money, page_of
from lib.money import format_money

_GIVE, _TAKE = "give", "take"


class AdjustmentForm(forms.Form):
    """What, how much, and why."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    what = forms.ChoiceField(label=gettext_lazy("What"), widget=forms.RadioSelect)

    def __init__(self, data: Any, *, line: Line) -> None:
        super().__init__(data, initial={"form_token": uuid.uuid4(), "what": f"{_GIVE}:{AdjustmentPart.BONUS}"})
        self.fields["what"].choices = _choices(line)  # type: ignore[attr-defined]
        self.fields["amount"] = AmountField(
            currency=line.currency, label=_("Amount (%(currency)s)") % {"currency": line.currency}
        )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"),
            max_length=REASON_LENGTH,
            help_text=_("The subscriber reads this, by e-mail and on the credit page. Write it in their language."),
        )

    def wish(self, line: Line) -> AdjustmentWish:
        """What a valid form asks for."""
        asked = self.cleaned_data
        way, _colon, part = asked["what"].partition(":")
        return AdjustmentWish(
            line=line,
            part=AdjustmentPart(part),
            amount_minor=asked["amount"] if way == _GIVE else -asked["amount"],
            reason=asked["reason"],
            form_token=asked["form_token"],
        )


def _choices(line: Line) -> list[tuple[str, str]]:
    choices = [
        (f"{_GIVE}:{AdjustmentPart.BONUS}", _("Give bonus credit")),
        (f"{_GIVE}:{AdjustmentPart.PAID}", _("Give paid credit, which can be paid out")),
        (f"{_TAKE}:{AdjustmentPart.BONUS}", _("Take bonus credit away")),
        (f"{_TAKE}:{AdjustmentPart.PAID}", _("Take paid credit away")),
    ]
    if ledger.owed_by(line).minor:
        choices.append((f"{_GIVE}:{AdjustmentPart.SHORTFALL}", _("Write off what the line owes")))
    return choices


@admin.register(Adjustment)
class AdjustmentAdmin(DecidingAdmin):
    line_path = "line_id"
    list_display = ["asked", "line_masked", "part", "amount", "standing", "reason", "asked_name"]
    list_filter = ["state", "part"]
    list_select_related = ["line"]
    ordering = ["-asked_at"]
    acts = [
        Act(name="grant", words=gettext_lazy("Agree and book"), right=DECIDE),
        Act(name="refuse", words=gettext_lazy("Refuse"), right=ADJUST),
    ]
    fields = [
        "line_masked",
        "part",
        "amount",
        "standing",
        "reason",
        "needs_second",
        "asked_name",
        "asked",
        "decided_name",
        "decided",
    ]

    line_masked = line_of("line", gettext_lazy("line"))
    amount = money_of("amount_minor", gettext_lazy("amount"))
    standing = state_of(gettext_lazy("state"), ADJUSTMENT_TONES)
    asked_name = column(gettext_lazy("asked by"), lambda row: row.asked_name or row.asked_by)
    decided_name = column(gettext_lazy("decided by"), lambda row: people.name_of(row.decided_by))
    asked = moment_of("asked_at", gettext_lazy("asked"))
    decided = moment_of("decided_at", gettext_lazy("decided"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(asked_name=people.staff_name("asked_by"))

    def heading(self, row: Adjustment) -> str:
        return format_money(row.amount_minor, row.currency)

    def get_urls(self) -> list[URLPattern]:
        ask = self.admin_site.admin_view(self.ask_view)
        return [path("line/<uuid:line_id>/", ask, name="billing_adjustment_ask"), *super().get_urls()]

    def ask_view(self, request: HttpRequest, line_id: uuid.UUID) -> HttpResponse:
        """The form, opened from a line's page."""
        if not request.user.has_perm(ADJUST):
            raise PermissionDenied
        line = get_object_or_404(Line, pk=line_id)
        by = authority_of(request)
        form = AdjustmentForm(request.POST or None, line=line)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, self.call(_ASK, form.wish(line), by))
                return HttpResponseRedirect(page_of(line) or reverse("admin:index"))
            except Refusal as refusal:
                form.add_error(None, str(refusal))
        back = (page_of(line) or "", masked_number(line.msisdn))
        return form_page(self, request, title=_("Adjust credit"), form=form, facts=_facts(line, by), back=back)

    def do_ask(self, wish: AdjustmentWish, by: Authority) -> str:
        made = adjustments.ask(wish, by=by, now=clock.now())
        sum_words = {"sum": format_money(made.amount_minor, made.currency)}
        if made.state == AdjustmentState.ASKED:
            return _("%(sum)s wait for a second person.") % sum_words
        return _("%(sum)s are booked, and the subscriber is told.") % sum_words

    def offers(self, request: HttpRequest, row: Adjustment) -> Mapping[str, str]:
        if row.state != AdjustmentState.ASKED:
            return {}
        by = authority_of(request)
        if row.asked_by == by.actor:
            return {"grant": _("A second person decides."), "refuse": ""}
        return {"grant": "", "refuse": ""} if by.may_decide else {}

    def do_grant(self, request: HttpRequest, row: Adjustment) -> str:
        adjustments.decide(row.pk, is_granted=True, by=authority_of(request), now=clock.now())
        return _("Booked, and the subscriber is told.")

    def do_refuse(self, request: HttpRequest, row: Adjustment) -> str:
        adjustments.decide(row.pk, is_granted=False, by=authority_of(request), now=clock.now())
        return _("Refused. Nothing was booked.")


_ASK = Act(name="ask", words=gettext_lazy("Adjust credit"), right=ADJUST)


def _facts(line: Line, by: Authority) -> list[Fact]:
    paid, bonus = ledger.credit_of(line)
    facts: list[Fact] = [
        (_("Line"), masked_number(line.msisdn)),
        (_("Paid credit"), money(paid.minor, line.currency)),
        (_("Bonus credit"), money(bonus.minor, line.currency)),
    ]
    if owed := ledger.owed_by(line).minor:
        facts.append((_("Owed by the line"), money(owed, line.currency)))
    facts.append((_("You alone, a day and line"), money(by.limit_minor, line.currency)))
    return facts
