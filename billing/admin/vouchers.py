"""Vouchers: each with its batch, its state, and the order and line it was redeemed for. Staff block one by its serial."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing import authority
from billing.authority import Authority
from billing.by_voucher import voucher_batches
from billing.by_voucher.voucher_batches import BatchOver, CannotBeDone
from billing.models import Voucher, VoucherState
from lib import audit, clock
from lib.admin.acts import Act, ActingAdmin, Refusal
from lib.admin.columns import line_of, link_to, moment_of, money_of, state_of

VOUCHER_TONES = {
    VoucherState.CREATED: "warn",
    VoucherState.ACTIVE: "good",
    VoucherState.REDEEMED: "busy",
    VoucherState.BLOCKED: "bad",
}
_BLOCKABLE = (VoucherState.CREATED, VoucherState.ACTIVE)


def staff_of(request: HttpRequest) -> Authority:
    """Whoever asks, for the domain."""
    return authority.of(request.user, address=audit.who(request)["address"])  # type: ignore[arg-type]


def refusal_of(error: CannotBeDone) -> Refusal:
    """Why an act on vouchers was not done, in words."""
    words = {
        voucher_batches.HandedOutBefore: _("The codes were handed out before. There are no second ones."),
        voucher_batches.NotHandedOut: _("Hand the codes out first; nothing changed."),
        voucher_batches.ActiveBefore: _("The batch was activated before; nothing changed."),
        voucher_batches.TookTheCodes: _(
            "You took the codes of this batch: somebody else of finance has to activate it."
        ),
        voucher_batches.BatchOver: _("The last day has passed; nothing changed."),
        voucher_batches.NothingToMove: _("There is no voucher that this could be done to; nothing changed."),
    }
    return Refusal(words[type(error)])


@admin.register(Voucher)
class VoucherAdmin(ActingAdmin):
    subject_name = "voucher"
    line_path = "order.line_id"
    list_display = ["serial", "batch_linked", "worth", "standing", "order_linked", "line_masked", "redeemed"]
    list_filter = ["state", "batch__nature"]
    list_select_related = ["batch", "order__line"]
    ordering = ["serial"]
    fields = ["serial", "standing", "batch_linked", "worth", "until", "order_linked", "line_masked", "redeemed"]
    acts = (
        Act(
            name="block",
            words=gettext_lazy("Block"),
            right=authority.BLOCK_VOUCHERS,
            reason=gettext_lazy("Why is it blocked?"),
        ),
        Act(
            name="unblock",
            words=gettext_lazy("Unblock"),
            right=authority.MAKE_VOUCHERS,
            reason=gettext_lazy("Why may it be redeemed again?"),
        ),
    )

    batch_linked = link_to("batch", gettext_lazy("batch"))
    worth = money_of("batch.amount_minor", gettext_lazy("worth"), currency="batch.currency")
    standing = state_of(gettext_lazy("state"), VOUCHER_TONES)
    until = moment_of("batch.expires_at", gettext_lazy("redeemable until"))
    order_linked = link_to("order", gettext_lazy("order"))
    line_masked = line_of("order.line", gettext_lazy("line"))
    redeemed = moment_of("redeemed_at", gettext_lazy("redeemed"))

    def offers(self, request: HttpRequest, row: Voucher) -> Mapping[str, str]:
        if row.state in _BLOCKABLE:
            return {"block": ""}
        if row.state == VoucherState.BLOCKED:
            over = row.batch.expires_at <= clock.now()
            return {"unblock": str(refusal_of(BatchOver())) if over else ""}
        return {}

    def do_block(self, request: HttpRequest, row: Voucher, reason: str) -> str:
        return block(request, row.batch_id, reason, serial=row.serial)

    def do_unblock(self, request: HttpRequest, row: Voucher, reason: str) -> str:
        return unblock(request, row.batch_id, reason, serial=row.serial)


def block(request: HttpRequest, batch_id: Any, reason: str, *, serial: str = "") -> str:
    """Block one or all of a batch; what was done, in words. Raises Refusal."""
    try:
        count = voucher_batches.block(batch_id, reason=reason, serial=serial, by=staff_of(request), now=clock.now())
    except CannotBeDone as error:
        raise refusal_of(error) from error
    return ngettext("%(count)s voucher is blocked.", "%(count)s vouchers are blocked.", count) % {"count": count}


def unblock(request: HttpRequest, batch_id: Any, reason: str, *, serial: str = "") -> str:
    """Unblock one or all of a batch; what was done, in words. Raises Refusal."""
    try:
        count = voucher_batches.unblock(batch_id, reason=reason, serial=serial, by=staff_of(request), now=clock.now())
    except CannotBeDone as error:
        raise refusal_of(error) from error
    words = ngettext("%(count)s voucher is unblocked.", "%(count)s vouchers are unblocked.", count)
    return words % {"count": count}
