"""A number leaves: given up when its line was suspended for long enough, or moved to another operator. Nothing of it reaches its next owner, and
no cent is lost.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import sessions
from accounts.devices import ending
from accounts.models import Line, LineOwnership, LineState
from accounts.models.line import ENDED_STATES
from billing import held_lines, ledger, orders
from billing.journal import money
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Payee, TopUpLink
from billing.standing import stops
from lib.brand import brand
from lib.money import Money
from lib.transactions import whole
from notifications import choices, outbox
from notifications.outbox import Outgoing, Recipient
from plans import commands, life
from provisioning.outbox import tell_many

BATCH = 200
_UNUSED, _MOVED = "not used", "moved to another operator"
#: Where the parts of the credit go: what was paid stays its owner's, payable on proof; what was given goes back.
_TARGETS = {AccountKind.CREDIT_PAID: AccountKind.UNCLAIMED, AccountKind.CREDIT_BONUS: AccountKind.PROMOTIONS}


def sweep(*, now: datetime) -> int:
    """Give up every number whose time is up. Any number of times, late or twice. Returns how many."""
    due = Line.objects.filter(state=LineState.SUSPENDED, state_since__lte=now - brand().life.suspended)
    released = 0
    for line_id in due.exclude(pk__in=held_lines.ids()).order_by("state_since").values_list("pk", flat=True)[:BATCH]:
        released += _release(line_id, now=now)
    return released


@whole
def _release(line_id: UUID, *, now: datetime) -> bool:
    line = orders.lock_line(line_id)
    is_due = line.state == LineState.SUSPENDED and line.state_since <= now - brand().life.suspended
    if not is_due or held_lines.ids().filter(pk=line_id).exists():
        return False
    _end(line, LineState.RELEASED, reason=_UNUSED, now=now)
    return True


def moved_away(msisdn: str, *, now: datetime) -> bool:
    """The other operator has the number: its line ends with its SIMs and everything that rests on it; credit that was paid in stays payable on
    proof. False for a number without a line of ours that may leave.
    """
    line = Line.objects.live().exclude(state=LineState.STOCK).filter(msisdn=msisdn).first()
    return line is not None and _moved_away(line.pk, now=now)


@whole
def _moved_away(line_id: UUID, *, now: datetime) -> bool:
    line = orders.lock_line(line_id)
    if line.state in ENDED_STATES:
        return False
    _end(line, LineState.PORTED_OUT, reason=_MOVED, now=now)
    return True


def _end(line: Line, state: LineState, *, reason: str, now: datetime) -> None:
    credit = _put_aside(line, reason=reason, now=now)
    stops.of_line(line, now=now)
    TopUpLink.objects.filter(line=line, revoked_at=None).update(revoked_at=now)
    Payee.objects.filter(msisdn=line.msisdn).delete()  # whose number it is next, nobody has saved
    choices.forget(line.msisdn)
    outbox.withdraw_from(line.msisdn)
    ownership = line.ownerships.filter(until_at=None).select_related("subscriber").first()
    line.move_to(state, reason=reason)
    tell_many([commands.of_line(line, subject=life.subject_of(line))])
    ending.of_line(line, reason=reason, now=now)
    if ownership:
        _tell(line, ownership, credit)
        _no_longer_signs_in(ownership, line)


def _put_aside(line: Line, *, reason: str, now: datetime) -> Money:
    """All of the line's credit. Returns the part that can be claimed."""
    paid, bonus = ledger.credit_of(line)
    parts = [(AccountKind.CREDIT_PAID, paid.minor), (AccountKind.CREDIT_BONUS, bonus.minor)]
    pots = ledger.pots(*_TARGETS, *_TARGETS.values(), currency=line.currency, line=line)
    ledger.post_all(
        [
            Posting(
                kind=EntryKind.RELEASED,
                source=pots[part],
                target=pots[_TARGETS[part]],
                amount_minor=minor,
                key=f"release:{line.pk}:{part}",
                event_at=now,
                actor="system",
                reason=reason,
            )
            for part, minor in parts
            if minor > 0
        ]
    )
    return paid


def _tell(line: Line, ownership: LineOwnership, credit: Money) -> None:
    owner = ownership.subscriber
    said = {
        "msisdn": line.msisdn,
        "credit": money(credit) if credit.minor > 0 else None,
        "has_moved": line.state == LineState.PORTED_OUT,
        "url": settings.PORTAL_ORIGIN + reverse("contact"),
    }
    outbox.send(
        Outgoing(
            kind="line_released",
            channel="email",
            to=Recipient(owner.email, owner.language, owner.time_zone),
            context=said,
            key=f"line:{line.pk}:line_released",
            subject=f"line:{line.pk}",
        )
    )


def _no_longer_signs_in(ownership: LineOwnership, line: Line) -> None:
    """The number is not theirs to prove any more. What was theirs they go on seeing, signed in by e-mail."""
    owner = ownership.subscriber
    if owner.msisdn == line.msisdn:
        owner.msisdn = None
        owner.save(update_fields=["msisdn"])
        transaction.on_commit(lambda: sessions.end_all(owner), robust=True)
