"""Vouchers in batches: made, their codes handed out once, activated, blocked and unblocked, expired. What is sold is booked.

Locks: batch → vouchers by id; somebody who redeems holds a line and one voucher, and never waits for a batch (docs/locking.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, QuerySet

from billing import ledger
from billing.authority import Authority
from billing.by_voucher import voucher_codes
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Voucher, VoucherBatch, VoucherNature, VoucherState
from lib import audit
from lib.alarm import alarm
from lib.transactions import whole
from plans.models import Plan

#: Serials have five digits, and one hand-out is one answer that must arrive whole.
MOST = 10_000
CHUNK = 500
_OPEN = (VoucherState.CREATED, VoucherState.ACTIVE, VoucherState.BLOCKED)
_DAY = 86_400


class CannotBeDone(Exception):
    """Base of the reasons below; the desk words them. Nothing has changed."""


class HandedOutBefore(CannotBeDone):
    """Codes exist once, and somebody has them."""


class NotHandedOut(CannotBeDone):
    """There is nothing to activate yet."""


class ActiveBefore(CannotBeDone):
    """The batch was activated, and booked."""


class TookTheCodes(CannotBeDone):
    """Whoever has the file with the codes does not make it money."""


class BatchOver(CannotBeDone):
    """Its last day has passed."""


class NothingToMove(CannotBeDone):
    """No voucher that was meant stands where it could go there from."""


@dataclass(frozen=True, kw_only=True)
class BatchWish:
    """`amount_minor` is what each of `count` is worth; for a plan, its price. The same `form_token` is the same batch."""

    name: str
    nature: VoucherNature
    amount_minor: int
    currency: str
    count: int
    expires_at: datetime
    form_token: UUID
    plan: Plan | None = None


@dataclass(frozen=True)
class Printed:
    """What is printed on one voucher. The code is nowhere else."""

    serial: str
    code: str


@whole
def make(wish: BatchWish, *, by: Authority, now: datetime) -> VoucherBatch:
    """A batch without vouchers: these are made with their codes when they are handed out. Raises BatchOver."""
    if known := VoucherBatch.objects.filter(form_token=wish.form_token).first():
        return known
    if wish.expires_at <= now:
        raise BatchOver
    batch = VoucherBatch.objects.create(
        name=wish.name,
        nature=wish.nature,
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        plan=wish.plan,
        count=wish.count,
        expires_at=wish.expires_at,
        form_token=wish.form_token,
        made_by=by.actor,
        made_at=now,
    )
    _record(
        batch,
        "vouchers.made",
        by,
        nature=batch.nature,
        minor=batch.amount_minor,
        currency=batch.currency,
        plan=batch.plan.code if batch.plan else "",
        count=batch.count,
    )
    return batch


@whole
def hand_out(batch_id: UUID, *, by: Authority, now: datetime) -> list[Printed]:
    """Make the vouchers and return their codes, which are kept nowhere. Raises HandedOutBefore, BatchOver."""
    batch = _lock(batch_id)
    if batch.handed_out_at:
        raise HandedOutBefore
    _refuse_over(batch, now=now)
    printed = [
        Printed(voucher_codes.serial(batch.series, number), voucher_codes.new_code())
        for number in range(1, batch.count + 1)
    ]
    vouchers = (Voucher(batch=batch, serial=one.serial, code_hash=voucher_codes.hashed(one.code)) for one in printed)
    Voucher.objects.bulk_create(vouchers, batch_size=1000)
    batch.handed_out_at, batch.handed_out_to = now, by.actor
    batch.key_name = voucher_codes.key_name()
    batch.save(update_fields=["handed_out_at", "handed_out_to", "key_name"])
    _record(batch, "vouchers.handed_out", by, count=len(printed))
    return printed


@whole
def activate(batch_id: UUID, *, reason: str, by: Authority, now: datetime) -> int:
    """From now on they can be redeemed; what was sold is booked as received. Those blocked before stay blocked and are not.

    Returns how many. Raises NotHandedOut, ActiveBefore, TookTheCodes, BatchOver, NothingToMove.
    """
    batch = _lock(batch_id)
    if not batch.handed_out_at:
        raise NotHandedOut
    if batch.activated_at:
        raise ActiveBefore
    if batch.handed_out_to == by.actor:
        raise TookTheCodes
    _refuse_over(batch, now=now)
    count = batch.vouchers.filter(state=VoucherState.CREATED).update(state=VoucherState.ACTIVE)
    if not count:
        raise NothingToMove
    batch.activated_at, batch.activated_by = now, by.actor
    batch.save(update_fields=["activated_at", "activated_by"])
    if batch.nature == VoucherNature.SOLD:
        sold = _Booking(batch, actor=by.actor, now=now)
        sold.book(
            EntryKind.VOUCHER_SOLD, AccountKind.BANK, AccountKind.VOUCHERS, {f"voucher_batch:{batch.pk}:sold": count}
        )
    _record(batch, "vouchers.activated", by, reason=reason, count=count)
    return count


@whole
def block(batch_id: UUID, *, reason: str, by: Authority, now: datetime, serial: str = "") -> int:
    """Let one voucher by its serial, or all of the batch, not be redeemed any more. What was sold becomes unclaimed.

    Returns how many. Raises NothingToMove.
    """
    batch = _lock(batch_id)
    rows = _pick(batch, (VoucherState.CREATED, VoucherState.ACTIVE), serial=serial)
    _lapse(batch, rows, VoucherState.BLOCKED, actor=by.actor, now=now)
    _record(rows[0] if serial else batch, "vouchers.blocked", by, reason=reason, count=len(rows))
    return len(rows)


@whole
def unblock(batch_id: UUID, *, reason: str, by: Authority, now: datetime, serial: str = "") -> int:
    """Undo `block`: back to active, or to printed while the batch is not active; what was sold is no longer unclaimed.

    Returns how many. Raises NothingToMove, BatchOver.
    """
    batch = _lock(batch_id)
    _refuse_over(batch, now=now)
    rows = _pick(batch, (VoucherState.BLOCKED,), serial=serial)
    state = VoucherState.ACTIVE if batch.activated_at else VoucherState.CREATED
    Voucher.objects.filter(pk__in=[row.pk for row in rows]).update(state=state)
    if batch.nature == VoucherNature.SOLD and batch.activated_at:
        booking = _Booking(batch, actor=by.actor, now=now)
        back = {f"voucher:{row.pk}:restored:{row.lapsed_count}": 1 for row in rows if row.lapsed_count}
        first = {f"voucher:{row.pk}:sold": 1 for row in rows if not row.lapsed_count}
        booking.book(EntryKind.VOUCHER_LAPSED, AccountKind.UNCLAIMED, AccountKind.VOUCHERS, back)
        booking.book(EntryKind.VOUCHER_SOLD, AccountKind.BANK, AccountKind.VOUCHERS, first)
    _record(rows[0] if serial else batch, "vouchers.unblocked", by, reason=reason, count=len(rows))
    return len(rows)


def sweep(*, now: datetime) -> int:
    """Let vouchers expire whose last day has passed, and say when codes cannot be read any more. Returns how many expired."""
    _look_for_keys(now=now)
    return sum(_expire_all(batch_id, now=now) for batch_id in _with_open(expires_at__lte=now))


def _expire_all(batch_id: UUID, *, now: datetime) -> int:
    expired = 0
    while count := _expire(batch_id, now=now):
        expired += count
    return expired


@whole
def _expire(batch_id: UUID, *, now: datetime) -> int:
    batch = _lock(batch_id)
    if batch.expires_at > now:
        return 0
    rows = list(_locked(batch, _OPEN)[:CHUNK])
    _lapse(batch, rows, VoucherState.EXPIRED, actor="system", now=now)
    return len(rows)


def _look_for_keys(*, now: datetime) -> None:
    names = set(VoucherBatch.objects.filter(pk__in=_with_open(expires_at__gt=now)).values_list("key_name", flat=True))
    for name in sorted(names):
        if not voucher_codes.opens(name) and cache.add(f"vouchers:key:{name}", 1, timeout=_DAY):
            alarm(
                "voucher.key", subject=f"key:{name}", detail="codes hashed with it cannot be redeemed: VOUCHER_OLD_KEYS"
            )


def _with_open(**about: datetime) -> QuerySet[VoucherBatch, UUID]:
    """The ids of batches with vouchers that are at no end."""
    is_open = Exists(Voucher.objects.filter(batch=OuterRef("pk"), state__in=_OPEN))
    return VoucherBatch.objects.filter(is_open, **about).values_list("pk", flat=True)


def _lock(batch_id: UUID) -> VoucherBatch:
    return VoucherBatch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch_id)


def _refuse_over(batch: VoucherBatch, *, now: datetime) -> None:
    if batch.expires_at <= now:
        raise BatchOver


def _locked(batch: VoucherBatch, states: Sequence[VoucherState]) -> QuerySet[Voucher]:
    rows = batch.vouchers.select_for_update(no_key=True, of=("self",)).filter(state__in=states)
    return rows.order_by("pk")


def _pick(batch: VoucherBatch, states: Sequence[VoucherState], *, serial: str) -> list[Voucher]:
    rows = _locked(batch, states)
    picked = list(rows.filter(serial=serial) if serial else rows)
    if not picked:
        raise NothingToMove
    return picked


def _lapse(batch: VoucherBatch, rows: Sequence[Voucher], state: VoucherState, *, actor: str, now: datetime) -> None:
    """Move `rows`; the worth of those that were sold and could be redeemed until now becomes unclaimed, still payable on proof."""
    lapsing = [row for row in rows if row.state == VoucherState.ACTIVE and batch.nature == VoucherNature.SOLD]
    ids = {row.pk for row in lapsing}
    Voucher.objects.filter(pk__in=ids).update(state=state, lapsed_count=F("lapsed_count") + 1)
    Voucher.objects.filter(pk__in=[row.pk for row in rows if row.pk not in ids]).update(state=state)
    keys = {f"voucher:{row.pk}:lapsed:{row.lapsed_count + 1}": 1 for row in lapsing}
    _Booking(batch, actor=actor, now=now).book(
        EntryKind.VOUCHER_LAPSED, AccountKind.VOUCHERS, AccountKind.UNCLAIMED, keys
    )


@dataclass(frozen=True)
class _Booking:
    """Entries about vouchers of one batch."""

    batch: VoucherBatch
    actor: str
    now: datetime

    def book(self, kind: EntryKind, source: AccountKind, target: AccountKind, counts: dict[str, int]) -> None:
        """One entry for each key, of the worth of so many vouchers."""
        if not counts:
            return
        pots = ledger.pots(source, target, currency=self.batch.currency)
        ledger.post_all(
            [
                Posting(
                    kind=kind,
                    source=pots[source],
                    target=pots[target],
                    amount_minor=count * self.batch.amount_minor,
                    key=key,
                    event_at=self.now,
                    actor=self.actor,
                )
                for key, count in counts.items()
            ]
        )


def _record(about: VoucherBatch | Voucher, deed: str, by: Authority, *, reason: str = "", **detail: Any) -> None:
    name = "voucher" if isinstance(about, Voucher) else "voucher_batch"
    audit.record(deed, actor=by.actor, subject=f"{name}:{about.pk}", reason=reason, address=by.address, **detail)
