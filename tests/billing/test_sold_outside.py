"""What was sold outside: what its owner sees of it, what goes back and where to, and what its seller owes."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import LineOwnership, Subscriber
from billing import books, ledger, statement, wording
from billing.books.month import Month
from billing.books.tables import Cell
from billing.from_outside import settling
from billing.from_outside.settling import MoreThanOwed
from billing.giving_back import withdrawal
from billing.giving_back.refund_requests import NothingLeft
from billing.ledger import KeyReused
from billing.models import LedgerEntry, Order, Receipt
from billing.order_pages.timeline import timeline
from billing.receipts import numbering, sending
from lib.models import Audit
from lib.money import Money
from notifications.models import Message
from tests.billing import outside
from tests.billing.booked import booked
from tests.billing.giving_back import ask
from tests.billing.ordering import NOW, load_reference_data
from tests.cast import anna, carla, line_of
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
PAID_AT = NOW - timedelta(minutes=10)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner(db: None) -> Subscriber:
    return anna()


def page(reader: Subscriber, order: Order) -> Any:
    client = Client()
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse("order", args=[order.pk]))


def steps(order: Order) -> list[tuple[str, datetime | None]]:
    return [(str(step.title), step.at) for step in timeline(order).steps]


# What its owner sees


def test_the_order_s_clock_begins_where_it_was_paid(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0])
    assert steps(order)[:2] == [("Paid at Kiosk 12", PAID_AT), ("Added to your credit", NOW)]
    assert steps(outside.sell(owner.lines[0], place=""))[0] == ("Paid at a top-up point", PAID_AT)


def test_its_owner_finds_it_with_its_receipt_and_no_button_to_withdraw(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0], plan="month-15")
    numbering.number(now=NOW)
    shown = page(owner, order)
    assert shown.status_code == 200
    assert shown.context["method"] == "Kiosk 12"
    assert [link.title for link in shown.context["receipts"]] == ["Receipt"]
    assert shown.context["withdraw_url"] == ""
    assert order in Order.objects.visible_to(owner)
    with pytest.raises(NothingLeft):
        withdrawal.offer(order, owner, now=NOW)


def test_nobody_else_and_no_later_owner_sees_it(owner: Subscriber) -> None:
    line, other = owner.lines[0], carla()
    order = outside.sell(line)
    assert page(other, order).status_code == 404
    LineOwnership.objects.filter(line=line).update(until_at=NOW + timedelta(hours=1))
    LineOwnership.objects.create(line=line, subscriber=other, from_at=NOW + timedelta(hours=1))
    assert page(other, order).status_code == 404
    assert statement.facts(line, other, page=None)["credit_minor"] == 1000
    assert [row.order for row in statement.facts(line, other, page=None)["entries"]] == [None]
    assert page(owner, order).status_code == 200  # it was theirs, and so is the receipt


def test_the_credit_page_names_it_and_what_was_taken_back(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0])
    outside.take_back(order)
    rows = statement.facts(owner.lines[0], owner, page=None)["entries"]
    assert [(row.words, row.amount_minor) for row in rows] == [("Top-up taken back", -1000), ("top-up", 1000)]
    order.refresh_from_db()
    assert steps(order)[-1][0] == "Taken back where it was paid"
    assert wording.words_of(order) == "Taken back"


def test_a_pack_nobody_owns_has_a_receipt_that_is_written_to_nobody(owner: Subscriber) -> None:
    outside.sell(line_of("+4917604069015"))
    assert numbering.number(now=NOW) == 1
    assert sending.draw_waiting() == 1
    assert bytes(Receipt.objects.get().pdf or b"").startswith(b"%PDF")
    assert not Message.objects.filter(channel="email").exists()


def test_the_receipt_says_when_and_where_it_was_paid(owner: Subscriber) -> None:
    outside.sell(owner.lines[0], plan="month-15")
    outside.sell(owner.lines[0])
    numbering.number(now=NOW)
    plan, credit = (Receipt.objects.get(series=series).document for series in ("sale", "top_up"))
    for document in (plan, credit):
        assert document["how"][0][0] == "Paid on"
        assert "23 Nov 2026" in document["how"][0][1]
        assert document["how"][1] == ["Paid at", "Kiosk 12"]
    assert plan["amounts"]["vat_minor"] == 239
    assert credit["amounts"]["vat_minor"] == 0


def test_a_till_that_was_offline_shows_when_it_was_paid_and_when_we_heard(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0], paid_at=NOW - timedelta(days=2))
    assert [title for title, _at in steps(order)[:3]] == [
        "Paid at Kiosk 12",
        "The seller told us",
        "Added to your credit",
    ]
    assert str(timeline(order).steps[0].detail).startswith("€10.00 · Sat 21 Nov")


# What goes back


def test_credit_from_a_counter_goes_back_by_its_seller_alone(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0])
    with pytest.raises(NothingLeft):
        ask(order, now=NOW)
    assert ledger.credit_of(owner.lines[0])[0].minor == 1000


def test_how_it_was_paid_never_changes(owner: Subscriber) -> None:
    order = outside.sell(owner.lines[0])
    for fields in ({"method": "card"}, {"came_by": "self"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**fields)


# What its seller owes


def test_a_seller_owes_what_it_collected_less_what_it_took_back_and_handed_over(owner: Subscriber) -> None:
    line = owner.lines[0]
    outside.sell(line, 1000)
    outside.sell(line, 700, source="ussd")
    outside.take_back(outside.sell(line, 2000))
    assert settling.owed_by("kiosks", currency="EUR") == Money(1000, "EUR")
    outside.settle(400)
    assert settling.owed_by("kiosks", currency="EUR") == Money(600, "EUR")
    assert settling.owed_by("ussd", currency="EUR") == Money(700, "EUR")
    assert settling.owed_by("nobody", currency="EUR") == Money(0, "EUR")
    assert broken() == {}


def test_the_same_statement_settles_once_and_never_more_than_is_owed(owner: Subscriber) -> None:
    outside.sell(owner.lines[0], 1000)
    assert [outside.settle(1000), outside.settle(1000)] == [True, False]
    with pytest.raises(KeyReused):
        outside.settle(900)
    with pytest.raises(MoreThanOwed) as caught:
        outside.settle(1, reference="another")
    assert caught.value.owed == Money(0, "EUR")
    assert LedgerEntry.objects.filter(kind="settled").count() == 1
    assert Audit.objects.filter(deed="outside.settled", subject="outside:kiosks").count() == 1


def settled(*words: str, **options: Any) -> str:
    said = io.StringIO()
    call_command("settle_top_ups", *words, stdout=said, **options)
    return said.getvalue()


def test_the_command_books_says_what_is_left_and_undoes(owner: Subscriber) -> None:
    outside.sell(owner.lines[0], 1250)
    assert (
        settled("kiosks", "SEPA 4711", "12.00", "EUR") == "12.00 EUR handed over by kiosks, which owes 0.50 EUR now.\n"
    )
    assert "booked before" in settled("kiosks", "SEPA 4711", "12.00", "EUR")
    undone = "12.00 EUR owed again by kiosks, which owes 12.50 EUR now.\n"
    assert [settled("kiosks", "SEPA 4711", undo=True) for _time in range(2)] == [undone, undone]
    assert broken() == {}


@pytest.mark.parametrize(
    "words",
    [
        ("kiosks", "x"), ("kiosks", "x", "12", "eur"), ("kiosks", "x", "12.001", "EUR"), ("kiosks", "x", "-1", "EUR"), ("kiosks", "x", "NaN", "EUR"),
        ("kiosks", "x", "Infinity", "EUR"), ("kiosks", "x", "1e9", "EUR"), ("kiosks", "x", "12.51", "EUR"), ("ussd", "x", "1", "EUR"),
        ("kiosks", "x" * 61, "1", "EUR"), ("kiosks", "", "1", "EUR"),
    ],
)  # fmt: skip
def test_what_cannot_be_booked_is_said(owner: Subscriber, words: tuple[str, ...]) -> None:
    outside.sell(owner.lines[0], 1250)
    with pytest.raises(CommandError):
        settled(*words)
    with pytest.raises(CommandError):
        settled("kiosks", "unknown", undo=True)
    assert not LedgerEntry.objects.filter(kind="settled").exists()


@pytest.mark.django_db(transaction=True)
def test_the_books_say_what_each_seller_owes_month_by_month() -> None:
    load_reference_data()
    line = anna().lines[0]
    october, november = datetime(2026, 10, 10, 12, tzinfo=UTC), datetime(2026, 11, 10, 12, tzinfo=UTC)
    with booked(october):
        outside.sell(line, 1000, now=october)
        outside.sell(line, 300, source="ussd", now=october)
    with booked(november):
        outside.sell(line, 500, now=november)
        outside.take_back(outside.sell(line, plan="month-15", now=november), now=november)
        outside.settle(1200, now=november)
    assert told("2026-10") == [["kiosks", "EUR", 0, 1000, 0, 0, 1000], ["ussd", "EUR", 0, 300, 0, 0, 300]]
    assert told("2026-11") == [["kiosks", "EUR", 1000, 2000, 1500, 1200, 300], ["ussd", "EUR", 300, 0, 0, 0, 300]]
    assert [check for month in ("2026-10", "2026-11") for check in books.draw_up(Month.named(month)).wrong] == []


def told(month: str) -> list[list[Cell]]:
    tables = books.draw_up(Month.named(month)).tables
    rows = next(table.rows for table in tables if table.name == "outside")
    return [[cell.minor if isinstance(cell, Money) else cell for cell in row] for row in rows]
