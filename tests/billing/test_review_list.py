"""One person looks after an item, and one without money ends with a word of finance."""

import pytest

from accounts.models import LineOwnership, Subscriber
from billing import review_list
from billing.authority import Authority, NotAllowed, OwnLine
from billing.models import ReviewItem, ReviewKind, ReviewOutcome
from billing.review_list import AlreadyTaken, StillHeld
from lib.models import Audit
from tests.billing.money import NOW
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.test_ledger import run_together
from tests.cast import anna

pytestmark = pytest.mark.django_db
SAM = Authority(person_id=2_000_000_901, limit_minor=1000)
TOM = Authority(person_id=2_000_000_902, limit_minor=1000)
FINN = Authority(person_id=2_000_000_903, limit_minor=10_000, may_decide=True)


def item_about(subject: str = "difference:x", **more: object) -> ReviewItem:
    return ReviewItem.objects.create(subject=subject, kind=ReviewKind.DIFFERENCE, opened_at=NOW, **more)


def held_item(owner: Subscriber) -> ReviewItem:
    load_reference_data()
    order = order_plan(owner)
    pay(order, 700)
    return ReviewItem.objects.get(order=order)


def deeds() -> list[tuple[str, str]]:
    return list(Audit.objects.order_by("id").values_list("actor", "deed"))


def test_what_somebody_looks_after_nobody_else_takes() -> None:
    item = item_about()
    review_list.take(item.pk, by=SAM)
    review_list.take(item.pk, by=SAM)
    with pytest.raises(AlreadyTaken):
        review_list.take(item.pk, by=TOM)
    assert ReviewItem.objects.get().owner == SAM.actor
    assert deeds() == [(SAM.actor, "review.taken")]


def test_a_closed_item_is_taken_by_nobody() -> None:
    item = item_about(closed_at=NOW, outcome=ReviewOutcome.SETTLED)
    with pytest.raises(AlreadyTaken):
        review_list.take(item.pk, by=SAM)
    assert deeds() == []


def test_only_its_owner_or_finance_hands_it_back() -> None:
    item = item_about(owner=SAM.actor)
    with pytest.raises(NotAllowed):
        review_list.hand_back(item.pk, by=TOM)
    assert ReviewItem.objects.get().owner == SAM.actor
    review_list.hand_back(item.pk, by=FINN)
    review_list.hand_back(item.pk, by=FINN)
    assert ReviewItem.objects.get().owner == ""
    assert deeds() == [(FINN.actor, "review.handed_back")]


def test_finance_closes_what_was_looked_into_once_with_what_was_found() -> None:
    item = item_about()
    with pytest.raises(NotAllowed):
        review_list.close_looked_into(item.pk, reason="fine", by=SAM, now=NOW)
    for _click in range(2):
        review_list.close_looked_into(item.pk, reason="A release.", by=FINN, now=NOW)
    closed = ReviewItem.objects.get()
    assert (closed.outcome, closed.actor, closed.closed_at) == (ReviewOutcome.LOOKED_INTO, FINN.actor, NOW)
    assert Audit.objects.get().reason == "A release."


def test_what_money_is_held_for_is_not_closed_by_a_word() -> None:
    item = held_item(anna())
    with pytest.raises(StillHeld):
        review_list.close_looked_into(item.pk, reason="done", by=FINN, now=NOW)
    assert ReviewItem.objects.get().closed_at is None
    assert deeds() == []


def test_nobody_closes_an_item_about_their_own_line() -> None:
    owner = anna()
    item = held_item(owner)
    LineOwnership.objects.update(until_at=NOW)
    finn = Subscriber.objects.create_user(email="finn@desk.example", pk=FINN.person_id)
    LineOwnership.objects.create(line=item.held_order.line, subscriber=finn, from_at=NOW)
    with pytest.raises(OwnLine):
        review_list.close_looked_into(item.pk, reason="done", by=FINN, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_it_at_once_one_gets_it() -> None:
    item = item_about()
    refused: list[int] = []

    def take(number: int) -> None:
        try:
            review_list.take(item.pk, by=Authority(person_id=number + 1))
        except AlreadyTaken:
            refused.append(number)

    run_together(10, take)
    assert len(refused) == 9
    assert len(deeds()) == 1
