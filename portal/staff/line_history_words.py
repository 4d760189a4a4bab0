"""What happened to a line, in words: a title, a detail, a colour, who did it, and the page behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import Line, LineClaim, LineOwnership, Sim, SimEvent, SimSwap
from billing.admin import rows as tones
from billing.models import (
    Adjustment,
    AutoRenew,
    AutoTopUp,
    AutoTopUpRun,
    Dispute,
    LedgerEntry,
    OrderEvent,
    Payment,
    PaymentAttempt,
    Payout,
    QueueChange,
    Receipt,
    ReceiptSeries,
    Refund,
    RefundRequest,
    Renewal,
    ReviewItem,
    TopUpLink,
    Voucher,
)
from billing.wording import title_of
from lib.admin.deeds import deed_in_words
from lib.admin.showing import masked_email, page_of
from lib.models import Audit
from lib.money import format_money
from lib.msisdn import mask
from lib.wording import data_in_words
from notifications.admin.messages import TONES as MESSAGE_TONES
from notifications.models import Message
from plans.models import AllowanceGift, PlanPeriod
from provisioning.admin.commands import TONES as COMMAND_TONES
from provisioning.models import Command
from support.models import Ticket


@dataclass(frozen=True)
class Said:
    """`tone` is one of a badge's; `actor` whoever did it, as tables name them."""

    title: str
    detail: str = ""
    tone: str = "plain"
    actor: str = "system"
    url: str | None = None


def say(row: Any, at: str) -> Said:
    """`row` as of its moment `at`."""
    return _WORDS[type(row)](row, at)


def _sum(row: Any) -> str:
    return format_money(row.amount_minor, row.currency)


def _order_event(event: OrderEvent, _at: str) -> Said:
    titles = {
        "placed": _("Ordered"),
        "payment_page": _("Payment page opened"),
        "money_in": _("Money received"),
        "processing": _("Money on its way"),
        "payment_failed": _("Payment failed"),
        "declined": _("Declined by the bank"),
        "applied": _("Applied"),
        "credit_spent": _("Paid from credit"),
        "paid_outside": _("Paid at a top-up point"),
        "review": _("Held, needs a decision"),
        "given_back": _("Held money on its way back"),
        "kept_as_credit": _("Held money kept as credit"),
        "money_returned": _("Money given back"),
        "refund_failed": _("Refund failed"),
        "cancelled": _("Cancelled"),
        "expired": _("Not paid in time"),
        "taken_back": _("Taken back"),
        "paid_by_hand": _("Held money set aside for a pay-out"),
        "change_asked": _("Change of a queued plan asked for"),
        "change_undone": _("Change of a queued plan undone"),
        "change_dropped": _("Change of a queued plan came to nothing"),
    }
    bad = {"payment_failed", "declined", "review", "refund_failed"}
    tone = "bad" if event.kind in bad else "good" if event.kind in {"applied", "money_in"} else "plain"
    order = event.order
    said = f"{order.reference} · {title_of(order)} · {order.price}"
    amount = event.detail.get("minor"), event.detail.get("currency")
    if isinstance(amount[0], int) and isinstance(amount[1], str):
        said = f"{format_money(amount[0], amount[1])} · {order.reference}"
    return Said(titles.get(event.kind, event.kind), said, tone, event.actor, page_of(order))


def _payment(payment: Payment, _at: str) -> Said:
    detail = " · ".join(filter(None, [_sum(payment), payment.method_label, payment.order.reference]))
    tone = tones.PAYMENT_TONES.get(payment.state, "plain")  # type: ignore[call-overload]
    return Said(
        _("Payment: %(state)s") % {"state": payment.get_state_display()}, detail, tone, "gateway", page_of(payment)
    )


def _try(attempt: PaymentAttempt, _at: str) -> Said:
    reference = attempt.payment.order.reference
    detail = " · ".join(filter(None, [attempt.method.label, attempt.failure_code, reference]))
    tone = tones.ATTEMPT_TONES.get(attempt.state, "plain")  # type: ignore[call-overload]
    title = _("Try with a saved way to pay: %(state)s") % {"state": attempt.get_state_display()}
    return Said(title, detail, tone, "gateway", page_of(attempt))


