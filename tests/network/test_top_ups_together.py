"""Ten tills at once, a crash at each step, and bodies nobody would think of: each sale once, the books hold, no answer is a 500."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line
from billing import ledger
from billing.ledger import NotEnoughCredit
from billing.models import AccountKind, LedgerEntry, Method, Order
from billing.paying import credit
from lib import clock
from lib.failpoints import failpoint
from network.models import ExternalReversal, ExternalTopUp
from plans.models import PlanPeriod
from tests.billing.giving_back import balance
from tests.billing.ordering import load_reference_data, order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna, line_of
from tests.network.selling import KEY, KEYS, REVERSALS, TOP_UPS, booked, credit_minor, hand_in, said, take_back
from tests.network.writing import NOW
from tests.stack.invariants import broken


@pytest.fixture(autouse=True)
def _kiosks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TOP_UP_KEYS = KEYS
    settings.TOP_UPS_PER_MINUTE = 1_000_000
    monkeypatch.setattr(clock, "now", lambda: NOW)


def everybody(count: int, ask: Any) -> Counter[int]:
    """The statuses of `count` requests that leave together."""
    statuses: list[int] = []
    run_together(count, lambda number: statuses.append(ask(number).status_code))
    return Counter(statuses)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", [{}, {"plan": "month-15", "amount_minor": 1500}], ids=["credit", "plan"])
def test_ten_deliveries_of_one_sale_at_once_are_one_order(other: dict[str, Any]) -> None:
    load_reference_data()
    line = anna().lines[0]
    assert everybody(10, lambda _number: hand_in(said(**other))) == {201: 1, 200: 9}
    assert (ExternalTopUp.objects.count(), Order.objects.count()) == (1, 1)
    assert LedgerEntry.objects.filter(kind="collected").count() == 1
    assert credit_minor(line) == (0 if other else 1000)
    assert PlanPeriod.objects.count() == (1 if other else 0)
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_one_reference_for_ten_numbers_at_once_is_the_first_one_s() -> None:
    load_reference_data()
    lines = [line_of(f"+49176040690{number:02}") for number in range(20, 30)]
    assert everybody(10, lambda number: hand_in(said(number=lines[number].msisdn))) == {201: 1, 409: 9}
    assert (ExternalTopUp.objects.count(), Order.objects.count()) == (1, 1)
    assert sum(credit_minor(line) for line in lines) == 1000
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_ten_tills_at_once_top_one_number_up_ten_times() -> None:
    load_reference_data()
    line = anna().lines[0]
    assert everybody(10, lambda number: hand_in(said(f"K12-{number}"))) == {201: 10}
    assert credit_minor(line) == 10_000
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_ten_reversals_of_one_sale_at_once_take_it_back_once() -> None:
    load_reference_data()
    line = anna().lines[0]
    hand_in(said("K12-1"))
    hand_in(said("K12-2"))
    assert everybody(5, lambda _number: take_back()) == {201: 1, 200: 4}
    assert everybody(5, lambda number: take_back(f"B-2-{number}", "K12-2")) == {201: 1, 422: 4}
    assert ExternalReversal.objects.count() == 2
    assert (credit_minor(line), balance(AccountKind.OUTSIDE)) == (0, 0)
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_credit_is_spent_or_taken_back_never_both() -> None:
    load_reference_data()
    owner = anna()
    line, outcome = owner.lines[0], []
    for number in range(4):
        hand_in(said(f"K12-{number}"))
    orders = [order_plan(owner, "month-15", method=Method.CREDIT) for _number in range(4)]

    def act(number: int) -> None:
        if number < 4:
            outcome.append(take_back(f"B-{number}", f"K12-{number}").status_code)
            return
        try:
            credit.pay(orders[number - 4].pk, line_id=line.pk, actor="test", now=NOW)
            outcome.append("bought")
        except NotEnoughCredit:
            outcome.append("not enough")

    run_together(8, act)
    happened = Counter(outcome)
    assert credit_minor(line) == 4000 - 1000 * happened[201] - 1500 * happened["bought"] >= 0
    assert balance(AccountKind.OUTSIDE) == -4000 + 1000 * happened[201]
    assert ledger.owed_by(line).minor == 0
    assert broken() == {}


# A crash on the way


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["outside.placed", "outside.booked", "apply.earned"])
def test_a_crash_on_the_way_leaves_nothing_and_the_same_again_is_one_order(
    line: Line, name: str, monkeypatch: Any
) -> None:
    load_reference_data()

    def crash(here: str) -> None:
        if here == name:
            raise RuntimeError(here)
        failpoint(here)

    with monkeypatch.context() as patch:
        patch.setattr("billing.from_outside.selling.failpoint", crash)
        patch.setattr("billing.application.failpoint", crash)
        with pytest.raises(RuntimeError, match=name):
            hand_in(said())
    assert booked() == (0, 0, 0, 0)
    assert hand_in(said()).status_code == 201
    assert credit_minor(line) == 1000


@pytest.mark.django_db
def test_a_crash_while_it_is_taken_back_leaves_it_sold(line: Line, monkeypatch: Any) -> None:
    load_reference_data()
    hand_in(said())
    before = booked()

    def crash(_here: str) -> None:
        raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr("billing.from_outside.reversing.failpoint", crash)
        with pytest.raises(RuntimeError, match="crash"):
            take_back()
    assert (booked(), credit_minor(line), ExternalReversal.objects.count()) == (before, 1000, 0)
    assert take_back().status_code == 201


# Bodies nobody would think of

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.just("\0") | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_RIGHT = {
    "reference": st.sampled_from(["K12-1", "K12-2", "K12-3"]),
    "number": st.sampled_from(["+4917604069011", "+4917699999999"]),
    "amount_minor": st.sampled_from([500, 1000, 1500]),
    "currency": st.sampled_from(["EUR", "USD"]),
    "paid_at": st.sampled_from([said()["paid_at"], "2026-11-23T11:00:00+14:00", "2020-01-01T00:00:00Z"]),
    "plan": st.sampled_from(["month-15", "month-5", "nothing"]),
    "place": st.sampled_from(["Kiosk 12", "北京"]),
    "till": st.sampled_from(["1", "2"]),
    "top_up": st.sampled_from(["K12-1", "K12-2", "K12-9"]),
}
_BODIES = st.one_of(
    st.binary(max_size=80),
    _ANY.map(lambda said: json.dumps(said).encode()),
    st.fixed_dictionaries(
        {}, optional={name: st.one_of(right, right, right, right, _ANY) for name, right in _RIGHT.items()}
    ).map(lambda said: json.dumps(said).encode()),
    st.fixed_dictionaries({name: _RIGHT[name] for name in ("reference", "number", "amount_minor", "currency", "paid_at")}).map(
        lambda said: json.dumps(said).encode()
    ),
    st.fixed_dictionaries({name: _RIGHT[name] for name in ("reference", "top_up")}).map(lambda said: json.dumps(said).encode()),
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(st.tuples(st.sampled_from([TOP_UPS, TOP_UPS, REVERSALS]), _BODIES), min_size=1, max_size=8))
def test_whatever_is_sent_the_answer_is_one_of_five_and_the_books_hold(
    line: Line, requests: list[tuple[str, bytes]]
) -> None:
    if not Order.objects.exists():
        load_reference_data()
    for path, body in requests:
        before = booked()
        answer = hand_in(body, key=KEY, path=path)
        assert answer.status_code in {200, 201, 409, 422}
        assert isinstance(answer.json(), dict)
        if answer.status_code != 201:
            assert booked() == before
    sold = sum(row.amount_minor for row in ExternalTopUp.objects.filter(reversal=None))
    assert balance(AccountKind.OUTSIDE) == -sold
    assert broken() == {}
