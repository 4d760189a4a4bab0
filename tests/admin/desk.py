"""Staff, their sessions, and one row of everything the desk shows."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import models, transaction
from django.test import Client

from accounts.models import Line, LineClaim, Sim, Subscriber
from billing import adjustments, held_money
from billing.adjustments import AdjustmentWish
from billing.authority import Authority
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import refunds
from billing.ledger import Posting, account, post
from billing.models import (
    AccountKind,
    Adjustment,
    AdjustmentPart,
    AutoRenew,
    AutoTopUp,
    CreditUse,
    Dispute,
    DisputeState,
    EntryKind,
    GatewayMove,
    GuestTopUp,
    LedgerAccount,
    LedgerEntry,
    MoveKind,
    Order,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Payout,
    QueueChange,
    Receipt,
    Refund,
    RefundCause,
    RefundRequest,
    Renewal,
    ReviewItem,
    ReviewKind,
    TopUpLink,
    VatRate,
    WebhookEvent,
)
from billing.models.review import held_subject
from billing.paying_out import payouts
from billing.paying_out.bank_accounts import BankAccount
from billing.receipts import numbering
from lib import clock
from lib.models import Alarm, Audit
from network.models import ExternalTopUp, UsageDay, UsageFile, UsageRowError
from network.top_ups import taking
from network.top_ups.saying import TopUpSaid
from notifications.models import Message, Suppression
from plans.models import (
    Allowance,
    AllowanceGift,
    GroupAsk,
    GroupInvite,
    GroupMember,
    Plan,
    PlanPeriod,
    SharingGroup,
    Zone,
)
from portal.staff import invitations
from provisioning.models import Command, Difference, DifferenceKind
from support import asking
from support.asking import Question
from support.models import Notice, Ticket, Topic
from tests import cast
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.printing import one, row
from tests.cast import anna, bao
from tests.plans import gifting

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: One of the staff whose account is of no matter to the test.
SOMEBODY = Authority(person_id=0, limit_minor=1000)


def staff(name: str, *, group: str = "agent", is_superuser: bool = False, has_factor: bool = True) -> Subscriber:
    """A staff account as `create_staff` and its link leave it."""
    email = f"{name.lower()}@desk.example"
    person = invitations.staff_account(email=email, name=name, group=group, is_superuser=is_superuser)
    invitations.accept(person, password=PASSWORD)
    if has_factor:
        TOTP.activate(person, generate_totp_secret())
    return person


def signed_in(person: Subscriber, *, with_factor: bool = True, ago_seconds: float = 0) -> Client:
    """A browser with a session of `person`, which was proven with the second factor so long ago, or not at all."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    if with_factor:
        session = client.session
        at = time.time() - ago_seconds
        session["account_authentication_methods"] = [{"method": "mfa", "at": at, "type": "totp", "id": 1}]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
    return client


def rows() -> dict[type[models.Model], models.Model]:
    """One row of each table of the desk, made by the domain where that is short."""
    load_reference_data()
    buyer = anna()
    line = buyer.lines[0]
    order = order_plan(buyer)
    payment = pay(order)
    item = ReviewItem.objects.create(
        subject=held_subject(order.pk, "EUR"), order=order, kind=ReviewKind.OVER, currency="EUR", opened_at=NOW
    )
    Sim.objects.create(line=line, iccid="8949000000000000011")
    LineClaim.objects.create(line=line, subscriber=claimant(), opened_at=NOW, decides_at=NOW + timedelta(days=1))
    shown: list[models.Model] = [buyer, line, order, payment, item, refund_of(payment, item)]
    shown += [dispute_of(payment), request_of(order), adjustment_of(line), payout_of(line)]
    shown += standing_of(line, buyer, payment)
    shown += [queue_change_of(order, buyer)]
    shown += [gift_of(buyer)]
    numbering.number(now=clock.now(), is_thorough=True)
    shown += [Receipt.objects.get(order=order, request=None)]
    shown += [
        event_of(payment),
        move_of(payment),
        message(),
        *usage_of(line),
        sold_outside_to(line),
        *group_of(line, buyer),
        paid_use_of(line),
        Suppression.objects.create(address="anna@example.com", reason="bounced", code="bounced", since_at=NOW),
        Command.objects.all()[0],
        difference_of(line),
        ticket_of(buyer, order),
        notice_row(),
        alarm_row(),
        audit_row(),
        VatRate.objects.filter(country="DE")[0],
    ]
    voucher = one()
    shown += [row(voucher), row(voucher).batch]
    shown += [model.objects.all()[0] for model in (LedgerAccount, LedgerEntry, PlanPeriod, Allowance, Plan, Zone)]
    return {type(row): row for row in shown}


def sold_outside_to(line: Line) -> ExternalTopUp:
    """Credit from a kiosk."""
    said = TopUpSaid(
        reference="desk-1", msisdn=line.msisdn, amount_minor=1000, currency="EUR", plan="", paid_at=NOW, place="Kiosk 12", till="2"
    )  # fmt: skip
    return taking.take(said, source="kiosks", now=NOW).top_up


