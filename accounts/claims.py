"""Whose line it is: an SMS proof claims a line nobody owns at once; on an owned one it asks the owner and waits a day."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import sessions
from accounts.devices import ending
from accounts.models import Line, LineClaim, LineOwnership, Subscriber
from accounts.models.line import ENDED_STATES
from lib.transactions import whole
from notifications import choices, outbox
from notifications.outbox import Outgoing, Recipient

WAIT = timedelta(hours=24)
BATCH = 100
_SALT = "line-claim"


def prove(subscriber: Subscriber, msisdn: str, *, now: datetime) -> Line | None:
    """`subscriber` has shown that they hold the SIM of `msisdn`. Returns the line if it is theirs now, else None: it is not ours,
    or its owner has been asked. Joins the caller's transaction.
    """
    with transaction.atomic():
        line = Line.objects.live().filter(msisdn=msisdn).select_for_update(no_key=True, of=("self",)).first()
        if line is None:
            return None
        owner = line.ownerships.filter(until_at=None).select_related("subscriber").first()
        if owner is None:
            LineOwnership.objects.create(line=line, subscriber=subscriber, from_at=now)
            return line
        if owner.subscriber_id == subscriber.pk:
            return line
        _ask(line, subscriber, owner.subscriber, now=now)
    return None


def _ask(line: Line, claimant: Subscriber, owner: Subscriber, *, now: datetime) -> None:
    claim, is_new = LineClaim.objects.get_or_create(
        line=line,
        subscriber=claimant,
        vetoed_at=None,
        granted_at=None,
        defaults={"opened_at": now, "decides_at": now + WAIT},
    )
    if is_new:
        context = {
            "msisdn": line.msisdn,
            "decides_at": claim.decides_at.isoformat(),
            "url": settings.PORTAL_ORIGIN + reverse("claim_veto", args=[signing.dumps(str(claim.pk), salt=_SALT)]),
        }
        outbox.send(
            Outgoing(
                kind="line_claim",
                channel="email",
                to=Recipient(owner.email, owner.language, owner.time_zone),
                context=context,
                key=f"claim:{claim.pk}",
                subject=f"claim:{claim.pk}",
            )
        )


class NoSuchClaim(LookupError):
    """The link is not one of ours, or the claim is decided."""


def claim_of(token: str) -> LineClaim:
    """The open claim a veto link names. Raises NoSuchClaim."""
    try:
        claim_id = UUID(signing.loads(token, salt=_SALT, max_age=WAIT + timedelta(hours=24)))
        return LineClaim.objects.select_related("line").get(pk=claim_id, vetoed_at=None, granted_at=None)
    except (signing.BadSignature, ValueError, LineClaim.DoesNotExist) as error:
        raise NoSuchClaim from error


def veto(claim: LineClaim, *, now: datetime) -> None:
    """The owner says no; a claim that was granted meanwhile stays granted."""
    LineClaim.objects.filter(pk=claim.pk, granted_at=None, vetoed_at=None).update(vetoed_at=now)


def decide(*, now: datetime) -> int:
    """Grant what nobody has refused in time. Returns how many lines changed hands."""
    due = LineClaim.objects.filter(decides_at__lte=now, vetoed_at=None, granted_at=None)
    ids = list(due.order_by("decides_at").values_list("pk", "line_id")[:BATCH])
    return sum(_grant(claim_id, line_id=line_id, now=now) for claim_id, line_id in ids)


def _leave(ownership: LineOwnership, line: Line, *, now: datetime) -> None:
    """The line goes. If its number signed the owner in, it does so no longer, and all of their sessions end."""
    ownership.until_at = now
    ownership.save(update_fields=["until_at"])
    line.label = ""  # their own name for it
    line.save(update_fields=["label"])
    owner = ownership.subscriber
    if owner.msisdn == line.msisdn:
        owner.msisdn = None
        owner.save(update_fields=["msisdn"])
        transaction.on_commit(lambda: sessions.end_all(owner), robust=True)


@whole
def _grant(claim_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    claim = LineClaim.objects.select_for_update(no_key=True, of=("self",)).get(pk=claim_id)
    if claim.vetoed_at or claim.granted_at:
        return False
    if line.state in ENDED_STATES:  # the number is given up, and somebody else's line by its next row
        claim.vetoed_at = now
        claim.save(update_fields=["vetoed_at"])
        return False
    former = line.ownerships.filter(until_at=None).select_related("subscriber").first()
    if former:
        _leave(former, line, now=now)
        ending.of_ownership(line)
        choices.forget(line.msisdn)
        outbox.withdraw_from(line.msisdn)
    LineOwnership.objects.create(line=line, subscriber_id=claim.subscriber_id, from_at=now)
    claim.granted_at = now
    claim.save(update_fields=["granted_at"])
    return True
