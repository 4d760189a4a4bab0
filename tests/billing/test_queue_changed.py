"""Another plan instead of a queued one: from what comes back and credit in one transaction, or paid first; and what auto-renew buys."""

import uuid
from datetime import timedelta

import pytest

from accounts.models import Subscriber
from billing import ledger, orders
from billing.models import (
    AutoRenew,
    Method,
    Order,
    OrderState,
    PaymentMethod,
    QueueChange,
    Receipt,
    ReceiptSeries,
    Refund,
    RefundRequest,
    Renewal,
    RunState,
)
from billing.order_pages.timeline import timeline
from billing.orders import Wish
from billing.paying import credit
from billing.queued import changing, renewing
from billing.queued.limits import CannotBeChanged, Why
from billing.receipts import numbering
from billing.standing import auto_renew, renewals
from billing.standing.auto_renew import CannotBeSwitchedOn, RenewWish
from notifications.models import Message
from plans import periods
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, pay
from tests.billing.planting import plant
from tests.billing.queueing import (
    DAY,
    DONE_AT,
    SOON,
    bought,
    bought_from_credit,
    cancel,
    carry_out,
    ended,
    period,
    swap,
    undo,
)
from tests.cast import anna, bao
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner(db: None) -> Subscriber:
    """Anna, whose first month runs."""
    person = anna()
    bought(person)
    return person


def credit_of(owner: Subscriber) -> list[int]:
    return [part.minor for part in ledger.credit_of(owner.lines[0])]


def why_not(owner: Subscriber, order: Order, code: str, **fields: object) -> str:
    with pytest.raises(CannotBeChanged) as refused:
        swap(order, owner, code, **fields)
    return refused.value.why


def test_a_cheaper_plan_comes_instead_and_the_rest_goes_back_to_the_card(owner: Subscriber) -> None:
    order = bought(owner)
    seen = changing.look(order, owner, Plan.objects.get(code="month-5"), now=SOON)
    change = carry_out(swap(order, owner, "month-5"))
    assert ended(change) == ("done", "")
    new = change.by_order
    assert new is not None
    assert (new.state, new.method, new.price_minor, new.consents) == ("applied", "credit", 800, {"start_at_once": True})
    assert periods.slot_of(period(new)) == seen.slot
    assert period(order).cancelled_at == DONE_AT
    assert (seen.back.minor, seen.over.minor, seen.missing.minor) == (1500, 700, 0)
    assert [refund.amount_minor for refund in Refund.objects.all()] == [700]
    assert credit_of(owner) == [0, 0]
    assert broken() == {}


def test_each_part_that_went_back_has_its_credit_note_and_the_new_plan_its_receipt(owner: Subscriber) -> None:
    order = bought(owner)
    change = carry_out(swap(order, owner, "month-5"))
    numbering.number(now=DONE_AT, is_thorough=True)
    notes = Receipt.objects.filter(order=order, series=ReceiptSeries.CREDIT_NOTE)
    assert sorted(note.request.amount_minor for note in notes if note.request) == [700, 800]
    assert {note.document["sum"][1] for note in notes} == {"€7.00", "€8.00"}
    assert Receipt.objects.filter(order=change.by_order).count() == 1
    titles = [step.title for step in timeline(order).steps]
    assert [title for title in titles if "Cancelled" in title] == [
        "Cancelled before it began: €7.00 go back",
        "Cancelled before it began: €8.00 go back",
    ]


def test_the_rest_becomes_credit_if_that_was_chosen(owner: Subscriber) -> None:
    carry_out(swap(bought(owner), owner, "month-5", to_credit=True))
    assert credit_of(owner) == [700, 0]
    assert not Refund.objects.exists()
    assert broken() == {}


def test_a_dearer_plan_takes_what_is_missing_from_credit(owner: Subscriber) -> None:
    give_credit(owner.lines[0], 800)
    order = bought(owner, "month-5")
    carry_out(swap(order, owner, "month-15"))
    assert credit_of(owner) == [100, 0]
    assert period(Order.objects.get(method=Method.CREDIT)).plan.code == "month-15"
    assert broken() == {}


def test_an_order_from_credit_is_swapped_within_the_credit(owner: Subscriber) -> None:
    order = bought_from_credit(owner, paid=1000, bonus=500)
    carry_out(swap(order, owner, "month-5"))
    assert credit_of(owner) == [700, 0]
    assert broken() == {}


def test_nothing_changes_for_ten_minutes_and_undone_nothing_ever_does(owner: Subscriber) -> None:
    order = bought(owner)
    change = swap(order, owner, "month-5")
    carry_out(change, now=DONE_AT - timedelta(seconds=1))
    assert ended(change) == ("waiting", "")
    undo(change)
    carry_out(change, now=DONE_AT + DAY)
    assert ended(change) == ("undone", "")
    assert Order.objects.count() == 2
    assert period(order).cancelled_at is None