def usage_of(line: Line) -> list[models.Model]:
    """A day of it, a file, and a row of that which was not taken."""
    day = UsageDay.objects.create(
        line=line, day=NOW.date(), unit="data", country="FR", amount=5_000_000, records_count=3
    )
    file = UsageFile.objects.create(source="mediation", name="usage.csv", sha256="0" * 64, rows_read=1, rows_wrong=1)
    wrong = UsageRowError.objects.create(file=file, row=1, reason="unknown_number", msisdn="+4917699999999")
    return [day, file, wrong]


def group_of(line: Line, owner: Subscriber) -> list[models.Model]:
    """It shares with another line, which has been invited and asks for more."""
    person = bao()
    group = SharingGroup.objects.create(line=line, owner=owner, shows="Anna", started_at=NOW)
    member = GroupMember.objects.create(
        group=group, line=person.lines[0], subscriber=person, shows="Bao", joined_at=NOW
    )
    invite = GroupInvite.objects.create(
        group=group, code_hash=b"desk", made_at=NOW, expires_at=NOW + timedelta(days=7), used_at=NOW, member=member
    )
    ask = GroupAsk.objects.create(
        member=member,
        period=PlanPeriod.objects.filter(line=line)[0],
        amount_bytes=500_000_000,
        asked_at=NOW,
        decides_at=NOW + timedelta(days=1),
    )
    return [group, member, invite, ask]


def paid_use_of(line: Line) -> CreditUse:
    """412 MB in France."""
    return CreditUse.objects.create(
        line=line,
        day=NOW.date(),
        unit="data",
        country="FR",
        amount=412_000_000,
        rate_minor=250,
        rate_per=1_000_000_000,
        cost_minor=103,
        currency="EUR",
        vat_country="DE",
        vat_percent=19,
        net_minor=87,
        vat_minor=16,
    )


def standing_of(line: Line, owner: Subscriber, payment: Payment) -> list[models.Model]:
    """A saved card, what rests on it, and a try and a renewal of it."""
    method = PaymentMethod.objects.create(
        subscriber=owner, way="card", gateway_id="pm_desk_1", label="Visa ···4242", saved_at=NOW
    )
    attempt = PaymentAttempt.objects.create(payment=payment, method=method, idempotency_key="try:desk:1")
    common: dict[str, Any] = {"line": line, "subscriber": owner, "method": method, "currency": "EUR", "on_at": NOW}
    renew = AutoRenew.objects.create(**common, plan=Plan.objects.get(code="month-15"), price_minor=1500)
    top_up = AutoTopUp.objects.create(**common, below_minor=500, add_minor=1000, at_most=3)
    renewal = Renewal.objects.create(
        auto_renew=renew, line=line, follows=PlanPeriod.objects.filter(line=line)[0], created_at=NOW
    )
    return [method, attempt, renew, top_up, renewal, *for_others_of(line, owner)]


def for_others_of(line: Line, owner: Subscriber) -> list[models.Model]:
    """A link, and a top-up by it that came to nothing."""
    link = TopUpLink.objects.create(
        line=line, owner=owner, token_hash=b"desk", token_sealed=b"desk", shows="Anna", made_at=NOW
    )
    top_up = GuestTopUp.objects.create(
        link=link,
        email="grandma@example.com",
        language="en",
        time_zone="Europe/Berlin",
        address_hash=b"desk",
        what="top_up",
        way="card",
        price_minor=1000,
        currency="EUR",
        form_token=uuid.uuid4(),
        code_hash=b"desk",
        idempotency_key="top-up:desk",
        expires_at=NOW,
    )
    return [link, top_up]


def gift_of(giver: Subscriber) -> AllowanceGift:
    other = gifting.wake(cast.line_of("+4917604069079"))
    data = Allowance.objects.filter(line=giver.lines[0], unit="data")[0]
    return gifting.give(giver, other.msisdn, data, now=NOW + timedelta(hours=1))


def claimant() -> Subscriber:
    return Subscriber.objects.create_user(email="claimant@example.com", name="Claimant")


def refund_of(payment: Payment, item: ReviewItem) -> Refund:
    return Refund.objects.create(
        payment=payment, item=item, amount_minor=100, currency="EUR", idempotency_key=f"refund:{payment.pk}"
    )


def dispute_of(payment: Payment) -> Dispute:
    return Dispute.objects.create(
        payment=payment, gateway_id="dp_desk_1", state=DisputeState.WON, amount_minor=100, currency="EUR", ended_at=NOW
    )


def request_of(order: Order) -> RefundRequest:
    """One that waits for a second person."""
    return RefundRequest.objects.create(
        order=order,
        key=uuid.uuid4().hex,
        cause=RefundCause.STAFF,
        amount_minor=500,
        currency="EUR",
        formula={
            "rule": "in_proportion",
            "shares": [{"what": "time", "left": 86400, "whole": 2592000}],
            "before": 0,
            "counted": 400,
            "to": "payer",
        },
        reason="They moved abroad.",
        asked_by="staff:0",
        asked_at=NOW,
    )


