"""Receipts are numbered without gaps, in the order of application, once, whoever numbers and whatever breaks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Subscriber
from billing.models import Order, Receipt, ReceiptCounter, ReceiptSeries, RefundRequest
from billing.receipts import document, editions, numbering
from lib.failpoints import Crashed
from lib.models import Alarm
from notifications.models import Message
from tests.billing.giving_back import ask
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.receiving import LATER, bought, numbers, receipt_of
from tests.billing.test_ledger import run_together
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], object]:
    """Orders a crash at a named place, once."""
    path = tmp_path / "failpoints"
    monkeypatch.setenv("FAILPOINTS", str(path))
    return lambda name: path.write_text(f"{name} raise", encoding="utf-8")


def printed() -> set[str]:
    return {receipt.printed_number for receipt in Receipt.objects.all()}


def test_each_series_counts_for_itself(buyer: Subscriber) -> None:
    order = bought(buyer)
    bought(buyer)
    pay(order_top_up(buyer))
    ask(order, now=LATER, amount_minor=500, takes_back=False)
    assert numbering.number(now=LATER) == 4
    assert printed() == {"S-2026-000001", "S-2026-000002", "T-2026-000001", "C-2026-000001"}


def test_an_order_that_was_never_applied_has_none_and_takes_no_number(buyer: Subscriber) -> None:
    pay(order_plan(buyer), 1200)
    order_plan(buyer)
    assert numbering.number(now=LATER) == 0
    assert not ReceiptCounter.objects.exists()


def test_an_order_that_was_taken_back_before_its_receipt_was_numbered_has_both(buyer: Subscriber) -> None:
    ask(bought(buyer), now=LATER)
    assert numbering.number(now=LATER) == 2
    assert printed() == {"S-2026-000001", "C-2026-000001"}


def test_a_credit_note_waits_for_the_receipt_it_is_about(buyer: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask(bought(buyer), now=LATER, amount_minor=500, takes_back=False)
    unwritable(monkeypatch, lambda about: about.request is None)
    numbering.number(now=LATER)
    assert not Receipt.objects.exists()
    monkeypatch.undo()
    numbering.number(now=LATER)
    assert Receipt.objects.get(series=ReceiptSeries.CREDIT_NOTE).request == request


def test_a_request_that_waits_for_a_second_person_has_no_credit_note(buyer: Subscriber) -> None:
    ask(bought(buyer), now=LATER, amount_minor=500, may_grant=False)
    numbering.number(now=LATER)
    assert numbers(ReceiptSeries.CREDIT_NOTE) == []
    assert RefundRequest.objects.count() == 1


def test_numbers_follow_the_order_of_application(buyer: Subscriber) -> None:
    orders = [bought(buyer, at=NOW + timedelta(minutes=minute)) for minute in (2, 0, 1)]
    numbering.number(now=LATER)
    by_order = {receipt.order_id: receipt.number for receipt in Receipt.objects.all()}
    assert [by_order[order.pk] for order in orders] == [3, 1, 2]


def test_numbers_begin_anew_with_the_year_of_the_books(buyer: Subscriber, settings: Any) -> None:
    settings.BOOKS_TIME_ZONE = "Europe/Berlin"
    old_year = receipt_of(bought(buyer), at=datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    new_year = receipt_of(bought(buyer), at=datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert (old_year.printed_number, new_year.printed_number) == ("S-2026-000001", "S-2027-000001")


def test_numbering_again_changes_nothing(buyer: Subscriber) -> None:
    bought(buyer)
    assert [numbering.number(now=LATER) for _time in range(3)] == [1, 0, 0]


def test_however_long_nobody_numbered_nothing_is_left_out(buyer: Subscriber) -> None:
    receipt_of(bought(buyer))
    bought(buyer, at=LATER)
    numbering.number(now=LATER + timedelta(days=30))
    assert numbers() == [1, 2]


def test_what_was_applied_before_the_newest_and_committed_after_it_is_found(buyer: Subscriber) -> None:
    receipt_of(bought(buyer, at=LATER))
    bought(buyer, at=LATER - timedelta(minutes=59))
    bought(buyer, at=LATER - timedelta(days=5))
    assert numbering.number(now=LATER + timedelta(days=9)) == 1
    assert numbering.number(now=LATER + timedelta(days=9), is_thorough=True) == 1
    assert numbers() == [1, 2, 3]


def test_a_clock_that_was_set_back_leaves_nothing_out(buyer: Subscriber) -> None:
    receipt_of(bought(buyer, at=LATER), at=LATER)
    bought(buyer, at=NOW)
    assert numbering.number(now=NOW) == 1


def test_a_batch_costs_the_same_whatever_its_size(buyer: Subscriber) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            numbering.number(now=LATER)
        return len([query for query in asked if "SAVEPOINT" not in query["sql"]])

    bought(buyer)
    cost()
    bought(buyer)
    one = cost()
    for _count in range(5):
        bought(buyer)
    assert cost() == one
    assert numbers() == list(range(1, 8))


def test_after_a_restore_numbers_begin_anew_under_a_mark_so_that_none_names_two_documents() -> None:
    buyer = anna()
    assert receipt_of(bought(buyer)).printed_number == "S-2026-000001"
    restored_at = datetime(2026, 11, 23, 15, 4, tzinfo=ZoneInfo(settings.BOOKS_TIME_ZONE))
    assert editions.begin_anew(at=restored_at) == "11231504"
    assert editions.begin_anew(at=restored_at) == "11231504"
    first, second = receipt_of(bought(buyer)), receipt_of(bought(buyer))
    assert (first.printed_number, second.printed_number) == ("S-2026-11231504-000001", "S-2026-11231504-000002")
    assert Receipt.objects.numbered("s-2026-11231504-000002") == [second]
    assert [row.printed_number for row in Receipt.objects.numbered("S-2026-000001")] == ["S-2026-000001"]
    assert editions.begin_anew(at=restored_at) == "11231505"
    assert receipt_of(bought(buyer)).printed_number == "S-2026-11231505-000001"


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_leave_no_gap_and_no_double(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "BATCH", 3)
    load_reference_data()
    buyer = anna()
    orders = [bought(buyer) for _count in range(12)]
    for order in orders[:3]:
        ask(order, now=LATER, amount_minor=100, takes_back=False)
    run_together(8, lambda _number: numbering.number(now=LATER))
    numbering.number(now=LATER)
    assert numbers() == list(range(1, 13))
    assert numbers(ReceiptSeries.CREDIT_NOTE) == [1, 2, 3]
    assert {row.series: row.last_number for row in ReceiptCounter.objects.all()} == {"sale": 12, "credit_note": 3}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["receipts.locked", "receipts.numbered"])
def test_a_crash_in_the_middle_leaves_no_gap(crash: Callable[[str], object], step: str) -> None:
    load_reference_data()
    buyer = anna()
    receipt_of(bought(buyer))
    bought(buyer)
    bought(buyer)
    crash(step)
    with pytest.raises(Crashed):
        numbering.number(now=LATER)
    assert (numbers(), ReceiptCounter.objects.get().last_number) == ([1], 1)
    numbering.number(now=LATER)
    assert numbers() == [1, 2, 3]


def unwritable(monkeypatch: pytest.MonkeyPatch, which: Callable[[Any], bool]) -> None:
    real = document.of

    def of(receipt: Receipt, about: Any) -> dict[str, Any]:
        if which(about):
            raise KeyError
        return real(receipt, about)

    monkeypatch.setattr(document, "of", of)


def test_one_that_cannot_be_written_holds_up_no_other_and_leaves_no_gap(
    buyer: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "BATCH", 2)
    orders = [bought(buyer, at=NOW + timedelta(minutes=minute)) for minute in range(4)]
    unwritable(monkeypatch, lambda about: about.order in orders[:2])
    for _time in range(3):
        numbering.number(now=LATER)
    assert numbers() == [1, 2]
    troubled = {f"order:{order.pk}" for order in orders[:2]}
    assert sorted(Alarm.objects.values_list("kind", "subject")) == sorted(
        ("receipt.cannot_be_written", subject) for subject in troubled
    )
    monkeypatch.undo()
    numbering.number(now=LATER)
    assert numbers() == [1, 2, 3, 4]


def test_the_database_refuses_to_change_or_to_drop_what_was_issued(buyer: Subscriber) -> None:
    receipt = receipt_of(bought(buyer))
    changes: list[dict[str, Any]] = [{"document": {}}, {"number": 7}, {"issued_at": NOW}]
    for change in changes:
        with pytest.raises(Exception, match="Cannot update rows"), transaction.atomic():
            Receipt.objects.update(**change)
    with pytest.raises(Exception, match="Cannot delete rows"), transaction.atomic():
        receipt.delete()


def test_numbering_writes_to_nobody_and_changes_no_order(buyer: Subscriber) -> None:
    order = bought(buyer)
    before = (Order.objects.values().get(pk=order.pk), Message.objects.count())
    numbering.number(now=LATER)
    assert (Order.objects.values().get(pk=order.pk), Message.objects.count()) == before
