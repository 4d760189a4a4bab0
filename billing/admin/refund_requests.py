"""Refunds by staff: by the rules at once, or another sum with a reason and a second person."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.admin.deciding import DecidingAdmin, authority_of
from billing.admin.rows import REQUEST_TONES, RefundsOfRequest
from billing.authority import ASK_REFUND, DECIDE, Authority, OwnLine
from billing.giving_back import quotes, refund_requests, withdraw_page
from billing.giving_back.quotes import Quote, Rule, Share
from billing.giving_back.refund_requests import RefundWish
from billing.models import Order, RefundRequest, RefundRequestState
from lib import audit, clock
from lib.admin import people
from lib.admin.acts import REASON_LENGTH, Act
from lib.admin.columns import column, line_of, link_to, moment_of, money_of, state_of
from lib.admin.form_page import AmountField, Fact
from lib.admin.showing import NOTHING, money
from lib.money import Money, format_money


class RefundForm(forms.Form):
    """By the rules; or, for those who may decide, another sum that waits for one more of them."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("For the file; the payer is told the sum, not the reason."),
    )

    def __init__(self, data: Any, *, order: Order, by: Authority) -> None:
        super().__init__(data, initial={"form_token": uuid.uuid4()})
        if by.may_decide:
            self.fields["amount"] = AmountField(
                currency=order.currency,
                required=False,
                label=_("Another sum (%(currency)s)") % {"currency": order.currency},
                help_text=_("Leave it empty to give back what the rules say. Another sum waits for a second person."),
            )
            self.fields["ends"] = forms.BooleanField(
                required=False,
                initial=True,
                label=_("What is left of the plan ends"),
                help_text=_("Counts for another sum only; by the rules it always ends."),
            )


REFUND = Act(name="refund", words=gettext_lazy("Give money back"), right=ASK_REFUND, asks=RefundForm)


def facts_of_refund(order: Order) -> list[Fact]:
    """What the rules give now, and how it is counted."""
    quote = quotes.quote(order, now=clock.now())
    return [
        (_("Paid"), money(order.price_minor, order.currency)),
        (_("By the rules"), money(quote.amount.minor, quote.amount.currency)),
        (_("How it is counted"), formula_in_words(quote)),
    ]


def formula_in_words(quote: Quote) -> SafeString:
    """The rule as the payer reads it, what was compared, and the sum."""
    shares = ((share.title, share.says) for share in withdraw_page.shares(quote))
    return format_html(
        '<div class="counted"><p>{}</p>{}<p>{}</p></div>',
        withdraw_page.why(quote),
        format_html_join("", "<p>{}: {}</p>", shares),
        withdraw_page.formula(quote),
    )


def ask_for_refund(request: HttpRequest, order: Order, form: RefundForm) -> str:
    """Granted at once by the rules; another sum waits. In words. Raises what `refund_requests.ask` raises, and OwnLine."""
    by = authority_of(request)
    by.check_foreign(order.line)
    if order.buyer_id == by.person_id:
        raise OwnLine
    asked = form.cleaned_data
    amount_minor = asked.get("amount")
    wish = RefundWish(
        order=order,
        key=f"staff:{asked['form_token']}",
        actor=by.actor,
        amount_minor=amount_minor,
        takes_back=amount_minor is None or bool(asked.get("ends")),
        reason=asked["reason"],
        may_grant=amount_minor is None,
    )
    _record(request, "refund.asked", order, asked["reason"], minor=amount_minor)
    made = refund_requests.ask(wish, now=clock.now())
    sum_words = {"sum": format_money(made.amount_minor, made.currency)}
    if made.state == RefundRequestState.ASKED:
        return _("%(sum)s wait for a second person.") % sum_words
    return _("%(sum)s are on their way back.") % sum_words


def _record(request: HttpRequest, deed: str, order: Order, reason: str, **detail: Any) -> None:
    """Before the domain acts, in a transaction of its own: what is refused then was asked for all the same."""
    audit.done(request, deed, subject=order.subject, line_id=order.line_id, reason=reason, **detail)


def _formula(row: RefundRequest) -> SafeString | str:
    kept = row.formula
    if kept.get("rule") not in set(Rule):
        return str(kept.get("rule", NOTHING))
    quote = Quote(
        amount=Money(kept["counted"], row.currency),
        price=row.order.price,
        rule=Rule(kept["rule"]),
        shares=[Share(**share) for share in kept.get("shares", [])],
        before_minor=kept.get("before", 0),
    )
    return formula_in_words(quote)


@admin.register(RefundRequest)
class RefundRequestAdmin(DecidingAdmin):
    subject_name = "request"
    line_path = "order.line_id"
    list_display = ["asked", "order_linked", "line_masked", "amount", "cause", "standing", "asked_name"]
    list_filter = ["state", "cause"]
    list_select_related = ["order__line", "order__plan"]
    ordering = ["-asked_at"]
    inlines = [RefundsOfRequest]
    acts = [
        Act(name="grant", words=gettext_lazy("Grant"), right=DECIDE),
        Act(name="refuse", words=gettext_lazy("Refuse"), right=DECIDE),
    ]
    fields = [
        "order_linked",
        "line_masked",
        "standing",
        "amount",
        "by_the_rules",
        "formula_shown",
        "takes_back",
        "cause",
        "reason",
        "asked_name",
        "asked",
        "decided_name",
        "decided",
    ]

    order_linked = link_to("order", gettext_lazy("order"))
    line_masked = line_of("order.line", gettext_lazy("line"))
    standing = state_of(gettext_lazy("state"), REQUEST_TONES)
    amount = money_of("amount_minor", gettext_lazy("amount"))
    by_the_rules = column(gettext_lazy("by the rules"), lambda row: money(row.formula.get("counted"), row.currency))
    formula_shown = column(gettext_lazy("how it was counted"), _formula)
    asked_name = column(gettext_lazy("asked by"), lambda row: row.asked_name or row.asked_by)
    decided_name = column(gettext_lazy("decided by"), lambda row: people.name_of(row.decided_by))
    asked = moment_of("asked_at", gettext_lazy("asked"))
    decided = moment_of("decided_at", gettext_lazy("decided"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(asked_name=people.staff_name("asked_by"))

    def heading(self, row: RefundRequest) -> str:
        return format_money(row.amount_minor, row.currency)

    def offers(self, request: HttpRequest, row: RefundRequest) -> Mapping[str, str]:
        if row.state != RefundRequestState.ASKED:
            return {}
        is_first = row.asked_by == authority_of(request).actor
        second = _("A second person decides.") if is_first else ""
        disputed = _("A dispute is open.") if refund_requests.is_disputed(row.order) else ""
        return {"grant": second or disputed, "refuse": second}

    def do_grant(self, request: HttpRequest, row: RefundRequest) -> str:
        self._decide(request, row, is_granted=True)
        return _("Granted. The money is on its way back.")

    def do_refuse(self, request: HttpRequest, row: RefundRequest) -> str:
        self._decide(request, row, is_granted=False)
        return _("Refused. Nothing goes back.")

    def _decide(self, request: HttpRequest, row: RefundRequest, *, is_granted: bool) -> None:
        by = authority_of(request)
        by.check_foreign(row.order.line)
        if row.order.buyer_id == by.person_id:
            raise OwnLine
        deed = "refund.granted" if is_granted else "refund.refused"
        _record(request, deed, row.order, row.reason, minor=row.amount_minor, asked=str(row.pk))
        refund_requests.decide(row, is_granted=is_granted, actor=by.actor, now=clock.now())