def queue_change_of(order: Order, buyer: Subscriber) -> QueueChange:
    return QueueChange.objects.create(
        line=order.line,
        order=order,
        subscriber=buyer,
        kind="cancel",
        back_minor=1500,
        currency="EUR",
        form_token=uuid.uuid4(),
        asked_at=NOW,
        takes_effect_at=NOW + timedelta(minutes=10),
    )


def adjustment_of(line: Line, minor: int = 5000) -> Adjustment:
    """One that waits for a second person."""
    wish = AdjustmentWish(
        line=line,
        part=AdjustmentPart.BONUS,
        amount_minor=minor,
        reason="A day without network.",
        form_token=uuid.uuid4(),
    )
    return adjustments.ask(wish, by=SOMEBODY, now=NOW)


def payout_of(line: Line) -> Payout:
    """Asked for by the line's owner."""
    give_credit(line, 1200)
    owner = Subscriber.objects.get(ownerships__line=line, ownerships__until_at=None)
    account = BankAccount(holder="Anna Berg", iban="DE89370400440532013000", bic="COBADEFF")
    return payouts.ask(line=line, subscriber=owner, account=account, now=NOW)


def event_of(payment: Payment) -> WebhookEvent:
    return WebhookEvent.objects.create(
        event_id="evt_desk_1",
        kind="checkout.session.completed",
        object_id=payment.session_id or "",
        payment_id=payment.pk,
        happened_at=NOW,
    )


def move_of(payment: Payment) -> GatewayMove:
    """One that was not found in the ledger yet."""
    return GatewayMove.objects.create(
        gateway_id="txn_desk_1",
        kind=MoveKind.PAYMENT,
        their_kind="charge",
        object_id="ch_desk_1",
        intent_id=payment.intent_id or "",
        amount_minor=1500,
        fee_minor=47,
        currency="EUR",
        happened_at=NOW,
    )


def difference_of(line: Line) -> Difference:
    """The network has it suspended."""
    return Difference.objects.create(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=DifferenceKind.STATE,
        ours="active",
        theirs="suspended",
        found_at=NOW,
    )


def ticket_of(person: Subscriber, order: Order | None = None, text: str = "It was declined.") -> Ticket:
    """One that `person` has just opened."""
    question = Question(
        topic=Topic.PAYMENT,
        title="My card",
        text=text,
        form_token=uuid.uuid4(),
        subscriber=person,
        language="en",
        time_zone="Europe/Berlin",
        line=person.lines[0],
        order=order,
        page="order",
    )
    return asking.ask(question, now=clock.now())


def notice_row() -> Notice:
    """Works that are over."""
    return Notice.objects.create(
        kind="works",
        texts={"en": "Payments pause."},
        places=["plans"],
        from_at=NOW - timedelta(days=2),
        until_at=NOW - timedelta(days=1),
        made_by="staff:0",
        made_at=NOW - timedelta(days=3),
    )


def message(**fields: Any) -> Message:
    row: dict[str, Any] = {
        "kind": "renewed",
        "channel": "sms",
        "address": "+4917604069011",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "key": uuid.uuid4().hex,
        "subject": "order:1",
        "due_at": NOW,
        "not_after": NOW + timedelta(days=1),
    }
    return Message.objects.create(**row | fields)


def alarm_row(kind: str = "payment.zero") -> Alarm:
    return Alarm.objects.create(kind=kind, subject="payment:1", detail="nothing came")


def audit_row() -> Audit:
    return Audit.objects.create(actor="staff:1", deed="alarm.seen", subject="alarm:1", reason="looked into")


def has_address(person: Subscriber) -> bool:
    return EmailAddress.objects.filter(user=person, email=person.email, verified=True, primary=True).exists()


def factors_of(person: Subscriber) -> int:
    return Authenticator.objects.filter(user=person).count()


def today_entry(order: Order, minor: int, *, at: datetime) -> None:
    """Money received for `order` at `at`, straight in the ledger."""
    with transaction.atomic():
        post(
            Posting(
                kind=EntryKind.PAYMENT,
                source=account(AccountKind.CLEARING, currency=order.currency),
                target=account(AccountKind.HELD, currency=order.currency),
                amount_minor=minor,
                key=uuid.uuid4().hex,
                event_at=at,
                actor="test",
                order=order,
            )
        )


def line_of(person: Subscriber) -> Line:
    return person.lines[0]


def failed_item(order: Any) -> ReviewItem:
    """Held money of the order's line whose refund failed: less was paid than asked for, and the bank did not take it back."""
    owner = Subscriber.objects.get(pk=order.buyer_id)
    another = order_plan(owner, now=clock.now())
    pay(another, 700, now=clock.now())
    held = ReviewItem.objects.select_related("order").get(order=another, closed_at=None)
    held_money.give_back(held, actor="test", now=clock.now())
    refund = Refund.objects.get(item=held)
    refunds.settle(
        refund.pk, RefundFact(gateway_id=f"re_{refund.pk.hex}", state=RefundFactState.FAILED), now=clock.now()
    )
    return ReviewItem.objects.select_related("order__line").get(order=another, closed_at=None)
