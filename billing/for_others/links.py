"""Links by which anybody may pay for a line without learning its number: made, shown and revoked by the line's owner."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Line, LineOwnership, Subscriber
from billing.models import TopUpLink
from lib.sealing import seal, unseal
from lib.transactions import whole

_PURPOSE = "top-up-link"
#: As `secrets` makes it of 24 bytes: 192 bits.
TOKEN_LENGTH = 32


class NotTheOwner(Exception):
    """Only who owns the line now may make a link for it."""


def make(line: Line, owner: Subscriber, *, shows: str, lets_plans: bool, now: datetime) -> TopUpLink:
    """A new link; the one before it works no more. Raises NotTheOwner."""
    token = secrets.token_urlsafe(24)
    return _make(line.pk, owner, token, shows=shows, lets_plans=lets_plans, now=now)


@whole
def _make(line_id: UUID, owner: Subscriber, token: str, *, shows: str, lets_plans: bool, now: datetime) -> TopUpLink:
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    if not LineOwnership.objects.filter(line=line, subscriber=owner, until_at=None).exists():
        raise NotTheOwner
    line.top_up_links.filter(revoked_at=None).update(revoked_at=now)
    return TopUpLink.objects.create(
        line=line,
        owner=owner,
        token_hash=_hash(token),
        token_sealed=seal({"token": token}, purpose=_PURPOSE),
        shows=shows,
        lets_plans=lets_plans,
        made_at=now,
    )


def revoke(line: Line, owner: Subscriber, *, now: datetime) -> None:
    """From now on it is as if it had never been; what is being paid by it comes to nothing. A second click changes nothing."""
    TopUpLink.objects.filter(line=line, owner=owner, revoked_at=None).update(revoked_at=now)


def of_line(line: Line, owner: Subscriber) -> TopUpLink | None:
    """The owner's link that stands now."""
    return TopUpLink.objects.filter(line=line, owner=owner, revoked_at=None).first()


def address(link: TopUpLink) -> str:
    """The whole address, for its owner's page alone. Raises cryptography.fernet.InvalidToken when its key is gone."""
    token = unseal(link.token_sealed, purpose=_PURPOSE)["token"]
    return settings.PORTAL_ORIGIN + reverse("top_up_link", args=[token])


def standing(token: str) -> TopUpLink | None:
    """The link with this token, if it may be paid by. Anything else is the same nothing, looked for by the same one statement."""
    owned = Q(line__ownerships__subscriber=F("owner"), line__ownerships__until_at=None)
    stands = TopUpLink.objects.filter(owned, revoked_at=None, token_hash=_hash(token[: 4 * TOKEN_LENGTH]))
    return stands.select_related("line").first()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