def _auto_renew(row: AutoRenew, at: str) -> Said:
    if at == "on_at":
        detail = f"{row.plan.title} · {format_money(row.price_minor, row.currency)}"
        return Said(_("Auto-renew switched on"), detail, "good", f"subscriber:{row.subscriber_id}", page_of(row))
    return Said(_("Auto-renew switched off"), row.off_reason, "warn", row.off_by, page_of(row))


def _auto_top_up(row: AutoTopUp, at: str) -> Said:
    if at == "on_at":
        below, add = format_money(row.below_minor, row.currency), format_money(row.add_minor, row.currency)
        detail = _("below %(below)s add %(add)s, %(count)s times a month at most") % {
            "below": below,
            "add": add,
            "count": row.at_most,
        }
        return Said(_("Auto top-up switched on"), detail, "good", f"subscriber:{row.subscriber_id}", page_of(row))
    return Said(_("Auto top-up switched off"), row.off_reason, "warn", row.off_by, page_of(row))


def _link(row: TopUpLink, at: str) -> Said:
    title = _("Top-up link made") if at == "made_at" else _("Top-up link revoked")
    return Said(title, row.shows, "plain", f"subscriber:{row.owner_id}", page_of(row))


def _run(row: Renewal | AutoTopUpRun, at: str) -> Said:
    is_renewal = isinstance(row, Renewal)
    detail = " · ".join(filter(None, [row.order.reference if row.order else "", row.reason]))
    url = page_of(row if isinstance(row, Renewal) else row.auto_top_up)
    if at == "created_at":
        return Said(_("Renewal due") if is_renewal else _("Auto top-up due"), detail, "busy", url=url)
    words = _("Renewal: %(state)s") if is_renewal else _("Auto top-up: %(state)s")
    tone = tones.RUN_TONES.get(row.state, "plain")  # type: ignore[call-overload]
    return Said(words % {"state": row.get_state_display()}, detail, tone, url=url)


def _entry(entry: LedgerEntry, _at: str) -> Said:
    way = f"{entry.source.get_kind_display()} → {entry.target.get_kind_display()}"
    detail = " · ".join(filter(None, [_sum(entry), way, entry.reason]))
    return Said(str(entry.get_kind_display()), detail, "plain", entry.actor, page_of(entry))


def _period(period: PlanPeriod, at: str) -> Said:
    title, tone = {
        "created_at": (_("Plan granted"), "plain"),
        "starts_at": (_("Plan begun"), "good"),
        "ends_at": (_("Plan ended"), "warn"),
        "cancelled_at": (_("Plan cut or cancelled"), "bad"),
    }[at]
    return Said(title, period.plan.title, tone, "system", page_of(period))


def _gift(gift: AllowanceGift, at: str) -> Said:
    title, tone, amount, actor = {
        "given_at": (_("Data given to another number"), "good", gift.amount_bytes, f"subscriber:{gift.given_by_id}"),
        "undone_at": (_("Given data taken back"), "warn", gift.given_back_bytes, f"subscriber:{gift.given_by_id}"),
        "forfeited_at": (_("Given data was not paid for"), "bad", gift.stays_bytes, "system"),
    }[at]
    way = f"{mask(gift.from_line.msisdn)} → {mask(gift.to_line.msisdn)}"
    return Said(title, f"{data_in_words(amount)} · {way}", tone, actor, page_of(gift))


def _message(message: Message, _at: str) -> Said:
    address = masked_email(message.address) if "@" in message.address else mask(message.address)
    detail = f"{message.get_channel_display()} · {address} · {message.get_state_display()}"
    tone = MESSAGE_TONES.get(message.state, "plain")  # type: ignore[call-overload]
    return Said(_("Message: %(kind)s") % {"kind": message.kind}, detail, tone, "system", page_of(message))


