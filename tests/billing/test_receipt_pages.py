"""Receipts where people meet them: on the order, in a list, as a file, in an e-mail, at the desk. No page draws."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Subscriber
from billing.models import Receipt
from billing.receipts import drawing, files, numbering, sending
from lib.models import Alarm, Audit
from notifications import attachments, delivery
from notifications.models import Message
from tests.admin.desk import signed_in, staff
from tests.billing.giving_back import ask
from tests.billing.ordering import load_reference_data
from tests.billing.receiving import LATER, bought, receipt_of
from tests.cast import anna, emma

pytestmark = pytest.mark.django_db
NAME = "Refill-S-2026-000001.pdf"


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def client(buyer: Subscriber) -> Client:
    browser = Client()
    browser.force_login(buyer)
    return browser


@pytest.fixture
def pages_draw_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "draw", lambda *_args, **_more: pytest.fail("a page draws"))
    monkeypatch.setattr(sending, "draw_waiting", lambda: pytest.fail("a page draws"))


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_it_is_drawn_once_and_kept(buyer: Subscriber) -> None:
    receipt = receipt_of(bought(buyer))
    assert [sending.draw_waiting(), sending.draw_waiting()] == [1, 0]
    receipt.refresh_from_db()
    assert bytes(receipt.pdf or b"").startswith(b"%PDF")
    assert receipt.drawn_at


def test_two_workers_that_draw_the_same_one_keep_one_file_and_write_once(
    buyer: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt_of(bought(buyer))
    real = drawing.draw

    def draw(document: dict[str, Any], **more: Any) -> bytes:
        monkeypatch.setattr(drawing, "draw", real)
        sending.draw_waiting()
        return real(document, **more)

    monkeypatch.setattr(drawing, "draw", draw)
    assert sending.draw_waiting() == 0
    assert Message.objects.filter(kind="receipt").count() == 1


def test_one_that_cannot_be_drawn_holds_up_no_other_and_is_told_once(
    buyer: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bought(buyer), bought(buyer)
    receipt_of(first)
    real = drawing.draw

    def draw(document: dict[str, Any], **more: Any) -> bytes:
        if document["number"] == "S-2026-000001":
            raise ValueError
        return real(document, **more)

    monkeypatch.setattr(drawing, "draw", draw)
    assert [sending.draw_waiting(), sending.draw_waiting()] == [1, 0]
    assert Receipt.objects.get(order=first).drawn_at is None
    assert Receipt.objects.get(order=second).drawn_at
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["receipt.cannot_be_drawn"]


def test_drawing_again_gives_the_same_file_and_writes_to_nobody(buyer: Subscriber) -> None:
    receipt = receipt_of(bought(buyer))
    sending.draw_waiting()
    before = Receipt.objects.values("pdf", "drawn_at").get()
    sending.draw_again(receipt)
    assert Receipt.objects.values("pdf", "drawn_at").get() == before
    assert Message.objects.filter(kind="receipt").count() == 1


def test_it_goes_to_the_payer_as_an_email_of_its_own_with_the_file(buyer: Subscriber, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    order = bought(buyer)
    ask(order, now=LATER, amount_minor=500, takes_back=False)
    receipt = receipt_of(order)
    sending.draw_waiting()
    Message.objects.exclude(kind="receipt").update(next_try_at=LATER + timedelta(days=999))
    delivery.deliver()
    first, second = sorted(mail.outbox, key=lambda letter: letter.subject, reverse=True)
    assert (first.to, first.subject) == ([buyer.email], "Receipt S-2026-000001")
    assert f"Month 15: €15.00, order {order.reference}." in first.body
    assert f"/receipts/{receipt.pk}/" in first.body
    receipt.refresh_from_db()
    assert first.attachments == [(NAME, bytes(receipt.pdf or b""), "application/pdf")]
    assert second.subject == "Credit note C-2026-000001"
    assert "Month 15: €5.00 given back." in second.body
    assert second.attachments[0][0] == "Refill-C-2026-000001.pdf"


def test_the_letter_holds_a_name_and_not_the_file(buyer: Subscriber) -> None:
    receipt = receipt_of(bought(buyer))
    sending.draw_waiting()
    message = Message.objects.get(kind="receipt")
    assert message.context["attachment"] == f"receipt:{receipt.pk}"
    found = attachments.load(message.context["attachment"])
    assert found
    assert (found.name, found.kind) == (NAME, "application/pdf")


@pytest.mark.usefixtures("pages_draw_nothing")
def test_before_it_is_numbered_and_drawn_every_page_stands(client: Client, buyer: Subscriber) -> None:
    order = bought(buyer)
    assert "No receipts yet" in page(client, "/receipts/")
    assert "Receipt" not in page(client, f"/orders/{order.pk}/")
    receipt = receipt_of(order)
    waiting = client.get(f"/receipts/{receipt.pk}/")
    assert "The file is being made" in waiting.content.decode()
    assert "no-store" in waiting["Cache-Control"]
    for address in (f"/orders/{order.pk}/", "/receipts/"):
        assert "S-2026-000001" in page(client, address)


def test_it_stands_on_the_order_and_in_the_list_and_opens_as_a_file(client: Client, buyer: Subscriber) -> None:
    order = bought(buyer)
    receipt = receipt_of(order)
    sending.draw_waiting()
    for address in (f"/orders/{order.pk}/", "/receipts/"):
        assert f'href="/receipts/{receipt.pk}/"' in page(client, address)
    file = client.get(f"/receipts/{receipt.pk}/")
    assert (file["Content-Type"], file["Content-Disposition"]) == ("application/pdf", f'inline; filename="{NAME}"')
    assert "private" in file["Cache-Control"]
    assert file.content.startswith(b"%PDF")


def test_credit_notes_stand_beside_the_receipt(client: Client, buyer: Subscriber) -> None:
    order = bought(buyer)
    ask(order, now=LATER)
    numbering.number(now=LATER)
    for address in (f"/orders/{order.pk}/", "/receipts/"):
        shown = page(client, address)
        assert "S-2026-000001</bdi>" in shown
        assert "C-2026-000001</bdi>" in shown
        assert "Credit note" in shown


def test_nobody_but_who_paid_sees_it_the_owner_of_the_line_neither(buyer: Subscriber) -> None:
    order = bought(buyer)
    receipt = receipt_of(order)
    sending.draw_waiting()
    new_owner = emma()
    ownership = buyer.ownerships.get()
    ownership.subscriber = new_owner
    ownership.save(update_fields=["subscriber"])
    other = Client()
    other.force_login(new_owner)
    assert "S-2026-000001" not in page(other, f"/orders/{order.pk}/")
    assert other.get(f"/receipts/{receipt.pk}/").status_code == 404
    assert "No receipts yet" in page(other, "/receipts/")
    assert Client().get(f"/receipts/{receipt.pk}/").status_code == 302


def test_lists_do_not_read_the_files(client: Client, buyer: Subscriber, django_assert_max_num_queries: Any) -> None:
    for _count in range(3):
        receipt_of(bought(buyer))
    sending.draw_waiting()
    client.get("/receipts/")
    with django_assert_max_num_queries(8) as asked:
        client.get("/receipts/")
    assert not [query for query in asked.captured_queries if '"pdf"' in query["sql"]]


def test_staff_find_it_by_its_number_and_taking_the_file_is_recorded(buyer: Subscriber) -> None:
    order = bought(buyer)
    receipt = receipt_of(order)
    person = staff("Vera", group="viewer")
    desk = signed_in(person)
    file = reverse("admin:billing_receipt_file", args=[receipt.pk])
    assert desk.get(file).status_code == 404
    sending.draw_waiting()
    found = desk.post(reverse("admin:search"), {"q": " s-2026-000001 "})
    assert found["Location"] == reverse("admin:billing_receipt_change", args=[receipt.pk])
    assert file in page(desk, found["Location"])
    assert found["Location"] in page(desk, reverse("admin:billing_order_change", args=[order.pk]))
    line = reverse("admin:accounts_line_change", args=[order.line_id])
    assert found["Location"] in page(desk, f"{line}?kind=receipts")
    assert desk.get(file)["Content-Disposition"] == f'inline; filename="{NAME}"'
    row = Audit.objects.get(deed="receipt.downloaded")
    assert (row.actor, row.subject, row.line_id) == (f"staff:{person.pk}", f"receipt:{receipt.pk}", order.line_id)


def test_subscribers_and_staff_in_no_group_do_not_get_it_at_the_desk(client: Client, buyer: Subscriber) -> None:
    receipt = receipt_of(bought(buyer))
    sending.draw_waiting()
    nell = staff("Nell")
    nell.groups.clear()
    file = reverse("admin:billing_receipt_file", args=[receipt.pk])
    assert (client.get(file).status_code, signed_in(nell).get(file).status_code) == (302, 403)
    assert not Audit.objects.filter(deed="receipt.downloaded").exists()


def test_a_brand_in_another_script_still_gives_a_file_name() -> None:
    receipt = Receipt(document={"brand": "流量", "number": "S-2026-000001"})
    assert files.file_name(receipt) == "S-2026-000001.pdf"


def test_the_command_draws_again_what_it_is_told_and_nothing_else(buyer: Subscriber) -> None:
    receipt_of(bought(buyer))
    receipt_of(bought(buyer))
    sending.draw_waiting()
    Receipt.objects.update(pdf=b"old")
    call_command("draw_receipts", "S-2026-000002", stdout=StringIO())
    files_now = {row.printed_number: bytes(row.pdf or b"")[:4] for row in Receipt.objects.all()}
    assert files_now == {"S-2026-000001": b"old", "S-2026-000002": b"%PDF"}
    with pytest.raises(CommandError, match="no receipt S-2026-000003"):
        call_command("draw_receipts", "S-2026-000003")