def test_credit_that_was_spent_meanwhile_leaves_everything_as_it_was_and_is_told(owner: Subscriber) -> None:
    give_credit(owner.lines[0], 800)
    order = bought(owner, "month-5")
    change = swap(order, owner, "month-15")
    spent = order_plan(owner, "day-1", method=Method.CREDIT)
    credit.pay(spent.pk, line_id=spent.line_id, actor="test", now=SOON)
    carry_out(change)
    assert ended(change) == ("dropped", "credit")
    assert period(order).cancelled_at is None
    assert not RefundRequest.objects.exists()
    assert Message.objects.filter(kind="next_plan_kept").count() == 2


def test_a_price_that_rises_in_the_ten_minutes_is_not_charged(owner: Subscriber) -> None:
    change = swap(bought(owner), owner, "month-5")
    Plan.objects.filter(code="month-5").update(price_minor=900)
    carry_out(change)
    assert change.by_order is not None
    assert change.by_order.price_minor == 800


def test_what_cannot_be_chosen_is_refused(owner: Subscriber) -> None:
    order = bought(owner, "month-5")
    assert why_not(owner, order, "month-5") == Why.NOT_SOLD
    assert why_not(owner, order, "month-15") == Why.CREDIT
    assert why_not(owner, order, "month-15", shown_price_minor=1) == Why.PRICE
    assert not QueueChange.objects.exists()


def test_the_money_of_somebody_else_pays_for_no_other_plan(owner: Subscriber) -> None:
    order = bought(owner)
    plant("UPDATE billing_order SET buyer_id = %s WHERE id = %s", bao().pk, order.pk)
    order.refresh_from_db()
    assert why_not(owner, order, "month-5") == Why.NOT_PAYER


def order_instead(order: Order, owner: Subscriber, code: str = "month-15", *, now: object = SOON) -> Order:
    """From the review page, to be paid by card."""
    plan = Plan.objects.get(code=code)
    wish = Wish(
        line=owner.lines[0],
        buyer=owner,
        method=Method.CARD,
        form_token=uuid.uuid4(),
        shown_price_minor=plan.price_minor,
        plan=plan,
        consents={"start_at_once": True},
    )
    return changing.order_instead(wish, order, now=now)  # type: ignore[arg-type]


def test_paid_by_card_the_queued_one_goes_only_after_the_new_one_is_there(owner: Subscriber) -> None:
    order = bought(owner, "month-5")
    new = order_instead(order, owner)
    carry_out(new.replaces, now=DONE_AT)
    assert ended(new.replaces) == ("waiting", "")
    assert period(order).cancelled_at is None
    pay(new, now=DONE_AT)
    carry_out(new.replaces, now=DONE_AT + timedelta(minutes=9))
    assert ended(new.replaces) == ("waiting", "")
    carry_out(new.replaces, now=DONE_AT + timedelta(minutes=10))
    assert ended(new.replaces) == ("done", "")
    assert period(new).starts_at == PlanPeriod.objects.order_by("starts_at")[0].ends_at
    assert [(refund.amount_minor, refund.payment.order) for refund in Refund.objects.all()] == [(800, order)]
    assert broken() == {}


def test_the_same_review_sent_twice_is_one_order_and_one_change(owner: Subscriber) -> None:
    order, plan = bought(owner, "month-5"), Plan.objects.get(code="month-15")
    wish = Wish(
        line=owner.lines[0],
        buyer=owner,
        method=Method.CARD,
        form_token=uuid.uuid4(),
        shown_price_minor=1500,
        plan=plan,
    )
    first = changing.order_instead(wish, order, now=SOON)
    assert changing.order_instead(wish, order, now=SOON) == first
    assert QueueChange.objects.get().by_order == first


def test_undone_after_it_was_paid_the_money_for_the_new_one_goes_back_and_the_old_one_stays(owner: Subscriber) -> None:
    order = bought(owner, "month-5")
    before = periods.slot_of(period(order))
    new = order_instead(order, owner)
    pay(new, now=SOON)
    new.replaces.refresh_from_db()
    undo(new.replaces)
    carry_out(new.replaces)
    assert ended(new.replaces) == ("undone", "")
    assert periods.slot_of(period(order)) == before
    assert period(new).cancelled_at == SOON
    assert [(refund.amount_minor, refund.payment.order) for refund in Refund.objects.all()] == [(1500, new)]
    assert broken() == {}


