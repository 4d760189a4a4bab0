"""Whether somebody has a second factor beside their password, and has given it just now. One that was added within the day counts for
nothing: whoever has a password alone adds one in a minute.
"""

import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from accounts import hold
from accounts.models import Subscriber
from accounts.requests import SignedInRequest
from lib import clock

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_one(subscriber: Subscriber) -> bool:
    """A code by SMS is none: the SIM is what it is about."""
    return _old_enough(subscriber).filter(type__in=_FACTORS).exists()


def is_fresh(request: SignedInRequest) -> bool:
    """Given in this session, within the time a password typed once more counts for."""
    since = time.time() - float(app_settings.REAUTHENTICATION_TIMEOUT)
    given: set[int] = {
        record["id"]
        for record in get_authentication_records(request, request.user)
        if record["method"] == "mfa" and "id" in record and record["at"] > since
    }
    return _old_enough(request.user).filter(pk__in=given).exists()


def opens_at_once(subscriber: Subscriber) -> bool:
    """Whether giving it spares the day's wait: not while how they sign in was changed lately, perhaps by somebody else."""
    return has_one(subscriber) and not hold.of_sign_in(subscriber)


def _old_enough(subscriber: Subscriber) -> QuerySet[Authenticator]:
    own: QuerySet[Authenticator] = Authenticator.objects.filter(user=subscriber)
    return own.filter(created_at__lte=clock.real_now() - hold.HOLD)
