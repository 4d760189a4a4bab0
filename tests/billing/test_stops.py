"""A standing order goes on with its other way to pay, or is switched off; it never reaches the line's next owner."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import LineOwnership, Subscriber
from billing.models import AutoRenew, AutoTopUp, PaymentMethod, SavedState
from billing.saved_methods import choosing
from billing.standing import stops
from plans.models import Plan
from tests.billing.ordering import NOW, load_reference_data
from tests.cast import anna, carla

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    return anna()


def method(owner: Subscriber, number: str = "4242") -> PaymentMethod:
    return PaymentMethod.objects.create(
        subscriber=owner, way="card", gateway_id=f"pm_{number}", label=f"Visa ···{number}", saved_at=NOW
    )


def renewing(owner: Subscriber, **fields: Any) -> AutoRenew:
    facts = {"plan": Plan.objects.get(code="month-15"), "price_minor": 1500, "currency": "EUR", "on_at": NOW}
    return AutoRenew.objects.create(line=owner.lines[0], subscriber=owner, **facts, **fields)


def topping_up(owner: Subscriber, **fields: Any) -> AutoTopUp:
    facts = {"below_minor": 500, "add_minor": 1000, "at_most": 3, "currency": "EUR", "on_at": NOW}
    return AutoTopUp.objects.create(line=owner.lines[0], subscriber=owner, **facts, **fields)


def removed(way: PaymentMethod) -> PaymentMethod:
    return choosing.remove(way.pk, subscriber=way.subscriber, now=NOW)


def said(order: AutoRenew | AutoTopUp) -> tuple[object, object, str]:
    order.refresh_from_db()
    return order.method_id, order.backup_id, order.off_reason


def test_without_another_way_to_pay_both_are_switched_off(owner: Subscriber) -> None:
    way = method(owner)
    renewal, top_up = renewing(owner, method=way), topping_up(owner, method=way)
    assert stops.method_ended(removed(way), reason="method_removed", now=NOW) == 2
    assert said(renewal) == (None, None, "method_removed")
    assert said(top_up) == (None, None, "method_removed")
    assert (renewal.off_at, renewal.off_by) == (NOW, "system")
    assert stops.method_ended(way, reason="method_removed", now=NOW) == 0


def test_the_other_way_to_pay_takes_over(owner: Subscriber) -> None:
    way, other = method(owner), method(owner, "4444")
    renewal = renewing(owner, method=way, backup=other)
    assert stops.method_ended(removed(way), reason="method_removed", now=NOW) == 1
    assert said(renewal) == (other.pk, None, "")


def test_what_was_only_for_when_the_first_fails_is_left_out(owner: Subscriber) -> None:
    way, other = method(owner), method(owner, "4444")
    renewal = renewing(owner, method=way, backup=other)
    assert stops.method_ended(removed(other), reason="method_removed", now=NOW) == 1
    assert said(renewal) == (way.pk, None, "")


def test_another_way_that_has_ended_too_does_not_take_over(owner: Subscriber) -> None:
    way, other = method(owner), method(owner, "4444")
    renewal = renewing(owner, method=way, backup=other)
    removed(other)
    assert stops.method_ended(removed(way), reason="method_removed", now=NOW) == 1
    assert said(renewal) == (None, None, "method_removed")


def test_with_credit_first_it_goes_on_from_credit(owner: Subscriber) -> None:
    way = method(owner)
    renewal = renewing(owner, method=way, uses_credit=True)
    assert stops.method_ended(removed(way), reason="method_removed", now=NOW) == 1
    assert said(renewal) == (None, None, "")


def test_nothing_happens_while_it_can_be_paid_with(owner: Subscriber) -> None:
    way = method(owner)
    renewal = renewing(owner, method=way)
    assert stops.method_ended_by_id(way.pk, now=NOW) == 0
    assert said(renewal) == (way.pk, None, "")


def test_a_revoked_permission_says_so(owner: Subscriber) -> None:
    way = method(owner)
    renewal = renewing(owner, method=way)
    way.move_to(SavedState.REVOKED, ended_at=NOW)
    assert stops.method_ended_by_id(way.pk, now=NOW) == 1
    assert said(renewal) == (None, None, "method_revoked")


def test_the_next_owner_of_the_line_inherits_nothing(owner: Subscriber) -> None:
    way, line = method(owner), owner.lines[0]
    renewal, top_up = renewing(owner, method=way), topping_up(owner, method=way)
    assert stops.of_former_owners(now=NOW) == 0
    LineOwnership.objects.filter(line=line).update(until_at=NOW)
    LineOwnership.objects.create(line=line, subscriber=carla(), from_at=NOW)
    later = NOW + timedelta(minutes=1)
    assert stops.of_former_owners(now=later) == 2
    assert stops.of_former_owners(now=later) == 0
    assert said(renewal) == (way.pk, None, "owner_changed")
    assert said(top_up) == (way.pk, None, "owner_changed")
    way.refresh_from_db()
    assert (way.state, way.subscriber) == (SavedState.SAVED, owner)