def test_never_paid_nothing_changes_and_it_may_be_tried_again_or_cancelled(owner: Subscriber) -> None:
    order = bought(owner, "month-5")
    first = order_instead(order, owner)
    second = order_instead(order, owner)
    assert ended(first.replaces) == ("dropped", "replaced")
    orders.drop(second, now=SOON)
    carry_out(second.replaces)
    assert ended(second.replaces) == ("dropped", "gone")
    change = carry_out(cancel(order, owner))
    assert ended(change) == ("done", "")
    assert broken() == {}


def test_paid_after_the_old_one_has_begun_both_are_kept_and_that_is_told(owner: Subscriber) -> None:
    order = bought(owner, "month-5")
    new = order_instead(order, owner)
    late = period(order).starts_at + DAY
    pay(new, now=late)
    carry_out(new.replaces, now=late + timedelta(minutes=10))
    assert ended(new.replaces) == ("dropped", "begun")
    assert period(new).starts_at == period(order).ends_at
    assert Message.objects.filter(kind="next_plan_kept").count() == 2
    assert broken() == {}


def switched_on(owner: Subscriber, code: str = "month-15") -> AutoRenew:
    method = PaymentMethod.objects.create(
        subscriber=owner, way="card", gateway_id="pm_1", label="Visa ···4242", saved_at=NOW
    )
    plan = Plan.objects.get(code=code)
    wish = RenewWish(
        line=owner.lines[0],
        subscriber=owner,
        plan=plan,
        method=method,
        shown_price_minor=plan.price_minor,
        consents={"text": "auto-renew"},
    )
    return auto_renew.switch_on(wish, now=NOW)


def change_renewal(owner: Subscriber, code: str, *, now: object = SOON) -> AutoRenew:
    plan = Plan.objects.get(code=code)
    return renewing.change_plan(
        line=owner.lines[0],
        subscriber=owner,
        plan=plan,
        shown_price_minor=plan.price_minor,
        consents={"text": "auto-renew"},
        now=now,  # type: ignore[arg-type]
    )


def test_auto_renew_buys_the_other_plan_paid_as_before_and_can_be_changed_back(owner: Subscriber) -> None:
    first = switched_on(owner)
    second = change_renewal(owner, "month-5")
    assert (second.plan.code, second.price_minor, second.method) == ("month-5", 800, first.method)
    back = renewing.undo(line=owner.lines[0], subscriber=owner, now=SOON + timedelta(minutes=9))
    assert (back.plan, back.price_minor, back.method, back.consents) == (
        first.plan,
        1500,
        first.method,
        first.consents,
    )
    assert AutoRenew.objects.filter(off_at=None).count() == 1


def test_after_ten_minutes_or_at_another_price_it_is_not_changed_back_in_one_tap(owner: Subscriber) -> None:
    switched_on(owner)
    change_renewal(owner, "month-5")
    with pytest.raises(CannotBeChanged):
        renewing.undo(line=owner.lines[0], subscriber=owner, now=DONE_AT)
    Plan.objects.filter(code="month-15").update(price_minor=1600)
    with pytest.raises(CannotBeSwitchedOn):
        renewing.undo(line=owner.lines[0], subscriber=owner, now=SOON)
    assert AutoRenew.objects.get(off_at=None).plan.code == "month-5"


def test_once_the_money_is_being_taken_its_plan_is_not_changed_any_more(owner: Subscriber) -> None:
    switched_on(owner)
    cut_off = PlanPeriod.objects.get().ends_at - DAY
    with pytest.raises(CannotBeChanged) as refused:
        change_renewal(owner, "month-5", now=cut_off)
    assert refused.value.why == Why.TOO_LATE
    change_renewal(owner, "month-5", now=cut_off - timedelta(seconds=1))


def test_auto_renew_waits_until_it_is_clear_whether_the_queued_plan_stays(owner: Subscriber) -> None:
    """Cancelled at the last moment: the renewal looks in the ten minutes in which that can be undone."""
    switched_on(owner)
    order = bought(owner)
    cut_off = period(order).starts_at - DAY
    change = cancel(order, owner, now=cut_off)
    renewals.sweep(now=cut_off + timedelta(minutes=1))
    run = Renewal.objects.get()
    assert run.state == RunState.DUE
    carry_out(change, now=cut_off + timedelta(minutes=10))
    assert ended(change) == ("done", "")
    run.refresh_from_db()
    assert run.next_at == cut_off + timedelta(minutes=16)


def test_undone_auto_renew_buys_nothing(owner: Subscriber) -> None:
    switched_on(owner)
    order = bought(owner)
    cut_off = period(order).starts_at - DAY
    change = cancel(order, owner, now=cut_off)
    renewals.sweep(now=cut_off + timedelta(minutes=1))
    undo(change, now=cut_off + timedelta(minutes=2))
    renewals.sweep(now=cut_off + timedelta(minutes=16))
    assert Renewal.objects.get().state == RunState.NOT_NEEDED
    assert Order.objects.filter(state=OrderState.APPLIED).count() == 2
