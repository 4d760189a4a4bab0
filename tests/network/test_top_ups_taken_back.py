"""A shop typed the wrong number: within hours, while nothing of it is used, it takes all of it back, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Line
from billing import ledger
from billing.giving_back import quotes
from billing.models import AccountKind, Method, Order, OrderState, RefundCause, RefundRequest
from billing.paying import credit
from billing.receipts import numbering
from lib import clock
from network.models import ExternalReversal
from notifications.models import Message
from plans.models import Allowance, PlanPeriod
from tests.billing.giving_back import ask, balance
from tests.billing.ordering import load_reference_data, order_plan
from tests.network.selling import KEYS, OTHER_KEY, booked, credit_minor, faults, hand_in, said, take_back
from tests.network.writing import NOW
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kiosks(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    settings.TOP_UP_KEYS = KEYS
    monkeypatch.setattr(clock, "now", lambda: NOW)
    load_reference_data()


def outside_minor() -> int:
    """What the account of the sellers holds: below zero is at theirs."""
    return balance(AccountKind.OUTSIDE)


def test_unspent_credit_goes_back_to_the_till(line: Line) -> None:
    sold = hand_in(said()).json()
    assert outside_minor() == -1000
    answer = take_back()
    assert answer.status_code == 201
    assert answer.json() == {"reference": "B-1", "top_up": {**sold, "state": "reversed"}}
    assert (credit_minor(line), outside_minor(), ledger.owed_by(line).minor) == (0, 0, 0)
    assert Order.objects.get().state == OrderState.REVERSED
    assert RefundRequest.objects.get().cause == RefundCause.OUTSIDE
    told = Message.objects.get(kind="top_up_taken_back")
    assert (told.channel, told.address, told.context["place"]) == ("sms", line.msisdn, "Kiosk 12")
    assert broken() == {}


def test_an_unused_plan_ends_and_its_vat_goes_back(line: Line) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    assert take_back().status_code == 201
    assert PlanPeriod.objects.get().cancelled_at == NOW
    assert outside_minor() == 0
    request = RefundRequest.objects.get()
    assert (request.net_minor, request.vat_minor) == (1261, 239)
    assert broken() == {}


def test_the_same_again_gets_the_same_answer_and_changes_nothing(line: Line) -> None:
    hand_in(said())
    first, before = take_back().json(), booked()
    again = take_back()
    assert (again.status_code, again.json(), booked()) == (200, first, before)
    assert hand_in(said()).json()["state"] == "reversed"


def test_the_same_reference_for_another_sale_is_told_and_changes_nothing(line: Line) -> None:
    hand_in(said("K12-1"))
    hand_in(said("K12-2"))
    take_back("B-1", "K12-1")
    assert take_back("B-1", "K12-2").status_code == 409
    assert credit_minor(line) == 1000


def test_one_sale_is_taken_back_once_whatever_it_is_called(line: Line) -> None:
    hand_in(said())
    take_back("B-1")
    assert faults(take_back("B-2")) == [("top_up", "taken_back")]
    assert outside_minor() == 0


def test_what_was_spent_stays_and_its_owner_owes_nothing(line: Line) -> None:
    hand_in(said())
    owner = line.ownerships.get().subscriber
    bought = order_plan(owner, "month-5", method=Method.CREDIT)
    credit.pay(bought.pk, line_id=line.pk, actor="test", now=NOW)
    before = booked()
    assert faults(take_back()) == [("top_up", "used")]
    assert (booked(), ledger.owed_by(line).minor, outside_minor()) == (before, 0, -1000)
    hand_in(said("K12-2"))  # enough is there again
    assert take_back().status_code == 201
    assert broken() == {}


def test_a_plan_of_which_something_is_used_stays(line: Line) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    Allowance.objects.filter(unit="data").update(used=1)
    assert faults(take_back()) == [("top_up", "used")]
    assert PlanPeriod.objects.get().cancelled_at is None


def test_what_support_has_given_back_in_part_is_not_taken_back_as_well(line: Line) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    ask(Order.objects.get(), now=NOW, amount_minor=500, takes_back=False)
    assert faults(take_back()) == [("top_up", "taken_back")]
    assert credit_minor(line) == 500
    assert broken() == {}


@pytest.mark.parametrize(
    ("hours", "late", "is_taken"), [(24, 24, False), (24, 23.99, True), (0, 0, False), (48, 47, True)]
)
def test_so_many_hours_long(
    line: Line, settings: Any, monkeypatch: pytest.MonkeyPatch, hours: int, late: float, is_taken: bool
) -> None:
    settings.TOP_UP_REVERSIBLE_HOURS = hours
    hand_in(said())
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=late))
    answer = take_back()
    assert answer.status_code == 201 if is_taken else faults(answer) == [("top_up", "too_late")]


def test_nobody_takes_back_what_another_has_sold(line: Line) -> None:
    hand_in(said())
    assert faults(take_back(key=OTHER_KEY)) == [("top_up", "unknown_top_up")]
    assert take_back(key="wrong").status_code == 401
    assert credit_minor(line) == 1000


@pytest.mark.parametrize(
    ("reference", "top_up", "found"),
    [
        (None, "K12-1", ("reference", "missing")), ("B 1", "K12-1", ("reference", "reference")), ("B-1", True, ("top_up", "top_up")),
        ("B-1", "K12-9", ("top_up", "unknown_top_up")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_told(line: Line, reference: Any, top_up: Any, found: tuple[str, str]) -> None:
    hand_in(said())
    assert faults(take_back(reference, top_up)) == [found]
    assert not ExternalReversal.objects.exists()


def test_it_has_a_credit_note_that_promises_no_card(line: Line) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    take_back()
    assert numbering.number(now=NOW) == 2
    note = RefundRequest.objects.get().receipt.document
    assert ["Goes to", "where it was paid"] in note["how"]
    assert "Visa" not in str(note)


def test_a_reversal_is_never_changed_nor_deleted(line: Line) -> None:
    hand_in(said())
    take_back()
    rows = ExternalReversal.objects.all()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(reference="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_of_what_a_counter_sold_support_gives_back_in_proportion_to_credit(line: Line) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    order = Order.objects.get()
    assert quotes.quote(order, now=NOW + timedelta(days=15)).amount.minor < 800
    ask(order, now=NOW + timedelta(days=15))
    assert credit_minor(line) == quotes.given_back_minor(order) > 0
    assert broken() == {}
