"""Staff correct a line's credit, with a reason the subscriber reads; above their limit a second person has to agree."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Abs

from accounts.models import Line
from billing import ledger, letters
from billing.authority import Authority, NotAllowed, SamePerson
from billing.journal import money
from billing.ledger import NotEnoughCredit, Posting
from billing.models import AccountKind, Adjustment, AdjustmentPart, AdjustmentState, EntryKind, LedgerAccount
from lib import audit
from lib.money import Money
from lib.transactions import whole

#: What one person adjusts on one line in this time counts together: many small steps are one large one.
LIMIT_HOLDS_FOR = timedelta(hours=24)


class MoreThanOwed(Exception):
    """No more can be written off than the line owes."""

    def __init__(self, *, owed_minor: int) -> None:
        super().__init__(f"{owed_minor} owed")
        self.owed_minor = owed_minor


class FormUsed(Exception):
    """The form has been another adjustment already."""


@dataclass(frozen=True, kw_only=True)
class AdjustmentWish:
    """`amount_minor` is signed, in the line's currency: above zero the line gets, below zero it loses."""

    line: Line
    part: AdjustmentPart
    amount_minor: int
    reason: str
    form_token: UUID


def ask(wish: AdjustmentWish, *, by: Authority, now: datetime) -> Adjustment:
    """Book the adjustment, or keep it for a second person when it is beyond what `by` may do alone. The same form is the same one.

    Writes to the subscriber once it is booked. Raises OwnLine, NotAllowed, FormUsed, MoreThanOwed, ledger.NotEnoughCredit.
    """
    return _ask(wish, by=by, now=now)


@whole
def _ask(wish: AdjustmentWish, *, by: Authority, now: datetime) -> Adjustment:
    line = _lock(wish.line.pk)
    if known := Adjustment.objects.filter(form_token=wish.form_token).first():
        return _same(known, wish)
    if not by.limit_minor:
        raise NotAllowed
    by.check_foreign(line)
    _check_balance(_pot(line, wish.part), wish.amount_minor)
    adjustment = Adjustment.objects.create(
        line=line,
        part=wish.part,
        amount_minor=wish.amount_minor,
        currency=line.currency,
        reason=wish.reason.strip(),
        needs_second=_needs_second(wish, by=by, now=now),
        form_token=wish.form_token,
        asked_by=by.actor,
        asked_at=now,
    )
    if adjustment.needs_second:
        _record(adjustment, "adjustment.asked", by)
    else:
        _book(adjustment, line, by=by, now=now)
    return adjustment


def decide(adjustment_id: UUID, *, is_granted: bool, by: Authority, now: datetime) -> Adjustment:
    """The second person's word; whoever asked may take it back, but not grant it. What is decided stays as it is.

    Raises OwnLine, NotAllowed, SamePerson, MoreThanOwed, ledger.NotEnoughCredit.
    """
    return _decide(adjustment_id, is_granted=is_granted, by=by, now=now)


@whole
def _decide(adjustment_id: UUID, *, is_granted: bool, by: Authority, now: datetime) -> Adjustment:
    line = _lock(Adjustment.objects.values_list("line_id", flat=True).get(pk=adjustment_id))
    adjustment = Adjustment.objects.select_for_update(no_key=True, of=("self",)).get(pk=adjustment_id)
    if adjustment.state != AdjustmentState.ASKED:
        return adjustment
    is_first = by.actor == adjustment.asked_by
    if is_first and is_granted:
        raise SamePerson
    if not is_first:
        by.check_decides()
    by.check_foreign(line)
    if is_granted:
        _check_balance(_pot(line, AdjustmentPart(adjustment.part)), adjustment.amount_minor)
        _book(adjustment, line, by=by, now=now)
    else:
        adjustment.move_to(AdjustmentState.REFUSED, decided_by=by.actor, decided_at=now)
        _record(adjustment, "adjustment.refused", by)
    return adjustment


def _lock(line_id: UUID) -> Line:
    return Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)


def _same(known: Adjustment, wish: AdjustmentWish) -> Adjustment:
    if (known.line_id, known.part, known.amount_minor) != (wish.line.pk, wish.part, wish.amount_minor):
        raise FormUsed
    return known


def _needs_second(wish: AdjustmentWish, *, by: Authority, now: datetime) -> bool:
    """Writing off is never done alone by those who may not decide."""
    if wish.part == AdjustmentPart.SHORTFALL and not by.may_decide:
        return True
    alone = Adjustment.objects.filter(
        line=wish.line, asked_by=by.actor, needs_second=False, asked_at__gt=now - LIMIT_HOLDS_FOR
    ).aggregate(minor=Sum(Abs("amount_minor"), default=0))
    return bool(alone["minor"] + abs(wish.amount_minor) > by.limit_minor)


def _pot(line: Line, part: AdjustmentPart) -> LedgerAccount:
    kind = AccountKind(part)
    return ledger.pots(kind, currency=line.currency, line=line)[kind]


def _check_balance(pot: LedgerAccount, amount_minor: int) -> None:
    balance = ledger.lock_credit([pot])[pot.pk]
    if pot.kind == AccountKind.SHORTFALL and amount_minor > -balance:
        raise MoreThanOwed(owed_minor=-balance)
    if pot.kind != AccountKind.SHORTFALL and balance + amount_minor < 0:
        raise NotEnoughCredit(missing_minor=-(balance + amount_minor))


def _book(adjustment: Adjustment, line: Line, *, by: Authority, now: datetime) -> None:
    writes_off = adjustment.part == AdjustmentPart.SHORTFALL
    other = AccountKind.WRITTEN_OFF if writes_off else AccountKind.GOODWILL
    ours = _pot(line, AdjustmentPart(adjustment.part))
    theirs = ledger.pots(other, currency=line.currency)[other]
    source, target = (theirs, ours) if adjustment.amount_minor > 0 else (ours, theirs)
    ledger.post(
        Posting(
            kind=EntryKind.WRITE_OFF if writes_off else EntryKind.ADJUSTMENT,
            source=source,
            target=target,
            amount_minor=abs(adjustment.amount_minor),
            key=f"adjustment:{adjustment.pk}",
            event_at=now,
            actor=by.actor,
            reason=adjustment.reason,
        )
    )
    adjustment.move_to(AdjustmentState.BOOKED, decided_by=by.actor, decided_at=now)
    _record(adjustment, "adjustment.booked", by)
    _tell(adjustment, line)


def _record(adjustment: Adjustment, deed: str, by: Authority) -> None:
    audit.record(
        deed,
        actor=by.actor,
        subject=f"adjustment:{adjustment.pk}",
        line_id=adjustment.line_id,
        reason=adjustment.reason,
        address=by.address,
        part=adjustment.part,
        minor=adjustment.amount_minor,
        currency=adjustment.currency,
    )


def _tell(adjustment: Adjustment, line: Line) -> None:
    owner = letters.owner_of(line)
    if owner is None:
        return
    what = "given" if adjustment.amount_minor > 0 else "taken"
    paid, bonus = ledger.credit_of(line)
    context = {
        "what": "written_off" if adjustment.part == AdjustmentPart.SHORTFALL else what,
        "amount": money(Money(abs(adjustment.amount_minor), adjustment.currency)),
        "credit": money(paid + bonus),
        "reason": adjustment.reason,
    }
    letters.write(owner, "credit_adjusted", context, line=line, subject=f"adjustment:{adjustment.pk}", event="booked")
