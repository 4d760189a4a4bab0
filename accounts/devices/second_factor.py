"""Whether somebody has a second factor beside their password, and has given it just now."""

import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from accounts.models import Subscriber

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_one(subscriber: Subscriber) -> bool:
    """A code by SMS is none: the SIM is what it is about."""
    return bool(is_mfa_enabled(subscriber, _FACTORS))


def is_fresh(request: HttpRequest) -> bool:
    """Given in this session, within the time a password typed once more counts for."""
    user = request.user if request.user.is_authenticated else None
    times = [record["at"] for record in get_authentication_records(request, user) if record["method"] == "mfa"]
    return max(times, default=0.0) > time.time() - float(app_settings.REAUTHENTICATION_TIMEOUT)
