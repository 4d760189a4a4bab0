"""Batches of vouchers: how many of each stand how, and the steps that finance takes with them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.admin.vouchers import VOUCHER_TONES, block, refusal_of, staff_of, unblock
from billing.authority import BLOCK_VOUCHERS, MAKE_VOUCHERS
from billing.by_voucher import voucher_batches, voucher_codes, voucher_sheet
from billing.by_voucher.voucher_batches import BatchOver, CannotBeDone, TookTheCodes
from billing.by_voucher.voucher_forms import BatchForm
from billing.models import Voucher, VoucherBatch, VoucherNature, VoucherState
from lib import clock
from lib.admin import people
from lib.admin.acts import Act, ActingAdmin
from lib.admin.columns import column, link_to, moment_of
from lib.admin.form_page import form_page
from lib.admin.showing import NOTHING, badge, moment, money, page_of
from lib.money import format_money

_COUNTS = ArraySubquery(
    Voucher.objects.filter(batch=OuterRef("pk"))
    .order_by()
    .values("state")
    .annotate(count=Count("pk"))
    .values(found=JSONObject(state="state", count="count"))
)


@dataclass(frozen=True)
class Part:
    """One state's share of a batch, as it is drawn: `x` and `width` of 100."""

    words: str
    tone: str
    count: int
    x: str
    width: str


def drawn(batch: VoucherBatch) -> list[Part]:
    """How the vouchers of a batch from `get_queryset` stand, in the order of the states; none before its codes are handed out."""
    counts = {found["state"]: found["count"] for found in batch.counts}  # type: ignore[attr-defined]
    parts: list[Part] = []
    before = 0
    for state in VoucherState:
        if count := counts.get(state, 0):
            x, width = (f"{100 * number / batch.count:.2f}" for number in (before, count))
            parts.append(Part(str(state.label), VOUCHER_TONES.get(state, "plain"), count, x, width))
            before += count
    return parts


def _bar(parts: list[Part]) -> SafeString:
    """For the eye only: the words stand beside it."""
    rects = ((part.x, part.width, part.tone) for part in parts)
    shown = format_html_join("", '<rect x="{}" y="0" width="{}" height="8" class="tone-{}"/>', rects)
    return format_html(
        '<svg class="drawn" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>', shown
    )


def _in_brief(batch: VoucherBatch) -> SafeString | str:
    parts = drawn(batch)
    words = ", ".join(f"{part.count} {part.words}" for part in parts)
    return format_html("{}<small>{}</small>", _bar(parts), words) if parts else NOTHING


def _standing(batch: VoucherBatch) -> SafeString:
    if batch.expires_at <= clock.now():
        return badge(_("over"), "plain")
    if batch.activated_at:
        return badge(_("active"), "good")
    return badge(_("codes handed out"), "busy") if batch.handed_out_at else badge(_("made"), "warn")


def _worth(batch: VoucherBatch) -> SafeString | str:
    sum_shown = money(batch.amount_minor, batch.currency)
    return format_html("{} <small>{}</small>", sum_shown, batch.plan.title) if batch.plan else sum_shown


def _serials(batch: VoucherBatch) -> SafeString:
    url = reverse("admin:billing_voucher_changelist")
    first, last = (voucher_codes.serial(batch.series, number) for number in (1, batch.count))
    return format_html('<a href="{}?batch__id__exact={}"><bdi>{} – {}</bdi></a>', url, batch.pk, first, last)


def _key(batch: VoucherBatch) -> SafeString | str:
    if not batch.key_name:
        return NOTHING
    if voucher_codes.opens(batch.key_name):
        return badge(_("here"), "good")
    return badge(_("missing: none of them can be redeemed until VOUCHER_OLD_KEYS has it"), "bad")


def _when_by(at: str, by: str) -> Any:
    def show(batch: VoucherBatch) -> SafeString | str:
        done = getattr(batch, at)
        return format_html("{}, {}", moment(done), people.name_of(getattr(batch, by))) if done else NOTHING

    return show


