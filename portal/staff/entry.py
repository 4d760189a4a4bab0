"""Who may enter the desk: staff whose session was proven with a second factor, not long ago and without a long pause."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

#: A desk nobody touched for so long asks for the second factor again (OWASP ASVS 7.3.1), and so does one after a working day (7.3.2).
IDLE_SECONDS = 15 * 60
LONGEST_SECONDS = 12 * 3600
#: The session is written at most once in this time, not with every click.
_WRITE_EVERY_SECONDS = 60
_SEEN = "desk_seen"
_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_factor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a second factor is set up."""
    return isinstance(user, AbstractBaseUser) and is_mfa_enabled(user, _FACTORS)


def is_proven(request: HttpRequest) -> bool:
    """Whether this session's person has given a second factor, and the desk was not left alone since."""
    proven_at = _proven_at(request)
    now = time.time()
    if proven_at is None or now - proven_at > LONGEST_SECONDS or not has_factor(request.user):
        return False
    seen_at: float = request.session.get(_SEEN, 0)
    return now - max(proven_at, seen_at) <= IDLE_SECONDS


def note_activity(request: HttpRequest) -> None:
    """Somebody is at the desk. Called for requests that were let in."""
    now = time.time()
    if now - request.session.get(_SEEN, 0) > _WRITE_EVERY_SECONDS:
        request.session[_SEEN] = now


def _proven_at(request: HttpRequest) -> float | None:
    user = request.user if request.user.is_authenticated else None
    times = [record["at"] for record in get_authentication_records(request, user) if record["method"] == "mfa"]
    return max(times, default=None)
