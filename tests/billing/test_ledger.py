"""Money moves through one door, and the database itself refuses what must not be."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Line
from billing import ledger
from billing.ledger import KeyReused, NotEnoughCredit, Posting
from billing.models import AccountKind, EntryKind, LedgerAccount, LedgerEntry
from lib.money import Money
from tests.billing.money import give_credit
from tests.cast import anna

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def posting(line: Line, *, key: str = "k", amount_minor: int = 500, spend: bool = False) -> Posting:
    pots = ledger.pots(AccountKind.OPENING, AccountKind.CREDIT_PAID, AccountKind.HELD, currency="EUR", line=line)
    source, target = AccountKind.OPENING, AccountKind.CREDIT_PAID
    if spend:
        source, target = AccountKind.CREDIT_PAID, AccountKind.HELD
    return Posting(
        kind=EntryKind.CREDIT_SPENT if spend else EntryKind.OPENING,
        source=pots[source],
        target=pots[target],
        amount_minor=amount_minor,
        key=key,
        event_at=NOW,
        actor="test",
    )


@pytest.fixture
def line(db: None) -> Line:
    return anna().lines.get()


def book(entry: Posting) -> bool:
    with transaction.atomic():
        return ledger.post(entry)


def test_an_entry_moves_the_stored_credit_by_its_amount(line: Line) -> None:
    assert book(posting(line))
    assert ledger.credit_of(line) == (Money(500, "EUR"), Money(0, "EUR"))


def test_a_replayed_key_returns_the_first_entry_and_moves_nothing(line: Line) -> None:
    book(posting(line))
    assert not book(posting(line))
    assert LedgerEntry.objects.count() == 1
    assert ledger.credit_of(line)[0].minor == 500


def test_a_reused_key_with_another_amount_is_refused(line: Line) -> None:
    book(posting(line))
    with pytest.raises(KeyReused):
        book(posting(line, amount_minor=501))
    assert ledger.credit_of(line)[0].minor == 500


def test_a_retry_succeeds_even_when_the_money_is_spent_by_now(line: Line) -> None:
    give_credit(line, 500)
    spent = posting(line, key="spend", spend=True)
    assert book(spent)
    assert not book(spent)
    assert ledger.credit_of(line)[0].minor == 0


def test_credit_that_does_not_cover_the_sum_says_what_is_missing(line: Line) -> None:
    give_credit(line, 300)
    with pytest.raises(NotEnoughCredit) as caught:
        book(posting(line, spend=True))
    assert caught.value.missing_minor == 200
    assert ledger.credit_of(line)[0].minor == 300


def test_posting_outside_a_transaction_is_a_mistake_of_the_caller(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        ledger.post(posting(anna().lines.get()))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_ledgerentry SET amount_minor = 1",
        "UPDATE billing_ledgerentry SET reason = 'tidied up'",
        "DELETE FROM billing_ledgerentry",
    ],
)
def test_the_database_refuses_to_edit_or_delete_entries(line: Line, statement: str) -> None:
    book(posting(line))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.get().amount_minor == 500


def test_the_database_refuses_negative_credit(line: Line) -> None:
    account = give_credit(line, 500)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_ledgeraccount SET balance_minor = -1 WHERE id = %s", [account.pk])
    account.refresh_from_db()
    assert account.balance_minor == 500


def test_the_database_refuses_an_entry_that_overdraws_credit(line: Line) -> None:
    entry = posting(line, spend=True)
    values: list[Any] = [entry.kind, entry.source.pk, entry.target.pk, NOW]
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_ledgerentry (kind, source_id, target_id, amount_minor, currency, key, actor, reason, event_at)"
            " VALUES (%s, %s, %s, 1, 'EUR', 'by hand', 'psql', '', %s)",
            values,
        )
    assert not LedgerEntry.objects.exists()


def test_the_database_refuses_an_entry_between_two_currencies(line: Line) -> None:
    euro = ledger.account(AccountKind.HELD, currency="EUR")
    dollar = ledger.account(AccountKind.CLEARING, currency="USD")
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.create(
            kind=EntryKind.PAYMENT,
            source=dollar,
            target=euro,
            amount_minor=1,
            currency="EUR",
            key="x",
            actor="t",
            event_at=NOW,
        )
    assert not LedgerEntry.objects.exists()


def test_the_database_refuses_zero_negative_and_circular_amounts(line: Line) -> None:
    good = posting(line)
    for source, target, minor in [
        (good.source, good.target, 0),
        (good.source, good.target, -5),
        (good.target,) * 2 + (5,),
    ]:
        with pytest.raises(DatabaseError), transaction.atomic():
            LedgerEntry.objects.create(
                kind=EntryKind.OPENING,
                source=source,
                target=target,
                amount_minor=minor,
                currency="EUR",
                key=f"{minor}",
                actor="t",
                event_at=NOW,
            )
    assert not LedgerEntry.objects.exists()


def test_a_shared_pot_has_no_stored_balance_to_queue_behind(line: Line) -> None:
    book(posting(line))
    assert LedgerAccount.objects.get(kind=AccountKind.OPENING).balance_minor is None


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_spending_one_credit_never_overdraw_it() -> None:
    line = anna().lines.get()
    give_credit(line, 1000)
    spent: list[str] = []
    refused: list[str] = []
    run_together(20, lambda number: spend_once(line, number, spent, refused))
    assert (len(spent), len(refused)) == (10, 10)
    assert ledger.credit_of(line)[0].minor == 0
    assert LedgerEntry.objects.filter(kind=EntryKind.CREDIT_SPENT).count() == 10


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_with_one_key_book_it_once() -> None:
    line = anna().lines.get()
    pots = ledger.pots(AccountKind.CLEARING, AccountKind.HELD, currency="EUR")
    booked: list[bool] = []

    def once(_number: int) -> None:
        entry = Posting(
            kind=EntryKind.PAYMENT,
            source=pots[AccountKind.CLEARING],
            target=pots[AccountKind.HELD],
            amount_minor=1999,
            key="payment:pi_1",
            event_at=NOW,
            actor="test",
        )
        booked.append(book(entry))

    run_together(20, once)
    assert sorted(booked) == [False] * 19 + [True]
    assert LedgerEntry.objects.count() == 1
    assert line.ledger_accounts.count() == 0


def spend_once(line: Line, number: int, spent: list[str], refused: list[str]) -> None:
    try:
        book(posting(line, key=f"spend {number}", amount_minor=100, spend=True))
        spent.append(str(number))
    except NotEnoughCredit:
        refused.append(str(number))


def run_together(count: int, work: Callable[[int], object]) -> None:
    """Run `work(0…count-1)` in threads that leave one barrier together, each with a connection of its own."""
    barrier = threading.Barrier(count)
    failures: list[BaseException] = []

    def runner(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            work(number)
        except BaseException as error:  # noqa: BLE001  told to the test that waits
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=runner, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