@admin.register(VoucherBatch)
class VoucherBatchAdmin(ActingAdmin):
    subject_name = "voucher_batch"
    list_display = ["name", "drawn", "worth", "nature", "standing", "until"]
    list_filter = ["nature"]
    list_select_related = ["plan"]
    ordering = ["-made_at", "-pk"]
    change_form_template = "admin/billing/voucherbatch/change_form.html"
    change_list_template = "admin/billing/voucherbatch/change_list.html"
    fields = [
        "name",
        "standing",
        "nature",
        "worth",
        "plan_linked",
        "count",
        "serials",
        "until",
        "made",
        "handed_out",
        "activated",
        "key",
    ]
    acts = (
        Act(
            name="hand-out",
            words=gettext_lazy("Hand the codes out"),
            right=MAKE_VOUCHERS,
            form="billing_voucherbatch_hand_out",
        ),
        Act(
            name="activate",
            words=gettext_lazy("Activate"),
            right=MAKE_VOUCHERS,
            reason=gettext_lazy("Who has them, and for what: an invoice, a campaign"),
        ),
        Act(
            name="block",
            words=gettext_lazy("Block all"),
            right=BLOCK_VOUCHERS,
            reason=gettext_lazy("Why are they blocked?"),
        ),
        Act(
            name="unblock",
            words=gettext_lazy("Unblock all"),
            right=MAKE_VOUCHERS,
            reason=gettext_lazy("Why may they be redeemed again?"),
        ),
    )

    worth = column(gettext_lazy("worth"), _worth)
    drawn = column(gettext_lazy("vouchers"), _in_brief)
    standing = column(gettext_lazy("state"), _standing)
    plan_linked = link_to("plan", gettext_lazy("plan"))
    serials = column(gettext_lazy("serials"), _serials)
    until = moment_of("expires_at", gettext_lazy("redeemable until"))
    made = column(gettext_lazy("made"), _when_by("made_at", "made_by"))
    handed_out = column(gettext_lazy("codes handed out"), _when_by("handed_out_at", "handed_out_to"))
    activated = column(gettext_lazy("activated"), _when_by("activated_at", "activated_by"))
    key = column(gettext_lazy("key the codes are hashed with"), _key)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(counts=_COUNTS)
        return rows

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("make/", wrap(self.make_view), name="billing_voucherbatch_make"),
            path("<uuid:batch_id>/hand-out/", wrap(self.hand_out_view), name="billing_voucherbatch_hand_out"),
            *super().get_urls(),
        ]

    def offers(self, request: HttpRequest, row: VoucherBatch) -> Mapping[str, str]:
        states = {found["state"] for found in row.counts}  # type: ignore[attr-defined]
        over = str(refusal_of(BatchOver())) if row.expires_at <= clock.now() else ""
        shown = {}
        if not row.handed_out_at:
            shown["hand-out"] = over
        elif VoucherState.CREATED in states and not row.activated_at:
            took = row.handed_out_to == staff_of(request).actor
            shown["activate"] = over or (str(refusal_of(TookTheCodes())) if took else "")
        if states & {VoucherState.CREATED, VoucherState.ACTIVE}:
            shown["block"] = ""
        if VoucherState.BLOCKED in states:
            shown["unblock"] = over
        return shown

    def do_activate(self, request: HttpRequest, row: VoucherBatch, reason: str) -> str:
        try:
            count = voucher_batches.activate(row.pk, reason=reason, by=staff_of(request), now=clock.now())
        except CannotBeDone as error:
            raise refusal_of(error) from error
        words = ngettext("%(count)s voucher is active.", "%(count)s vouchers are active.", count) % {"count": count}
        if row.nature != VoucherNature.SOLD:
            return words
        worth = format_money(count * row.amount_minor, row.currency)
        return f"{words} {_('%(sum)s is booked as received at the bank.') % {'sum': worth}}"

    def do_block(self, request: HttpRequest, row: VoucherBatch, reason: str) -> str:
        return block(request, row.pk, reason)

    def do_unblock(self, request: HttpRequest, row: VoucherBatch, reason: str) -> str:
        return unblock(request, row.pk, reason)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := kwargs.get("obj"):
            context["parts"] = drawn(row)
            context["bar"] = _bar(context["parts"])
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_make = request.user.has_perm(MAKE_VOUCHERS)
        return super().changelist_view(request, {**(extra_context or {}), "may_make": may_make})

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """The form of a new batch; no code exists before it is handed out."""
        _refuse_unless_may_make(request)
        now = clock.now()
        form = BatchForm(request.POST or None, now=now, initial={"form_token": uuid.uuid4()})
        if request.method != "POST" or not form.is_valid():
            back = (reverse("admin:billing_voucherbatch_changelist"), capfirst(self.opts.verbose_name_plural))
            return form_page(self, request, title=_("Make vouchers"), form=form, facts=[], back=back)
        batch = voucher_batches.make(form.wish(), by=staff_of(request), now=now)
        messages.success(request, _("The batch is made. Its codes exist once you hand them out."))
        return HttpResponseRedirect(page_of(batch) or "..")

    def hand_out_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """GET says what will happen; POST makes the codes and answers with them, once."""
        _refuse_unless_may_make(request)
        batch = self.row_of(request, batch_id)
        if request.method != "POST":
            context = {"opts": self.opts, "batch": batch, "title": _("Hand the codes out")}
            context = {**self.admin_site.each_context(request), **context}
            return TemplateResponse(request, "admin/billing/voucherbatch/hand_out.html", context)
        try:
            rows = voucher_batches.hand_out(batch.pk, by=staff_of(request), now=clock.now())
        except CannotBeDone as error:
            messages.error(request, str(refusal_of(error)))
            return HttpResponseRedirect(page_of(batch) or "..")
        content = voucher_sheet.csv_of(batch, rows).encode("utf-8-sig")
        return HttpResponse(
            content,
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="vouchers-{batch.series}.csv"',
                "Content-Length": str(len(content)),
                "Cache-Control": "no-store",
            },
        )


def _refuse_unless_may_make(request: HttpRequest) -> None:
    if not request.user.has_perm(MAKE_VOUCHERS):
        raise PermissionDenied
