"""Standing orders that cannot go on as they were: their way to pay has ended, or their line has another owner."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import Line, LineOwnership, Subscriber
from billing.models import AutoRenew, AutoTopUp, PaymentMethod
from lib.rows import write
from lib.transactions import whole

Standing = type[AutoRenew] | type[AutoTopUp]
_KINDS: tuple[Standing, ...] = (AutoRenew, AutoTopUp)
#: `off_reason` of what ended with its line's owner.
OWNER_CHANGED = "owner_changed"
#: `off_reason` of what ended with its number.
RELEASED = "released"
#: `off_reason` of what ended since its owner wants their account deleted.
LEFT = "left"
BATCH = 200


def method_ended(method: PaymentMethod, *, reason: str, now: datetime) -> int:
    """What rests on `method` goes on with its other way to pay, or with credit if that was chosen, else it is switched off with
    `reason`. Idempotent. Returns how many were changed.
    """
    changed = 0
    for kind in _KINDS:
        resting = kind.objects.filter(Q(method=method) | Q(backup=method), off_at=None)
        for order_id, line_id in resting.order_by("pk").values_list("pk", "line_id"):
            changed += _without(kind, order_id, line_id=line_id, method=method, reason=reason, now=now)
    return changed


def method_ended_by_id(method_id: UUID, *, now: datetime) -> int:
    """`method_ended` for whoever was woken; nothing while it can be paid with."""
    method = PaymentMethod.objects.get(pk=method_id)
    return 0 if method.is_saved else method_ended(method, reason=f"method_{method.state}", now=now)


@whole
def _without(
    kind: Standing, order_id: UUID, *, line_id: UUID, method: PaymentMethod, reason: str, now: datetime
) -> bool:
    order = _locked(kind, order_id, line_id=line_id)
    if not order.is_on or method.pk not in {order.method_id, order.backup_id}:
        return False
    if order.backup_id == method.pk:
        order.backup = None
    else:
        other = order.backup
        order.method = other if other is not None and other.is_saved else None
        order.backup = None
    if order.method is None and not getattr(order, "uses_credit", False):
        _switch_off(order, reason=reason, now=now)
    write(order, "method", "backup")
    return True


def of_former_owners(*, now: datetime) -> int:
    """Switch off what belongs to somebody who does not own the line any more: nothing of it may reach its next owner."""
    owns = LineOwnership.objects.filter(line=OuterRef("line"), subscriber=OuterRef("subscriber"), until_at=None)
    stopped = 0
    for kind in _KINDS:
        left = kind.objects.filter(~Exists(owns), off_at=None).order_by("pk").values_list("pk", "line_id")
        stopped += sum(_of_former_owner(kind, order_id, line_id=line_id, now=now) for order_id, line_id in left[:BATCH])
    return stopped


def of_subscriber(subscriber: Subscriber, *, now: datetime) -> None:
    """Switch off all of theirs, for who wants to go."""
    for kind in _KINDS:
        on = kind.objects.filter(subscriber=subscriber, off_at=None).order_by("pk").values_list("pk", "line_id")
        for order_id, line_id in on:
            _of_leaver(kind, order_id, line_id=line_id, now=now)


@whole
def _of_leaver(kind: Standing, order_id: UUID, *, line_id: UUID, now: datetime) -> None:
    order = _locked(kind, order_id, line_id=line_id)
    if order.is_on:
        _switch_off(order, reason=LEFT, now=now)


def of_line(line: Line, *, now: datetime) -> None:
    """Switch off what rests on a number that is given up. The caller holds the line's row lock."""
    for kind in _KINDS:
        for order in kind.objects.select_for_update(no_key=True, of=("self",)).filter(line=line, off_at=None):
            _switch_off(order, reason=RELEASED, now=now)


@whole
def _of_former_owner(kind: Standing, order_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    order = _locked(kind, order_id, line_id=line_id)
    owns = LineOwnership.objects.filter(line_id=line_id, subscriber_id=order.subscriber_id, until_at=None)
    if not order.is_on or owns.exists():
        return False
    _switch_off(order, reason=OWNER_CHANGED, now=now)
    return True


def _locked(kind: Standing, order_id: UUID, *, line_id: UUID) -> AutoRenew | AutoTopUp:
    """The standing order, its line locked first (docs/locking.md)."""
    Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    rows = kind.objects.select_for_update(no_key=True, of=("self",)).select_related("backup")
    found: AutoRenew | AutoTopUp = rows.get(pk=order_id)
    return found


def _switch_off(order: AutoRenew | AutoTopUp, *, reason: str, now: datetime) -> None:
    order.off_at, order.off_reason, order.off_by = now, reason[:40], "system"
    write(order, "off_at", "off_reason", "off_by")
