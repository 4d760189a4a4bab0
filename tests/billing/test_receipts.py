"""Receipts: numbered without gaps, frozen, drawn by the worker, seen by who paid, sent with the file."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Subscriber
from billing.models import Method, Order, Receipt, ReceiptCounter, ReceiptSeries, RefundRequest
from billing.paying import credit
from billing.receipts import drawing, numbering, sending
from billing.receipts.document import printed_number
from lib.models import Alarm
from notifications import attachments
from notifications.models import Message
from tests.billing.giving_back import ask
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.test_ledger import run_together
from tests.cast import anna, bao

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def bought(buyer: Subscriber, **fields: object) -> Order:
    order = order_plan(buyer, **fields)  # type: ignore[arg-type]
    pay(order)
    return order


def numbers(series: ReceiptSeries = ReceiptSeries.SALE) -> list[int]:
    return list(Receipt.objects.filter(series=series).order_by("number").values_list("number", flat=True))


def test_a_sale_gets_the_next_number_and_says_what_was_paid_with_its_vat(buyer: Subscriber) -> None:
    order = bought(buyer)
    assert numbering.number(now=LATER) == 1
    receipt = Receipt.objects.get()
    assert printed_number(receipt) == "S-2026-000001"
    assert receipt.document["amounts"] == {
        "net_minor": order.net_minor,
        "vat_minor": order.vat_minor,
        "gross_minor": order.price_minor,
        "currency": "EUR",
        "vat_percent": "19.00",
        "country": "DE",
    }
    assert receipt.document["line"] == ["Month 15", "€12.61", "€2.39 (19 %)", "€15.00"]
    assert ["Paid with", "Visa ···4242"] in receipt.document["facts"]
    assert receipt.document["payer"] == ["Anna", "anna@example.com"]


def test_a_top_up_shows_no_vat_and_says_why(buyer: Subscriber) -> None:
    pay(order_top_up(buyer, 1000))
    numbering.number(now=LATER)
    receipt = Receipt.objects.get()
    assert (printed_number(receipt), receipt.document["line"][2]) == ("T-2026-000001", "–")
    assert "Credit is taxed when it is used" in receipt.document["notes"][0]


def test_what_is_bought_with_credit_has_a_receipt_with_vat(buyer: Subscriber) -> None:
    give_credit(buyer.lines[0], 1500)
    order = order_plan(buyer, method=Method.CREDIT)
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)
    numbering.number(now=LATER)
    document = Receipt.objects.get().document
    assert ["Paid with", "Credit"] in document["facts"]
    assert document["amounts"]["vat_minor"] == order.vat_minor


def test_an_order_that_was_never_applied_has_none(buyer: Subscriber) -> None:
    pay(order_plan(buyer), 1200)
    order_plan(buyer)
    assert numbering.number(now=LATER) == 0
    assert not ReceiptCounter.objects.exists()


def test_a_credit_note_names_the_receipt_it_is_about_and_waits_for_it(buyer: Subscriber) -> None:
    order = bought(buyer)
    request = ask(order, now=LATER, amount_minor=500, takes_back=False)
    numbering.number(now=LATER)
    note = Receipt.objects.get(series=ReceiptSeries.CREDIT_NOTE)
    assert (printed_number(note), note.request) == ("C-2026-000001", request)
    assert ["About", "S-2026-000001"] in note.document["facts"]
    assert note.document["sum"] == ["Given back", "€5.00"]
    assert note.document["amounts"]["vat_minor"] == request.vat_minor


def test_a_request_that_waits_for_a_second_person_has_no_credit_note(buyer: Subscriber) -> None:
    ask(bought(buyer), now=LATER, amount_minor=500, may_grant=False)
    numbering.number(now=LATER)
    assert numbers(ReceiptSeries.CREDIT_NOTE) == []
    assert RefundRequest.objects.count() == 1


def test_numbers_follow_the_order_of_application_and_begin_anew_each_year(buyer: Subscriber) -> None:
    old = bought(buyer)
    Order.objects.filter(pk=old.pk).update(applied_at=datetime(2025, 12, 31, 22, 59, tzinfo=UTC))
    newer = [bought(buyer) for _count in range(3)]
    numbering.number(now=LATER, is_thorough=True)
    receipts = {receipt.order_id: printed_number(receipt) for receipt in Receipt.objects.all()}
    assert receipts[old.pk] == "S-2025-000001"
    assert [receipts[order.pk] for order in newer] == ["S-2026-000001", "S-2026-000002", "S-2026-000003"]


def test_numbering_again_changes_nothing(buyer: Subscriber) -> None:
    bought(buyer)
    assert [numbering.number(now=LATER) for _time in range(3)] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_leave_no_gap_and_no_double() -> None:
    load_reference_data()
    buyer = anna()
    for _count in range(12):
        bought(buyer)
    run_together(8, lambda _number: numbering.number(now=LATER))
    assert numbers() == list(range(1, 13))
    assert ReceiptCounter.objects.get().last_number == 12


@pytest.mark.parametrize("step", ["receipts.locked", "receipts.numbered"])
def test_a_crash_in_the_middle_leaves_no_gap(buyer: Subscriber, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    for _count in range(3):
        bought(buyer)

    def crash(name: str) -> None:
        if name == step:
            raise RuntimeError(name)

    with monkeypatch.context() as patch:
        patch.setattr(numbering, "failpoint", crash)
        with pytest.raises(RuntimeError):
            numbering.number(now=LATER)
    assert numbers() == []
    numbering.number(now=LATER)
    assert numbers() == [1, 2, 3]


def test_the_document_is_frozen_in_the_database(buyer: Subscriber) -> None:
    bought(buyer)
    numbering.number(now=LATER)
    with pytest.raises(Exception, match="Cannot update rows"):
        Receipt.objects.update(document={})


def test_it_is_drawn_once_and_sent_with_the_file(buyer: Subscriber) -> None:
    bought(buyer)
    numbering.number(now=LATER)
    assert [sending.draw_waiting(), sending.draw_waiting()] == [1, 0]
    receipt = Receipt.objects.get()
    assert bytes(receipt.pdf or b"").startswith(b"%PDF")
    message = Message.objects.get(kind="receipt")
    assert (message.channel, message.address) == ("email", buyer.email)
    file = attachments.load(message.context["attachment"])
    assert file
    assert (file.name, file.kind, file.content) == ("S-2026-000001.pdf", "application/pdf", bytes(receipt.pdf or b""))


def test_one_that_cannot_be_drawn_holds_up_no_other(buyer: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = bought(buyer), bought(buyer)
    numbering.number(now=LATER)
    real = drawing.draw

    def draw(document: dict[str, object], *, issued_at: datetime) -> bytes:
        if document["number"] == "S-2026-000001":
            raise ValueError
        return real(document, issued_at=issued_at)

    monkeypatch.setattr(drawing, "draw", draw)
    assert sending.draw_waiting() == 1
    assert Receipt.objects.get(order=first).pdf is None
    assert Receipt.objects.get(order=second).pdf
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["receipt.cannot_be_drawn"]


@pytest.fixture
def client(buyer: Subscriber) -> Client:
    browser = Client()
    browser.force_login(buyer)
    return browser


def test_it_stands_on_the_order_and_in_the_list_and_opens_as_a_file(client: Client, buyer: Subscriber) -> None:
    order = bought(buyer)
    numbering.number(now=LATER)
    receipt = Receipt.objects.get()
    address = f"/receipts/{receipt.pk}/"
    waiting = client.get(address)
    assert "The file is being made" in waiting.content.decode()
    sending.draw_waiting()
    for page in (f"/orders/{order.pk}/", "/receipts/"):
        assert f'href="{address}"' in client.get(page).content.decode()
    file = client.get(address)
    assert (file["Content-Type"], file["Content-Disposition"]) == (
        "application/pdf",
        'inline; filename="S-2026-000001.pdf"',
    )
    assert "no-store" in file["Cache-Control"]


def test_nobody_but_who_paid_sees_it(buyer: Subscriber) -> None:
    bought(buyer)
    numbering.number(now=LATER)
    other = Client()
    other.force_login(bao())
    assert other.get(f"/receipts/{Receipt.objects.get().pk}/").status_code == 404
    assert "No receipts yet" in other.get("/receipts/").content.decode()
    assert Client().get("/receipts/").status_code == 302


def test_no_page_draws(client: Client, buyer: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    order = bought(buyer)
    numbering.number(now=LATER)
    monkeypatch.setattr(drawing, "draw", lambda *_args, **_more: pytest.fail("a page draws"))
    for page in (f"/receipts/{Receipt.objects.get().pk}/", "/receipts/", f"/orders/{order.pk}/"):
        assert client.get(page).status_code == 200


HOSTILE = ["#[$*_`<b>", "x\x00y", "\u202eevil", "名" * 300, "ليلى (Leila)", "👩‍👩‍👧 emoji", 'a"b\\c\nd']


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_any_name_is_drawn_and_none_can_reach_the_template(buyer: Subscriber, name: str, direction: str) -> None:
    bought(buyer)
    numbering.number(now=LATER)
    document = {**Receipt.objects.get().document, "payer": [name], "direction": direction}
    assert drawing.draw(document, issued_at=NOW).startswith(b"%PDF")


def test_the_same_document_is_the_same_file_and_quickly_drawn(buyer: Subscriber) -> None:
    bought(buyer)
    numbering.number(now=LATER)
    document = Receipt.objects.get().document
    first = drawing.draw(document, issued_at=NOW)
    begun = time.perf_counter()
    again = drawing.draw({**document, "number": "S-2026-000002"}, issued_at=NOW)
    assert time.perf_counter() - begun < 1
    assert drawing.draw(document, issued_at=NOW) == first != again
