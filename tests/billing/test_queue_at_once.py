"""Two things at once on one queued plan, on real connections: whoever comes first wins, and no cent goes back twice."""

import uuid
from datetime import timedelta

import pytest

from accounts.models import Subscriber
from billing import application
from billing.fulfilment import settle
from billing.gateways.disputes import DisputeFactState
from billing.giving_back import withdrawal
from billing.models import Method, Order, QueueChange, QueueChangeState, RefundRequest
from billing.paying import credit
from billing.queued import carrying_out
from billing.queued.limits import CannotBeChanged
from plans.models import PlanPeriod
from tests.billing.giving_back import dispute
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, payment_for, received
from tests.billing.queueing import DONE_AT, SOON, bought, cancel, period, swap, undo
from tests.cast import anna
from tests.plans.test_periods_race import at_once_bare
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    person = anna()
    bought(person)
    return person


def errors(results: list[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


def test_ten_clicks_and_ten_tabs_at_once_are_one_change(owner: Subscriber) -> None:
    order, token = bought(owner), uuid.uuid4()
    clicks = [lambda: cancel(order, owner, form_token=token) for _click in range(5)]
    tabs = [lambda: cancel(order, owner) for _tab in range(5)]
    results = at_once_bare(*clicks, *tabs)
    assert errors(results) == []
    assert QueueChange.objects.count() == 1


def test_five_sweeps_at_once_give_it_back_once(owner: Subscriber) -> None:
    order = bought(owner)
    cancel(order, owner)
    results = at_once_bare(*[lambda: carrying_out.sweep(now=DONE_AT) for _sweep in range(5)])
    assert errors(results) == []
    assert RefundRequest.objects.get().amount_minor == 1500
    assert broken() == {}


def test_undone_and_carried_out_at_once_it_is_one_of_both(owner: Subscriber) -> None:
    """A browser whose clock says a second less than the worker's."""
    order = bought(owner)
    change = cancel(order, owner)
    at_once_bare(lambda: undo(change, now=DONE_AT - timedelta(seconds=1)), lambda: carrying_out.sweep(now=DONE_AT))
    change.refresh_from_db()
    is_done = change.state == QueueChangeState.DONE
    assert change.state in (QueueChangeState.DONE, QueueChangeState.UNDONE)
    assert RefundRequest.objects.count() == int(is_done)
    assert (period(order).cancelled_at is not None) == is_done
    assert broken() == {}


def test_carried_out_and_withdrawn_at_once_it_goes_back_once(owner: Subscriber) -> None:
    order = bought(owner)
    cancel(order, owner)
    at_once_bare(
        lambda: carrying_out.sweep(now=DONE_AT),
        lambda: withdrawal.withdraw(order, subscriber=owner, shown_minor=1500, now=DONE_AT),
    )
    assert RefundRequest.objects.get().amount_minor == 1500
    assert broken() == {}


def test_carried_out_and_disputed_at_once_nothing_is_given_back_twice_without_somebody_knowing(
    owner: Subscriber,
) -> None:
    order = bought(owner)
    change = cancel(order, owner)
    results = at_once_bare(
        lambda: carrying_out.sweep(now=DONE_AT),
        lambda: dispute(order.payments.get(), DisputeFactState.OPEN, now=DONE_AT),
    )
    assert errors(results) == []
    change.refresh_from_db()
    assert (change.state, RefundRequest.objects.count()) in (("done", 1), ("dropped", 0))
    assert broken() == {}


def test_carried_out_while_another_plan_is_paid_leaves_no_gap_and_no_overlap(owner: Subscriber) -> None:
    second = bought(owner)
    other = order_plan(owner, "month-5")
    payment = payment_for(other)
    cancel(second, owner)
    results = at_once_bare(
        lambda: carrying_out.sweep(now=DONE_AT), lambda: settle(payment, received(payment), now=DONE_AT)
    )
    assert errors(results) == []
    standing = list(PlanPeriod.objects.filter(cancelled_at=None).order_by("starts_at"))
    assert [row.plan.code for row in standing] == ["month-15", "month-5"]
    assert standing[1].starts_at == standing[0].ends_at
    assert broken() == {}


def test_a_swap_and_another_order_from_the_same_credit_never_overdraw_it(owner: Subscriber) -> None:
    line = owner.lines[0]
    give_credit(line, 700)
    order = bought(owner, "month-5")
    change = swap(order, owner, "month-15", now=SOON)
    other = order_plan(owner, "day-1", method=Method.CREDIT, now=NOW)
    at_once_bare(
        lambda: carrying_out.sweep(now=DONE_AT),
        lambda: credit.pay(other.pk, line_id=line.pk, actor="test", now=DONE_AT),
    )
    change.refresh_from_db()
    other.refresh_from_db()
    assert (change.state, other.state) in (("done", "pending"), ("dropped", "applied"))
    assert broken() == {}


def test_cancelled_and_swapped_in_two_tabs_at_once_it_is_one_of_both(owner: Subscriber) -> None:
    order = bought(owner)
    results = at_once_bare(lambda: cancel(order, owner), lambda: swap(order, owner, "month-5"))
    assert [type(error) for error in errors(results)] == [CannotBeChanged]
    assert QueueChange.objects.count() == 1
    carrying_out.sweep(now=DONE_AT)
    assert Order.objects.filter(pk=order.pk, state="reversed").exists()
    assert broken() == {}


@pytest.mark.parametrize("point", ["queue_change.given_back", "apply.earned", "queue_change.done"])
def test_a_worker_that_dies_between_giving_back_and_paying_leaves_nothing_half_done(
    owner: Subscriber, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bought(owner)
    change = swap(order, owner, "month-5", now=SOON)
    before = (Order.objects.count(), PlanPeriod.objects.filter(cancelled_at=None).count())

    def dies(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    for module in (carrying_out, application):
        monkeypatch.setattr(module, "failpoint", dies)
    with pytest.raises(KeyboardInterrupt):
        carrying_out.sweep(now=DONE_AT)
    monkeypatch.undo()
    assert (Order.objects.count(), PlanPeriod.objects.filter(cancelled_at=None).count()) == before
    assert not RefundRequest.objects.exists()
    assert broken() == {}
    carrying_out.sweep(now=DONE_AT)
    change.refresh_from_db()
    assert change.state == QueueChangeState.DONE
    assert broken() == {}
