"""What waits for a person, oldest first: who looks after it, what it is about, what to do, and the acts that end it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import held_money, ledger, review_list
from billing.admin.checking import CHECK, Asked, CheckAgainAdmin, all_of
from billing.admin.deciding import authority_of
from billing.admin.rows import RefundsOfItem, review_badge
from billing.authority import DECIDE, TAKE_REVIEW, OwnLine
from billing.models import Dispute, Payment, Payout, Refund, RefundRequest, ReviewItem
from billing.paying_out import payouts_at_the_desk
from billing.paying_out.payout_form import BankAccountForm
from lib import audit, clock, runbook
from lib.admin import people
from lib.admin.acts import Act
from lib.admin.columns import column, line_of, link_to, moment_of
from lib.admin.form_page import Fact
from lib.admin.showing import NOTHING, linked, masked_email, money

_TAKE = Act(name="take", words=gettext_lazy("Take"), right=TAKE_REVIEW)
_HAND_BACK = Act(name="hand-back", words=gettext_lazy("Hand back"), right=TAKE_REVIEW)
_GIVE_BACK = Act(name="give-back", words=gettext_lazy("Give it back"), right=DECIDE)
_BY_HAND = Act(name="pay-by-hand", words=gettext_lazy("Pay by hand"), right=DECIDE, asks=BankAccountForm)
_CLOSE = Act(
    name="close",
    words=gettext_lazy("Close: looked into"),
    right=DECIDE,
    reason=gettext_lazy("What was found, and what was done?"),
)
#: First word of a subject -> the table, and the column that holds the rest.
_ABOUT: dict[str, tuple[Any, str]] = {
    "dispute": (Dispute, "gateway_id"),
    "refund": (Refund, "pk"),
    "payment": (Payment, "pk"),
    "request": (RefundRequest, "pk"),
    "payout": (Payout, "pk"),
}


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("open")), ("no", gettext_lazy("closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        return queryset.filter(closed_at__isnull=self.value() == "yes") if self.value() in {"yes", "no"} else queryset


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("looked after")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", gettext_lazy("by me")), ("nobody", gettext_lazy("by nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        if self.value() == "me":
            return queryset.filter(owner=authority_of(request).actor)
        return queryset.filter(owner="", closed_at=None) if self.value() == "nobody" else queryset


def held_minor(item: ReviewItem) -> int:
    """What is held for it now, in minor units of its currency."""
    if item.order_id is None or not item.is_about_held_money:
        return 0
    return ledger.held_for(item.order_id).get(item.currency, 0)


def _held(item: ReviewItem) -> SafeString | str:
    return money(held_minor(item), item.currency) if item.is_about_held_money else NOTHING


def about(item: ReviewItem) -> Any:
    """The row the subject names, if it is one of ours."""
    name, _colon, rest = item.subject.partition(":")
    model, field = _ABOUT.get(name, (None, ""))
    if model is None:
        return None
    if field == "pk":
        try:
            UUID(rest)
        except ValueError:
            return None
    return model.objects.filter(**{field: rest}).first()


def _about_linked(item: ReviewItem) -> SafeString | str:
    row = about(item)
    return linked(row, f"{row._meta.verbose_name}: {row}") if row is not None else item.subject


def _gateway_ids(item: ReviewItem) -> SafeString | str:
    if item.order is None:
        return NOTHING
    ids = [(payment.gateway_id,) for payment in item.order.payments.all() if payment.gateway_id]
    return format_html_join("", "<div><bdi>{}</bdi></div>", ids) or NOTHING


@admin.register(ReviewItem)
class ReviewItemAdmin(CheckAgainAdmin):
    subject_name = "review"
    line_path = "order.line_id"
    list_display = ["why", "order_linked", "line_masked", "standing", "owner_name"]
    list_filter = [OpenFilter, OwnerFilter, "kind"]
    list_select_related = ["order__line"]
    inlines = [RefundsOfItem]
    acts = [_TAKE, _HAND_BACK, CHECK, _GIVE_BACK, _BY_HAND, _CLOSE]
    change_form_template = "admin/billing/reviewitem/change_form.html"
    fields = [
        "why",
        "about_linked",
        "detail",
        "order_linked",
        "line_masked",
        "gateway_ids",
        "held",
        "standing",
        "owner_name",
        "opened",
        "closed",
        "outcome",
        "closed_by",
    ]

    why = column(gettext_lazy("why"), lambda item: item.get_kind_display())
    about_linked = column(gettext_lazy("about"), _about_linked)
    order_linked = link_to("order", gettext_lazy("order"))
    line_masked = line_of("order.line", gettext_lazy("line"))
    gateway_ids = column(gettext_lazy("at the gateway"), _gateway_ids)
    held = column(gettext_lazy("held now"), _held)
    standing = column(gettext_lazy("state"), review_badge)
    owner_name = column(gettext_lazy("looked after by"), lambda item: item.owner_shown or item.owner or NOTHING)
    opened = moment_of("opened_at", gettext_lazy("opened"))
    closed = moment_of("closed_at", gettext_lazy("closed"))
    closed_by = column(gettext_lazy("by"), lambda item: people.name_of(item.actor))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Open ones first, and of these the oldest."""
        return [F("closed_at").desc(nulls_first=True), "opened_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(owner_shown=people.staff_name("owner"))

    def heading(self, row: ReviewItem) -> str:
        return row.get_kind_display()

    def asked_about(self, row: ReviewItem) -> Iterable[Asked]:
        if row.order is not None:
            return all_of(row.order)
        found = about(row)
        return [found] if isinstance(found, Asked) else []

    def offers(self, request: HttpRequest, row: ReviewItem) -> Mapping[str, str]:
        if row.closed_at:
            return {}
        by = authority_of(request)
        shown = {CHECK.name: ""}
        if not row.owner:
            shown[_TAKE.name] = ""
        elif row.owner == by.actor or by.may_decide:
            shown[_HAND_BACK.name] = ""
        if held_minor(row):
            shown[_GIVE_BACK.name] = ""
            failed = payouts_at_the_desk.has_failed_refund(row.held_order, currency=row.currency)
            shown[_BY_HAND.name] = "" if failed else _("It can go back by the way it came.")
        else:
            shown[_CLOSE.name] = ""
        return shown

    def facts_of(self, request: HttpRequest, row: ReviewItem, act: Act) -> list[Fact]:
        order = row.held_order
        return [
            (_("Held now"), _held(row)),
            (_("Order"), linked(order)),
            (_("Payer"), masked_email(order.payer_email)),
            (_("Why"), row.get_kind_display()),
        ]

    def do_take(self, request: HttpRequest, row: ReviewItem) -> str:
        review_list.take(row.pk, by=authority_of(request))
        return _("You look after it now.")

    def do_hand_back(self, request: HttpRequest, row: ReviewItem) -> str:
        review_list.hand_back(row.pk, by=authority_of(request))
        return _("Nobody looks after it now.")

    def do_give_back(self, request: HttpRequest, row: ReviewItem) -> str:
        by = authority_of(request)
        order = row.held_order
        by.check_foreign(order.line)
        if order.buyer_id == by.person_id:
            raise OwnLine
        audit.done(request, "held.given_back", subject=f"review:{row.pk}", line_id=order.line_id)
        held_money.give_back(row, actor=by.actor, now=clock.now())
        return _("On its way back. The payer is told when it has been sent.")

    def do_pay_by_hand(self, request: HttpRequest, row: ReviewItem, form: BankAccountForm) -> str:
        by = authority_of(request)
        payouts_at_the_desk.ask_for_held(row, account=form.account(), by=by, now=clock.now())
        return _("Set aside for a pay-out: somebody else approves it, and a second person sends it.")

    def do_close(self, request: HttpRequest, row: ReviewItem, reason: str) -> str:
        review_list.close_looked_into(row.pk, reason=reason, by=authority_of(request), now=clock.now())
        return _("Closed.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := kwargs.get("obj"):
            context["guide"] = runbook.section(f"review {row.kind}")
        return super().render_change_form(request, context, *args, **kwargs)
