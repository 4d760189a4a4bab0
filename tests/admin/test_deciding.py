"""What staff decide at the desk: each act × who asks, never alone where two are needed, never about one's own, always on record."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import models
from django.test import Client
from django.urls import reverse

from accounts.models import Line, LineOwnership, Subscriber
from billing import ledger
from billing.authority import Authority
from billing.models import (
    Adjustment,
    Dispute,
    DisputeState,
    LedgerEntry,
    Order,
    Payment,
    Payout,
    Refund,
    RefundRequest,
    ReviewItem,
    ReviewKind,
)
from billing.paying_out import payouts_at_the_desk
from lib import clock
from lib.models import Alarm, Audit
from notifications.models import Message
from tests.admin.desk import (
    NOW,
    adjustment_of,
    alarm_row,
    failed_item,
    payout_of,
    request_of,
    rows,
    signed_in,
    staff,
)
from tests.admin.test_who_may import who
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna
from tests.counting import statements_of

pytestmark = pytest.mark.django_db
IBAN = "DE89370400440532013000"


def url_of(row: models.Model, act: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, act])


def text(answer: Any) -> str:
    return str(answer.content.decode())


# Who may do what


def order_row() -> Order:
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    pay(order, now=clock.now())
    return order


def approved() -> Payout:
    payout = payout_of(order_row().line)
    return payouts_at_the_desk.approve(payout.pk, by=Authority(person_id=0, may_decide=True), now=NOW)


def looked_into() -> ReviewItem:
    return ReviewItem.objects.create(subject="refund:re_1", kind=ReviewKind.REFUND_BY_GATEWAY, opened_at=NOW)


def bank_form() -> dict[str, str]:
    return {"holder": "Anna Berg", "iban": IBAN, "bic": "", "other": ""}


#: act: the row it is about, what is posted, and who may; everybody else is refused and nothing changes
ACTS: dict[str, tuple[Callable[[], models.Model], str, dict[str, str], set[str]]] = {
    "see an alarm": (alarm_row, "seen", {}, {"agent", "finance", "superuser"}),
    "check an order again": (order_row, "check-again", {}, {"agent", "finance", "superuser"}),
    "take an item": (looked_into, "take", {}, {"agent", "finance", "superuser"}),
    "close an item": (looked_into, "close", {"reason": "found it"}, {"finance", "superuser"}),
    "give held money back": (lambda: failed_item(order_row()), "give-back", {}, {"finance", "superuser"}),
    "pay held money by hand": (lambda: failed_item(order_row()), "pay-by-hand", bank_form(), {"finance", "superuser"}),
    "refund by the rules": (order_row, "refund", {"reason": "moved"}, {"agent", "finance", "superuser"}),
    "grant a refund": (lambda: request_of(order_row()), "grant", {}, {"finance", "superuser"}),
    "refuse a refund": (lambda: request_of(order_row()), "refuse", {}, {"finance", "superuser"}),
    "grant an adjustment": (lambda: adjustment_of(order_row().line), "grant", {}, {"finance", "superuser"}),
    "approve a pay-out": (lambda: payout_of(order_row().line), "approve", {}, {"finance", "superuser"}),
    "send a pay-out": (approved, "send", {}, {"finance", "superuser"}),
    "refuse a pay-out": (approved, "refuse", {"reason": "another name"}, {"finance", "superuser"}),
}
EVERYBODY = [*who()]


def client_of(person: str) -> Client:
    return who()[person]()


def everything() -> list[Any]:
    """Every row that an act could change."""
    tables = (Adjustment, Payout, RefundRequest, Refund, ReviewItem, Order, Payment, LedgerEntry, Alarm, Message)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("person", EVERYBODY)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_done_by_those_who_may_and_refused_to_all_others(act: str, person: str) -> None:
    make, name, body, may = ACTS[act]
    row = make()
    client = client_of(person)
    before, acts = everything(), Audit.objects.count()
    answer = client.post(url_of(row, name), {"form_token": str(uuid.uuid4()), **body})
    is_staff = person in {"viewer", "agent", "staff in no group"}
    assert answer.status_code == (302 if person in may or not is_staff else 403)
    if person in may:
        assert Audit.objects.count() > acts
        assert not answer["Location"].startswith(settings.LOGIN_URL)
        if name != "check-again":
            assert everything() != before
    else:
        assert everything() == before
        assert Audit.objects.count() == acts


@pytest.mark.parametrize("person", EVERYBODY)
def test_who_opens_the_form_of_an_adjustment(person: str) -> None:
    line = order_row().line
    answer = client_of(person).get(reverse("admin:billing_adjustment_ask", args=[line.pk]))
    expected = {"viewer": 403, "staff in no group": 403, "agent": 200, "finance": 200, "superuser": 200}
    assert answer.status_code == expected.get(person, 302)


@pytest.mark.parametrize("act", [act for act, (_make, name, body, _may) in ACTS.items() if "iban" not in body])
def test_an_act_without_a_form_is_not_done_by_looking(act: str) -> None:
    make, name, _body, _may = ACTS[act]
    row = make()
    before = everything()
    answer = signed_in(staff("Root", is_superuser=True)).get(url_of(row, name))
    assert answer.status_code == (200 if name == "refund" else 405)
    assert everything() == before


# Adjusting


@pytest.fixture
def line() -> Line:
    return order_row().line


def adjust(client: Client, line: Line, **body: str) -> Any:
    asked = {"what": "give:credit_bonus", "amount": "5.00", "reason": "Sorry.", "form_token": str(uuid.uuid4())}
    return client.post(reverse("admin:billing_adjustment_ask", args=[line.pk]), asked | body, follow=True)


def test_an_agent_gives_within_the_limit_and_the_subscriber_reads_why(line: Line) -> None:
    answer = adjust(signed_in(staff("Sam")), line, amount="10.00")
    assert "€10.00 are booked" in text(answer)
    assert ledger.credit_of(line)[1].minor == 1000
    assert Message.objects.get(kind="credit_adjusted").context["reason"] == "Sorry."


def test_above_the_limit_a_colleague_agrees_and_nobody_agrees_with_themselves(line: Line) -> None:
    finn = signed_in(staff("Finn", group="finance"))
    assert "wait for a second person" in text(adjust(finn, line, amount="100.01"))
    row = Adjustment.objects.get()
    page = text(finn.get(reverse("admin:billing_adjustment_change", args=[row.pk])))
    assert "A second person decides." in page
    assert "A second person decides." in text(finn.post(url_of(row, "grant"), follow=True))
    assert ledger.credit_of(line)[1].minor == 0
    gina = signed_in(staff("Gina", group="finance"))
    assert "Booked" in text(gina.post(url_of(row, "grant"), follow=True))
    assert ledger.credit_of(line)[1].minor == 10_001
    assert "cannot be done any more" in text(gina.post(url_of(row, "grant"), follow=True))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amount": "0"}, "greater than or equal"),
        ({"amount": "-5"}, "greater than or equal"),
        ({"amount": "1e3"}, ""),
        ({"amount": "5.001"}, "decimal place"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "9" * 30}, "digit"),
        ({"amount": ""}, "required"),
        ({"reason": " "}, "required"),
        ({"reason": "x" * 201}, "at most 200"),
        ({"what": "give:shortfall"}, "not one of the available choices"),
        ({"what": "take:credit_paid"}, "The credit does not cover it"),
        ({"form_token": "x"}, ""),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_booked(line: Line, body: dict[str, str], words: str) -> None:
    before = LedgerEntry.objects.count()
    answer = adjust(signed_in(staff("Finn", group="finance")), line, **body)
    assert words in text(answer)
    if body != {"amount": "1e3"}:
        assert answer.status_code == 422
        assert not Adjustment.objects.exists()
    assert LedgerEntry.objects.count() == before


def own(line: Line, person: Subscriber) -> None:
    LineOwnership.objects.filter(line=line).update(until_at=clock.now())
    LineOwnership.objects.create(line=line, subscriber=person, from_at=clock.now())


def test_nobody_touches_money_of_their_own_line(line: Line) -> None:
    finn = staff("Finn", group="finance")
    client = signed_in(finn)
    rows_asked = [adjustment_of(line), request_of(line.orders.get()), payout_of(line)]
    own(line, finn)
    before = everything()
    assert "your own line" in text(adjust(client, line))
    for row, act in zip(rows_asked, ("grant", "grant", "approve"), strict=True):
        assert "your own line" in text(client.post(url_of(row, act), follow=True)), act
    refund = {"reason": "moved", "form_token": str(uuid.uuid4())}
    assert "your own line" in text(client.post(url_of(line.orders.get(), "refund"), refund, follow=True))
    assert everything() == before


# Refunds


def refund_form(**body: str) -> dict[str, str]:
    return {"reason": "They moved abroad.", "form_token": str(uuid.uuid4()), **body}


def test_an_agent_refunds_by_the_rules_once_however_often_they_click(line: Line) -> None:
    order = line.orders.get()
    sam = signed_in(staff("Sam"))
    page = text(sam.get(url_of(order, "refund")))
    assert "By the rules" in page
    assert "Another sum" not in page
    clicked = refund_form(amount="1.00")
    for _click in range(2):
        sam.post(url_of(order, "refund"), clicked)
    request = RefundRequest.objects.get()
    assert (request.state, request.takes_back, request.reason) == ("granted", True, "They moved abroad.")
    assert request.amount_minor > 1490
    assert Refund.objects.count() == 1


def test_another_sum_waits_for_a_second_person(line: Line) -> None:
    order = line.orders.get()
    finn = signed_in(staff("Finn", group="finance"))
    answer = finn.post(url_of(order, "refund"), refund_form(amount="3.50"), follow=True)
    assert "€3.50 wait for a second person" in text(answer)
    request = RefundRequest.objects.get()
    assert (request.state, request.amount_minor, request.takes_back) == ("asked", 350, False)
    assert "A second person decides." in text(finn.post(url_of(request, "grant"), follow=True))
    gina = signed_in(staff("Gina", group="finance"))
    assert "Granted" in text(gina.post(url_of(request, "grant"), follow=True))
    assert Refund.objects.get().amount_minor == 350
    deeds = Audit.objects.filter(deed__startswith="refund.").order_by("id").values_list("deed", flat=True)
    assert list(deeds) == ["refund.asked", "refund.granted"]


def test_more_than_was_paid_is_refused(line: Line) -> None:
    finn = signed_in(staff("Finn", group="finance"))
    answer = finn.post(url_of(line.orders.get(), "refund"), refund_form(amount="15.01"))
    assert answer.status_code == 422
    assert "more than was paid" in text(answer)
    assert not RefundRequest.objects.exists()


def test_while_a_dispute_is_open_the_button_is_off_and_says_why(line: Line) -> None:
    order = line.orders.get()
    Dispute.objects.create(
        payment=order.payments.get(),
        gateway_id="dp_1",
        state=DisputeState.OPEN,
        amount_minor=1500,
        currency="EUR",
    )
    finn = signed_in(staff("Finn", group="finance"))
    page = text(finn.get(reverse("admin:billing_order_change", args=[order.pk])))
    assert re.search(r"<button[^>]*disabled[^>]*>Give money back</button>\s*<small>A dispute is open", page)
    for ask in (finn.get, finn.post):
        assert "A dispute is open" in text(ask(url_of(order, "refund"), follow=True))
    assert not RefundRequest.objects.exists()


def test_an_order_that_is_not_applied_offers_no_refund() -> None:
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    page = text(signed_in(staff("Sam")).get(reverse("admin:billing_order_change", args=[order.pk])))
    assert "Give money back" not in page


# Pay-outs


def test_the_bank_account_is_for_finance_alone_and_each_look_is_recorded(line: Line) -> None:
    payout = payout_of(line)
    page = reverse("admin:billing_payout_change", args=[payout.pk])
    for name, group in (("Vera", "viewer"), ("Sam", "agent")):
        assert "DE89 3704" not in text(signed_in(staff(name, group=group)).get(page))
    assert not Audit.objects.filter(deed="payout.bank_data_seen").exists()
    finn = signed_in(staff("Finn", group="finance"))
    assert "DE89 3704 0044 0532 0130 00" in text(finn.get(page))
    assert Audit.objects.get(deed="payout.bank_data_seen").line_id == line.pk


def test_one_approves_another_sends_and_the_account_is_gone(line: Line) -> None:
    payout = payout_of(line)
    finn, gina = (signed_in(staff(name, group="finance")) for name in ("Finn", "Gina"))
    assert "Approved" in text(finn.post(url_of(payout, "approve"), follow=True))
    assert "A second person does this." in text(finn.post(url_of(payout, "send"), follow=True))
    assert "Sent and booked" in text(gina.post(url_of(payout, "send"), follow=True))
    payout.refresh_from_db()
    assert (payout.state, payout.bank_data) == ("sent", None)
    assert "DE89 3704" not in text(gina.get(reverse("admin:billing_payout_change", args=[payout.pk])))


def test_a_refusal_wants_a_reason(line: Line) -> None:
    payout = payout_of(line)
    finn = signed_in(staff("Finn", group="finance"))
    for reason in ("", "   ", "x" * 201):
        assert "Give a reason" in text(finn.post(url_of(payout, "refuse"), {"reason": reason}, follow=True))
    payout.refresh_from_db()
    assert payout.state == "requested"
    finn.post(url_of(payout, "refuse"), {"reason": "Another\x00  name."})
    payout.refresh_from_db()
    assert (payout.state, payout.reason) == ("refused", "Another name.")


# The review list


def test_an_item_is_one_person_s_until_they_hand_it_back() -> None:
    item = looked_into()
    sam, tom = signed_in(staff("Sam")), signed_in(staff("Tom"))
    sam.post(url_of(item, "take"))
    assert "Hand back" not in text(tom.get(reverse("admin:billing_reviewitem_change", args=[item.pk])))
    assert "cannot be done any more" in text(tom.post(url_of(item, "take"), follow=True))
    assert "cannot be done any more" in text(tom.post(url_of(item, "hand-back"), follow=True))
    mine = text(sam.get("/admin/billing/reviewitem/", {"owner": "me"}))
    assert "given back in the gateway" in mine.partition('id="result_list"')[2]
    assert 'id="result_list"' not in text(tom.get("/admin/billing/reviewitem/", {"owner": "me"}))
    sam.post(url_of(item, "hand-back"))
    item.refresh_from_db()
    assert item.owner == ""
    assert 'id="result_list"' in text(tom.get("/admin/billing/reviewitem/", {"owner": "nobody"}))


def test_finance_hands_an_absent_colleague_s_item_back() -> None:
    item = looked_into()
    ReviewItem.objects.update(owner="staff:0")
    signed_in(staff("Finn", group="finance")).post(url_of(item, "hand-back"))
    assert ReviewItem.objects.get().owner == ""
    assert Audit.objects.get(deed="review.handed_back").detail == {"was": "staff:0"}


def test_an_item_whose_money_is_held_is_not_closed_by_a_word() -> None:
    item = failed_item(order_row())
    finn = signed_in(staff("Finn", group="finance"))
    answer = finn.post(url_of(item, "close"), {"reason": "done"}, follow=True)
    assert "cannot be done any more" in text(answer)
    item.refresh_from_db()
    assert item.closed_at is None


def test_an_item_shows_its_money_what_to_do_and_what_it_is_about() -> None:
    item = failed_item(order_row())
    page = text(
        signed_in(staff("Finn", group="finance")).get(reverse("admin:billing_reviewitem_change", args=[item.pk]))
    )
    payment = item.held_order.payments.get()
    for words in (
        "€7.00",
        item.held_order.reference,
        str(payment.session_id),
        "What to do",
        "the bank did not take it",
    ):
        assert words in page, words


def test_held_money_leaves_by_hand_with_two_others() -> None:
    item = failed_item(order_row())
    finn = signed_in(staff("Finn", group="finance"))
    wrong = finn.post(url_of(item, "pay-by-hand"), bank_form() | {"iban": "DE12"})
    assert wrong.status_code == 422
    assert "Set aside" in text(finn.post(url_of(item, "pay-by-hand"), bank_form(), follow=True))
    payout = Payout.objects.get()
    assert (payout.cause, payout.amount_minor) == ("held", 700)
    assert "A second person does this." in text(finn.post(url_of(payout, "approve"), follow=True))


def test_a_list_of_items_costs_the_same_with_many() -> None:
    rows()
    sam = signed_in(staff("Sam"))
    few = len(statements_of(sam, "/admin/billing/reviewitem/"))
    for number in range(20):
        ReviewItem.objects.create(
            subject=f"x:{number}", kind=ReviewKind.DIFFERENCE, opened_at=NOW, owner=f"staff:{number}"
        )
    assert len(statements_of(sam, "/admin/billing/reviewitem/")) == few


def test_the_first_page_counts_what_waits_for_a_second_person(line: Line) -> None:
    adjustment_of(line)
    request_of(line.orders.get())
    payout_of(line)
    page = text(signed_in(staff("Finn", group="finance")).get("/admin/"))
    for words in ("Refunds to agree to", "Adjustments to agree to", "Pay-outs on their way"):
        assert re.search(rf"{words}</span> <strong>1</strong>", page), words
