"""What receipts and credit notes say: who, to whom, what, from when until when, how much of it VAT, how paid, and why no VAT."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Subscriber
from billing.gateways.disputes import DisputeFactState
from billing.giving_back import withdrawal
from billing.models import Method, Receipt, ReceiptSeries
from billing.paying import credit
from billing.receipts import numbering
from tests.billing.giving_back import ask, dispute, use
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.receiving import LATER, bought, fact, receipt_of, written
from tests.cast import anna, bao

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def note() -> Receipt:
    numbering.number(now=LATER)
    return Receipt.objects.get(series=ReceiptSeries.CREDIT_NOTE)


def test_a_sale_says_what_was_paid_by_whom_and_how_much_of_it_is_vat(buyer: Subscriber) -> None:
    order = bought(buyer)
    receipt = receipt_of(order)
    said = receipt.document
    assert (said["title"], said["number"], said["sum"]) == ("Receipt", "S-2026-000001", ["Paid", "€15.00"])
    assert said["payer"]["lines"] == ["Anna", "anna@example.com"]
    assert said["how"] == [["Paid on", "Mon 23 Nov 2026, 13:00"], ["Paid with", "Visa ···4242"]]
    assert said["facts"] == [
        ["Date of issue", "25 Nov 2026"],
        ["Order number", order.reference],
        ["Mobile number", "+49 176 04069011"],
    ]
    assert said["totals"] == [["Net", "€12.61"], ["VAT 19%, Germany", "€2.39"], ["Total", "€15.00"]]
    assert said["notes"] == ["Times are those of Berlin."]
    assert said["amounts"] == {
        "net_minor": order.net_minor,
        "vat_minor": order.vat_minor,
        "gross_minor": order.price_minor,
        "currency": "EUR",
        "vat_percent": "19.00",
        "country": "DE",
    }


def test_the_item_names_plan_grants_and_the_time_it_was_granted_for_even_if_it_was_cut_since(buyer: Subscriber) -> None:
    order = bought(buyer)
    ask(order, now=NOW + DAY)
    ((item, quantity, rate, net),) = receipt_of(order).document["table"]["rows"]
    assert item == [
        "Month 15",
        "15\N{NO-BREAK SPACE}GB · 500 minutes · 200 texts",
        "Mon 23 Nov 2026, 13:00 – Wed 23 Dec 2026, 13:00",
    ]
    assert (quantity, rate, net) == ("1", "19%", "€12.61")


def test_the_operator_is_who_the_brand_says(buyer: Subscriber) -> None:
    said = receipt_of(bought(buyer)).document
    assert said["operator"]["name"] == "Refill Mobile GmbH"
    assert said["operator"]["lines"][-1] == "VAT id DE000000000"
    assert "HRB 000000 B" in said["footer"][0]
    assert said["mark"].startswith("<svg")


def test_a_top_up_shows_no_vat_and_says_why(buyer: Subscriber) -> None:
    order = order_top_up(buyer, 1000)
    pay(order)
    receipt = receipt_of(order)
    assert (receipt.printed_number, receipt.document["title"]) == ("T-2026-000001", "Receipt of a top-up")
    assert receipt.document["totals"] == [["Total", "€10.00"]]
    assert receipt.document["table"]["rows"] == [[["Credit"], "1", "–", "€10.00"]]
    assert receipt.document["notes"][0].startswith("This receipt shows no VAT: credit is taxed when it is used.")
    assert receipt.document["amounts"]["vat_minor"] == 0


def test_what_is_bought_with_credit_shows_the_vat_and_says_that_the_top_up_did_not(buyer: Subscriber) -> None:
    give_credit(buyer.lines[0], 1500)
    order = order_plan(buyer, method=Method.CREDIT)
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)
    receipt = receipt_of(order)
    assert receipt.printed_number == "S-2026-000001"
    assert (fact(receipt, "Paid with"), fact(receipt, "VAT 19%, Germany")) == ("Credit", "€2.39")
    assert (
        receipt.document["notes"][0]
        == "The credit was not taxed when it was topped up; the VAT is due with this order."
    )


def test_a_withdrawal_shows_how_it_was_counted_and_which_receipt_it_changes(buyer: Subscriber) -> None:
    order = bought(buyer)
    use(buyer, "data", 1 / 3)
    receipt_of(order, at=NOW)
    offered = withdrawal.offer(order, buyer, now=LATER)
    withdrawal.withdraw(order, subscriber=buyer, shown_minor=offered.quote.amount.minor, now=LATER)
    receipt = note()
    said = receipt.document
    assert (said["title"], said["sum"]) == ("Credit note", ["Given back", "€10.00"])
    assert said["how"] == [["Decided on", "Wed 25 Nov 2026, 13:00"], ["Goes to", "Visa ···4242"]]
    assert fact(receipt, "About receipt") == "S-2026-000001 (23 Nov 2026)"
    assert said["table"]["rows"] == [[["Month 15", "Withdrawal within 14 days"], "1", "19%", "€8.40"]]
    assert said["totals"] == [["Net", "€8.40"], ["VAT 19%, Germany", "€1.60"], ["Total", "€10.00"]]
    assert said["counting"]["rows"][0] == ["Time", "28 days left of 30 days"]
    assert said["counting"]["formula"] == "€15.00 × 66.7 % = €10.00"
    assert (said["amounts"]["gross_minor"], said["amounts"]["vat_minor"]) == (1000, 160)


def test_another_sum_by_staff_shows_no_formula_and_not_their_reason(buyer: Subscriber) -> None:
    ask(bought(buyer), now=LATER, amount_minor=500, takes_back=False, reason="A quiet word with the press office")
    said = note().document
    assert said["counting"] == {}
    assert said["table"]["rows"][0][0] == ["Month 15", "Given back by our support"]
    assert "press office" not in str(said)


def test_what_was_paid_from_credit_goes_to_credit(buyer: Subscriber) -> None:
    give_credit(buyer.lines[0], 1500)
    order = order_plan(buyer, method=Method.CREDIT)
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)
    order.refresh_from_db()
    ask(order, now=LATER)
    assert fact(note(), "Goes to") == "credit of the number"


def test_a_lost_dispute_has_its_credit_note(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    dispute(payment, DisputeFactState.OPEN, now=LATER)
    dispute(payment, DisputeFactState.LOST, now=LATER)
    receipt = note()
    assert receipt.document["table"]["rows"][0][0] == ["Month 15", "Taken back by your bank"]
    assert (fact(receipt, "Goes to"), fact(receipt, "Total")) == ("you, by your bank", "€15.00")


def test_it_is_written_in_the_language_of_the_payer() -> None:
    said = receipt_of(bought(bao())).document
    assert (said["language"], said["direction"]) == ("zh-hans", "ltr")
    assert said["table"]["rows"][0][0][2] == "2026年11月23日周一 13:00 – 2026年12月23日周三 13:00"


@pytest.mark.parametrize(
    ("language", "direction", "issued", "rate"),
    [
        ("en", "ltr", "23 Nov 2026", "20.5%"),
        ("zh-hans", "ltr", "2026年11月23日", "20.5%"),
        ("ar", "rtl", "23 نوفمبر 2026", "20.5%"),
    ],
)
def test_dates_and_rates_are_written_as_the_language_writes_them(
    language: str, direction: str, issued: str, rate: str
) -> None:
    said = written(language=language, vat_percent=Decimal("20.50"))
    assert (said["direction"], said["facts"][0][1]) == (direction, issued)
    assert said["table"]["rows"][0][2].replace("\N{LEFT-TO-RIGHT MARK}", "") == rate


def test_a_voucher_says_when_it_is_taxed() -> None:
    said = written(method=Method.VOUCHER)
    assert said["how"][1] == ["Paid with", "Voucher"]
    assert said["notes"][0] == "The voucher was not taxed when it was handed out; the VAT is due with this order."


def test_somebody_without_a_name_is_named_by_their_address() -> None:
    assert written(name="")["payer"]["lines"] == ["anna@example.com"]


def test_what_was_frozen_stays_when_name_brand_and_clock_move_on(buyer: Subscriber, monkeypatch: Any) -> None:
    order = bought(buyer)
    before = receipt_of(order).document
    buyer.name = "Anna Berg-Haddad"
    buyer.save(update_fields=["name"])
    numbering.number(now=LATER + 400 * DAY)
    assert Receipt.objects.get(order=order).document == before
