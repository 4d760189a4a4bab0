"""What this room holds about a person, for the copy they may have: what they paid, and what was paid for their lines without who paid it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, F, Q, Value, When
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from accounts.owned import ownerships, while_owned
from billing import statement
from billing.models import (
    AutoRenew,
    AutoTopUp,
    CameBy,
    CreditUse,
    Order,
    Payment,
    Payout,
    Receipt,
    RefundRequest,
    TransferAccount,
)
from lib.my_data import AT_ONCE, Table, table


def tables(subscriber: Subscriber) -> list[Table]:
    return [*_orders(subscriber), *_credit(subscriber), *_ways_to_pay(subscriber), *_for_others(subscriber)]


def _orders(subscriber: Subscriber) -> list[Table]:
    own = Q(buyer=subscriber)
    nothing = Value("", output_field=CharField())
    owned = while_owned(subscriber, "placed_at")
    seen = Order.objects.visible_to(subscriber).annotate(
        # A link to top up does not tell its number, and a payer's copy does not either.
        number=Case(When(~Q(came_by=CameBy.LINK) | owned, then=F("line__msisdn")), default=nothing),
        paid_by_you_as=Case(When(own, then=F("payer_email")), default=nothing),
        way=Case(When(own, then=F("method")), default=nothing),
    )
    theirs = Order.objects.filter(own)
    payments = Payment.objects.filter(order__in=theirs).order_by("created_at", "pk")
    receipts = Receipt.objects.filter(order__in=theirs).order_by("issued_at", "pk")
    refunds = RefundRequest.objects.filter(order__in=theirs).order_by("asked_at", "pk")
    return [
        table(
            "orders", _("Orders"), seen.order_by("placed_at", "pk"), order="reference", number="number", what="what",
            plan="plan__code", price_minor="price_minor", vat_minor="vat_minor", currency="currency", way="way",
            email="paid_by_you_as", state="state", placed_at="placed_at", paid_at="paid_at", applied_at="applied_at",
        ),
        table(
            "payments", _("Payments"), payments, order="order__reference", way="way", paid_with="method_label",
            amount_minor="amount_minor", received_minor="received_minor", currency="currency", state="state", at="created_at",
        ),
        table(
            "refunds", _("What went back"), refunds, order="order__reference", cause="cause", amount_minor="amount_minor",
            currency="currency", state="state", asked_at="asked_at", decided_at="decided_at",
        ),
        table("receipts", _("Receipts"), receipts, series="series", year="year", number="number", order="order__reference", issued_at="issued_at", document="document"),
    ]  # fmt: skip


def _credit(subscriber: Subscriber) -> list[Table]:
    def entries() -> Iterator[tuple[Any, ...]]:
        for own in ownerships(subscriber):
            found: Any = statement.entries(own.line, since=own.from_at)
            theirs = found.filter(event_at__lt=own.until_at) if own.until_at else found
            rows = theirs.values_list("event_at", "kind", "signed_minor", "target__currency", "is_bonus")
            for row in rows.order_by("id").iterator(chunk_size=AT_ONCE):
                yield own.line.msisdn, *row

    uses = CreditUse.objects.filter(while_owned(subscriber, "booked_at")).order_by("day", "pk")
    payouts = Payout.objects.filter(subscriber=subscriber).order_by("asked_at", "pk")
    return [
        Table("credit", _("Credit"), ("number", "at", "kind", "amount_minor", "currency", "is_bonus"), entries),
        table(
            "credit_use", _("Use paid from credit"), uses, number="line__msisdn", day="day", unit="unit", country="country",
            amount="amount", cost_minor="cost_minor", vat_minor="vat_minor", currency="currency",
        ),
        table(
            "payouts", _("Pay-outs"), payouts, number="line__msisdn", amount_minor="amount_minor", currency="currency",
            bank_account="bank_hint", state="state", asked_at="asked_at", ended_at="ended_at",
        ),
    ]  # fmt: skip


def _ways_to_pay(subscriber: Subscriber) -> list[Table]:
    transfers = TransferAccount.objects.filter(subscriber=subscriber).order_by("pk")
    return [
        table(
            "ways_to_pay", _("Saved ways to pay"), subscriber.payment_methods.order_by("saved_at"), way="way", name="label",
            good_until="expires_on", state="state", saved_at="saved_at", ended_at="ended_at", agreed_to="consent",
        ),
        table(
            "auto_renew", _("Auto-renew"), AutoRenew.objects.filter(subscriber=subscriber).order_by("on_at"), number="line__msisdn",
            plan="plan__code", price_minor="price_minor", currency="currency", on_at="on_at", off_at="off_at", agreed_to="consents",
        ),
        table(
            "auto_top_up", _("Auto top-up"), AutoTopUp.objects.filter(subscriber=subscriber).order_by("on_at"), number="line__msisdn",
            below_minor="below_minor", add_minor="add_minor", at_most="at_most", currency="currency", on_at="on_at",
            off_at="off_at", agreed_to="consents",
        ),
        table(
            "transfers", _("Money of your transfers that waits"), transfers, currency="currency", available_minor="available_minor",
            since="created_at",
        ),
    ]  # fmt: skip


def _for_others(subscriber: Subscriber) -> list[Table]:
    top_ups = subscriber.guest_top_ups.annotate(
        number=Case(When(link=None, then=F("msisdn")), default=Value("", output_field=CharField()))
    )
    return [
        table("payees", _("Payees"), subscriber.payees.order_by("added_at"), name="name", number="msisdn", added_at="added_at"),
        table(
            "top_up_links", _("Links to top up"), subscriber.top_up_links.order_by("made_at"), number="line__msisdn", shows="shows",
            made_at="made_at", revoked_at="revoked_at",
        ),
        table(
            "top_ups_for_others", _("What you paid for others"), top_ups.order_by("created_at"), number="number", email="email",
            price_minor="price_minor", currency="currency", state="state", at="created_at",
        ),
    ]  # fmt: skip