def _command(command: Command, at: str) -> Said:
    detail = " · ".join(filter(None, [str(command.get_kind_display()), command.payload.get("plan", "")]))
    if at == "accepted_at":
        return Said(_("On the network"), detail, "good", "system", page_of(command))
    tone = COMMAND_TONES.get(command.state, "plain")  # type: ignore[call-overload]
    title = _("Network told: %(state)s") % {"state": command.get_state_display()}
    return Said(title, detail, tone, "system", page_of(command))


def _ownership(ownership: LineOwnership, at: str) -> Said:
    title = _("Came to an owner") if at == "from_at" else _("Left its owner")
    return Said(title, f"#{ownership.subscriber_id}", "busy", "system", page_of(ownership.subscriber))


def _claim(claim: LineClaim, at: str) -> Said:
    title, tone = {
        "opened_at": (_("Claimed by somebody else"), "warn"),
        "vetoed_at": (_("Claim refused by the owner"), "bad"),
        "granted_at": (_("Claim granted"), "good"),
    }[at]
    actor = f"subscriber:{claim.subscriber_id}" if at == "opened_at" else "system"
    return Said(title, f"#{claim.subscriber_id}", tone, actor, page_of(claim.subscriber))


def _sim(sim: Sim, at: str) -> Said:
    title = _("SIM put in") if at == "from_at" else _("SIM taken out")
    return Said(title, f"{sim.get_kind_display()} ···{sim.iccid[-4:]}")


def _sim_event(event: SimEvent, _at: str) -> Said:
    title = _("SIM: %(what)s") % {"what": event.get_deed_display()}
    detail = " · ".join(filter(None, [f"···{event.sim.iccid[-4:]}", event.session, event.reason]))
    return Said(title, detail, "warn", event.actor)


def _swap(swap: SimSwap, at: str) -> Said:
    if at == "asked_at":
        detail = " · ".join(filter(None, [swap.get_to_kind_display(), swap.get_proof_display(), swap.session]))
        return Said(_("SIM swap asked for"), detail, "warn", f"subscriber:{swap.subscriber_id}")
    return Said(_("SIM swap %(state)s") % {"state": swap.get_state_display()}, swap.vetoed_by, "busy")


def _line(line: Line, _at: str) -> Said:
    state = {"state": line.get_state_display()}
    return Said(_("State of the line: %(state)s") % state, line.state_reason, "busy")


def _adjustment(row: Adjustment, at: str) -> Said:
    is_asked = at == "asked_at" and row.needs_second
    title = _("Adjustment asked for") if is_asked else _("Adjustment %(state)s") % {"state": row.get_state_display()}
    actor = row.asked_by if at == "asked_at" else row.decided_by
    detail = f"{_sum(row)} · {row.get_part_display()} · {row.reason}"
    return Said(title, detail, "warn" if is_asked else "plain", actor, page_of(row))


def _voucher(voucher: Voucher, _at: str) -> Said:
    worth = format_money(voucher.batch.amount_minor, voucher.batch.currency)
    return Said(_("Voucher redeemed"), f"{voucher.serial} · {worth}", "good", "system", page_of(voucher))


def _payout(row: Payout, at: str) -> Said:
    title, actor = {
        "asked_at": (_("Pay-out asked for"), row.asked_by),
        "approved_at": (_("Pay-out approved"), row.approved_by),
        "ended_at": (_("Pay-out %(state)s") % {"state": row.get_state_display()}, row.ended_by),
    }[at]
    tone = tones.PAYOUT_TONES.get(row.state, "plain") if at == "ended_at" else "warn"  # type: ignore[call-overload]
    detail = " · ".join(filter(None, [_sum(row), row.bank_hint, row.reason if at == "ended_at" else ""]))
    return Said(title, detail, tone, actor, page_of(row))


def _request(row: RefundRequest, at: str) -> Said:
    is_asked = at == "asked_at"
    state = {"state": row.get_state_display()}
    title = _("Refund asked for") if is_asked else _("Refund %(state)s") % state
    actor = row.asked_by if is_asked else row.decided_by
    detail = " · ".join(filter(None, [_sum(row), row.get_cause_display(), row.order.reference, row.reason]))
    return Said(title, detail, "warn" if is_asked else "plain", actor, page_of(row))


