"""Which saved way to pay is used first, which when that fails, and which no more."""

from datetime import datetime
from uuid import UUID

from accounts.models import Subscriber
from billing.models import PaymentMethod, SavedState
from billing.saved_methods import customers
from lib import queue
from lib.rows import write
from lib.transactions import whole


class NotSaved(Exception):
    """It has ended meanwhile: removed, expired, or its permission was withdrawn."""


def saved(subscriber: Subscriber) -> list[PaymentMethod]:
    """What can be paid with now, the first one first."""
    return list(subscriber.payment_methods.filter(state=SavedState.SAVED))


@whole
def use_first(method_id: UUID, *, subscriber: Subscriber) -> PaymentMethod:
    """From now on this one is used first. What was first before becomes the one for when it fails, unless there is another.

    Standing orders keep the way to pay that was agreed to with them. Raises NotSaved.
    """
    method, others = _locked(method_id, subscriber)
    if method.is_default:
        return method
    former = next((other for other in others if other.is_default), None)
    had_backup = any(other.is_backup for other in others)
    if former:
        _mark(former, is_default=False, is_backup=False)
    _mark(method, is_default=True, is_backup=False)
    if former and not had_backup:
        _mark(former, is_default=False, is_backup=True)
    return method


@whole
def use_when_it_fails(method_id: UUID, *, subscriber: Subscriber) -> PaymentMethod:
    """From now on this one is used when the first fails. Raises NotSaved; also for the one that is used first."""
    method, others = _locked(method_id, subscriber)
    if method.is_default:
        raise NotSaved
    for other in others:
        if other.is_backup:
            _mark(other, is_default=False, is_backup=False)
    _mark(method, is_default=False, is_backup=True)
    return method


@whole
def remove(method_id: UUID, *, subscriber: Subscriber, now: datetime) -> PaymentMethod:
    """Nothing is taken with it any more. After the commit what rests on it goes on with its other way to pay or stops, and the
    gateway forgets it. A second click changes nothing.
    """
    customers.lock(subscriber)
    method = PaymentMethod.objects.select_for_update(no_key=True, of=("self",)).get(pk=method_id, subscriber=subscriber)
    if method.state == SavedState.REMOVED:
        return method
    ended_at = method.ended_at or now
    end(method, SavedState.REMOVED, at=ended_at)
    return method


def end(method: PaymentMethod, state: SavedState, *, at: datetime) -> None:
    """It can no longer be paid with; another takes its place among the saved ones. The caller holds customer and row locked."""
    was_first = method.is_default
    method.move_to(state, ended_at=at, is_default=False, is_backup=False)
    others = list(PaymentMethod.objects.filter(subscriber_id=method.subscriber_id, state=SavedState.SAVED))
    if was_first and others:
        _mark(others[0], is_default=True, is_backup=False)
    queue.after_commit("billing.method_ended", method_id=str(method.pk))
    if state != SavedState.EXPIRED:
        queue.after_commit("billing.forget_method", method_id=str(method.pk))


def _locked(method_id: UUID, subscriber: Subscriber) -> tuple[PaymentMethod, list[PaymentMethod]]:
    """The method and the subscriber's other saved ones. Raises NotSaved."""
    customers.lock(subscriber)
    rows = {method.pk: method for method in saved(subscriber)}
    if method_id not in rows:
        raise NotSaved
    return rows.pop(method_id), list(rows.values())


def _mark(method: PaymentMethod, *, is_default: bool, is_backup: bool) -> None:
    method.is_default, method.is_backup = is_default, is_backup
    write(method, "is_default", "is_backup")
