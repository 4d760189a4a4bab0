"""The statement: every entry in words, and the sums add up, whatever happened."""

import contextlib
import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line, LineOwnership, Subscriber
from billing import adjustments, ledger, statement
from billing.adjustments import AdjustmentWish
from billing.authority import Authority
from billing.ledger import NotEnoughCredit, Posting
from billing.models import AccountKind, AdjustmentPart, EntryKind
from billing.paying_out import payouts
from billing.paying_out.bank_accounts import BankAccount
from tests.billing.money import NOW, give_credit, use_beyond
from tests.billing.ordering import load_reference_data
from tests.billing.test_adjustments import owes
from tests.cast import LONG_AGO, anna, emma, line_of

pytestmark = pytest.mark.django_db
NUMBERS = itertools.count(1_000_000)
FINANCE = Authority(person_id=2_000_000_902, limit_minor=10**9, may_decide=True)


@pytest.fixture
def owner(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def line(owner: Subscriber) -> Line:
    return owner.lines.get()


def adjusted(line: Line, minor: int, part: AdjustmentPart = AdjustmentPart.PAID, now: datetime = NOW) -> None:
    wish = AdjustmentWish(line=line, part=part, amount_minor=minor, reason="Sorry.", form_token=uuid.uuid4())
    adjustments.ask(wish, by=FINANCE, now=now)


def all_rows(line: Line, reader: Subscriber) -> list[statement.StatementRow]:
    """Of all pages, newest first."""
    rows: list[statement.StatementRow] = []
    number = 1
    while True:
        facts = statement.facts(line, reader, page=str(number))
        rows += facts["entries"]
        if not facts["page"].has_next():
            return rows
        number += 1


def adds_up(line: Line, reader: Subscriber) -> None:
    rows = all_rows(line, reader)
    credit = sum(part.minor for part in ledger.credit_of(line))
    assert sum(row.amount_minor for row in rows) == credit
    after = 0
    for row in reversed(rows):
        after += row.amount_minor
        assert row.after_minor == after
    assert after == credit


def spend(line: Line, minor: int, part: AccountKind) -> None:
    pots = ledger.pots(part, AccountKind.HELD, currency=line.currency, line=line)
    with transaction.atomic():
        ledger.post(
            Posting(
                kind=EntryKind.CREDIT_SPENT,
                source=pots[part],
                target=pots[AccountKind.HELD],
                amount_minor=minor,
                key=f"spend:{uuid.uuid4()}",
                event_at=NOW,
                actor="test",
            )
        )


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["give", "bonus", "take", "spend", "spend bonus", "owe", "pay out"]), st.integers(1, 900)
    ),
    max_size=30,
)


def act(line: Line, owner: Subscriber, what: str, minor: int) -> None:
    doers: dict[str, Any] = {
        "give": lambda: adjusted(line, minor),
        "bonus": lambda: adjusted(line, minor, AdjustmentPart.BONUS),
        "take": lambda: adjusted(line, -minor),
        "spend": lambda: spend(line, minor, AccountKind.CREDIT_PAID),
        "spend bonus": lambda: spend(line, minor, AccountKind.CREDIT_BONUS),
        "owe": lambda: owes(line, minor),
        "pay out": lambda: payouts.ask(
            line=line, subscriber=owner, account=BankAccount(holder="A", other="1"), now=NOW
        ),
    }
    with contextlib.suppress(NotEnoughCredit, payouts.CannotBePaidOut):
        doers[what]()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happened_the_rows_add_up_to_the_credit_shown(owner: Subscriber, acts: Any) -> None:
    line = line_of(f"+491760{next(NUMBERS)}")
    LineOwnership.objects.create(line=line, subscriber=owner, from_at=LONG_AGO)
    for what, minor in acts:
        act(line, owner, what, minor)
    adds_up(line, owner)


def test_each_part_is_named_and_the_reason_of_staff_stands_with_it(owner: Subscriber, line: Line) -> None:
    give_credit(line, 500)
    adjusted(line, 200, AdjustmentPart.BONUS)
    adjusted(line, -100)
    rows = statement.facts(line, owner, page=None)["entries"]
    assert [(row.words, row.note, row.is_bonus, row.amount_minor, row.after_minor) for row in rows] == [
        ("Taken by our support", "Sorry.", False, -100, 600),
        ("From our support", "Sorry.", True, 200, 700),
        ("Credit from before", "", False, 500, 500),
    ]


def test_use_paid_from_credit_says_what_was_used_where_and_when(owner: Subscriber, line: Line) -> None:
    load_reference_data()
    give_credit(line, 500)
    use_beyond(line, 412_000_000, country="FR")
    rows = statement.facts(line, owner, page=None)["entries"]
    assert (rows[0].words, rows[0].amount_minor) == (
        "Used without an allowance: 412\N{NO-BREAK SPACE}MB, France, Mon 23 Nov",
        -103,
    )
    assert rows[0].use is not None
    adds_up(line, owner)


def test_a_new_owner_does_not_read_what_the_one_before_used(owner: Subscriber, line: Line) -> None:
    """Its records came after the number had changed hands."""
    load_reference_data()
    give_credit(line, 500)
    taken_over = NOW - timedelta(minutes=1)
    LineOwnership.objects.update(until_at=taken_over)
    heir = emma()
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=taken_over)
    use_beyond(line, 412_000_000, country="FR")
    row = statement.facts(line, heir, page=None)["entries"][0]
    assert (row.words, row.use) == ("Use paid from credit", None)


def test_a_new_owner_reads_what_came_along_as_one_row(owner: Subscriber, line: Line) -> None:
    give_credit(line, 500)
    adjusted(line, -100)
    taken_over = NOW + timedelta(hours=1)
    LineOwnership.objects.update(until_at=taken_over)
    heir = emma()
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=taken_over)
    assert [(row.words, row.amount_minor) for row in all_rows(line, heir)] == [
        ("Credit when the number came to you", 400)
    ]
    adds_up(line, heir)
    adjusted(line, 250, now=taken_over + timedelta(minutes=1))
    assert [row.after_minor for row in all_rows(line, heir)] == [650, 400]
    adds_up(line, heir)


def test_what_a_line_owes_is_said_plainly_with_what_pays_it(owner: Subscriber, line: Line) -> None:
    owes(line, 480)
    browser = Client()
    browser.force_login(owner)
    page = browser.get("/credit/").content.decode()
    assert "This number owes €4.80" in page
    assert "The next top-up pays this first" in page


def test_a_line_that_owes_nothing_reads_nothing_about_it(owner: Subscriber, line: Line) -> None:
    give_credit(line, 500)
    browser = Client()
    browser.force_login(owner)
    assert "owes" not in browser.get("/credit/").content.decode()


def test_many_entries_cost_as_many_statements_as_few(owner: Subscriber, line: Line) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as asked:
            statement.facts(line, owner, page="1")
        return len(asked)

    give_credit(line, 100)
    few = counted()
    for _number in range(60):
        give_credit(line, 100)
    assert counted() == few
