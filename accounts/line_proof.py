"""Proving another number while signed in: a code by SMS, bound to the session, hashed, ten minutes, five tries, once."""

import hmac
import secrets
import time
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from accounts import claims
from accounts.adapter import client_address, send_code
from accounts.models import Line, Subscriber
from lib import clock

_KEY = "line-proof"
_SECONDS = 600
_TRIES = 5


class WrongCode(Exception):
    """Not the code; `tries_left` may be 0, then a new one must be asked for."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(tries_left)
        self.tries_left = tries_left


def begin(request: HttpRequest, msisdn: str) -> None:
    """Send a code to `msisdn` if it is ours; every number gets the same page. Raises allauth.core.exceptions.RateLimited."""
    code = f"{secrets.randbelow(10**6):06}"
    send_code(msisdn, code, language=get_language() or "en", address=client_address(request))
    request.session[_KEY] = {"msisdn": msisdn, "digest": _digest(msisdn, code), "at": time.time(), "tries": 0}


def waiting_for(request: HttpRequest) -> str | None:
    """The number whose code this session waits for."""
    proof = _proof(request)
    return proof["msisdn"] if proof else None


def finish(request: HttpRequest, subscriber: Subscriber, code: str) -> Line | None:
    """The line if it is theirs now; None when its owner is asked first. Raises WrongCode."""
    proof = _proof(request)
    if proof is None:
        raise WrongCode(0)
    proof["tries"] += 1
    left = _TRIES - proof["tries"]
    if not hmac.compare_digest(proof["digest"], _digest(proof["msisdn"], code)):
        if left <= 0:
            del request.session[_KEY]
        request.session.modified = True
        raise WrongCode(max(left, 0))
    del request.session[_KEY]
    return claims.prove(subscriber, proof["msisdn"], now=clock.now())


def _proof(request: HttpRequest) -> dict[str, Any] | None:
    proof: dict[str, Any] | None = request.session.get(_KEY)
    return proof if proof and time.time() - proof["at"] <= _SECONDS else None


def _digest(msisdn: str, code: str) -> str:
    return salted_hmac("line-proof", f"{msisdn}:{code}", algorithm="sha256").hexdigest()