def _refund(refund: Refund, _at: str) -> Said:
    tone = tones.REFUND_TONES.get(refund.state, "plain")  # type: ignore[call-overload]
    title = _("Going back: %(state)s") % {"state": refund.get_state_display()}
    return Said(title, f"{_sum(refund)} · {refund.payment.order.reference}", tone, "gateway", page_of(refund))


def _dispute(dispute: Dispute, at: str) -> Said:
    title, tone = {
        "opened_at": (_("Dispute opened"), "bad"),
        "withdrawn_at": (_("Dispute: the bank took the money"), "bad"),
        "ended_at": (_("Dispute %(state)s") % {"state": dispute.get_state_display()}, "plain"),
    }[at]
    return Said(title, f"{_sum(dispute)} · {dispute.reason}", tone, "gateway", page_of(dispute))


def _review(item: ReviewItem, at: str) -> Said:
    if at == "opened_at":
        return Said(_("Waits for somebody"), item.get_kind_display(), "warn", "system", page_of(item))
    detail = f"{item.get_kind_display()} · {item.get_outcome_display()}"
    return Said(_("Waits no longer"), detail, "plain", item.actor, page_of(item))


def _ticket(ticket: Ticket, _at: str) -> Said:
    detail = f"{ticket.reference} · {ticket.get_topic_display()} · {ticket.get_state_display()}"
    actor = f"subscriber:{ticket.subscriber_id}" if ticket.opened_by == "person" and ticket.subscriber_id else "system"
    return Said(_("Ticket opened"), detail, "warn" if ticket.is_open else "plain", actor, page_of(ticket))


def _queue_change(row: QueueChange, at: str) -> Said:
    title = _("Change of a queued plan asked for")
    if at == "ended_at":
        title = _("Change of a queued plan: %(state)s") % {"state": row.get_state_display()}
    what = row.plan.title if row.plan else str(row.get_kind_display())
    reason = row.reason if at == "ended_at" else ""
    detail = " · ".join(filter(None, [format_money(row.back_minor, row.currency), what, row.order.reference, reason]))
    tone = tones.QUEUE_CHANGE_TONES.get(row.state, "plain") if at == "ended_at" else "warn"  # type: ignore[call-overload]
    actor = f"subscriber:{row.subscriber_id}" if at == "asked_at" else "system"
    return Said(title, detail, tone, actor, page_of(row))


def _receipt(receipt: Receipt, _at: str) -> Said:
    detail = f"{receipt.printed_number} · {receipt.document['sum'][1]} · {receipt.order.reference}"
    is_note = receipt.series == ReceiptSeries.CREDIT_NOTE
    return Said(_("Credit note issued") if is_note else _("Receipt issued"), detail, url=page_of(receipt))


def _audit(row: Audit, _at: str) -> Said:
    detail = " · ".join(filter(None, [row.subject.partition(":")[0], row.reason]))
    return Said(deed_in_words(row.deed), detail, "plain", row.actor, page_of(row))


_WORDS: dict[type[Model], Callable[[Any, str], Said]] = {
    OrderEvent: _order_event,
    Payment: _payment,
    PaymentAttempt: _try,
    AutoRenew: _auto_renew,
    AutoTopUp: _auto_top_up,
    Renewal: _run,
    AutoTopUpRun: _run,
    TopUpLink: _link,
    LedgerEntry: _entry,
    PlanPeriod: _period,
    AllowanceGift: _gift,
    Message: _message,
    Command: _command,
    LineOwnership: _ownership,
    LineClaim: _claim,
    Sim: _sim,
    SimEvent: _sim_event,
    SimSwap: _swap,
    Line: _line,
    Adjustment: _adjustment,
    Voucher: _voucher,
    Payout: _payout,
    RefundRequest: _request,
    Refund: _refund,
    Dispute: _dispute,
    ReviewItem: _review,
    QueueChange: _queue_change,
    Ticket: _ticket,
    Receipt: _receipt,
    Audit: _audit,
}
