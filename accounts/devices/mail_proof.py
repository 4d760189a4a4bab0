"""A code by e-mail for whoever cannot be asked by SMS: bound to the session and to one SIM, kept as a digest, five tries, ten minutes."""

import hmac
import secrets
import time
from typing import Any
from uuid import uuid4

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts import hold
from accounts.models import SignInPart, Sim, Subscriber
from lib import clock
from lib.limits import Cap, over
from notifications import outbox
from notifications.outbox import Outgoing, Recipient

_KEY = "swap_mail_proof"
_SECONDS, _TRIES = 600, 5
_CAP = Cap("swap-mail-code", 5, 3600)


class WrongCode(Exception):
    """Not the code, or too old, or tried too often: then a new one is needed."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(tries_left)
        self.tries_left = tries_left


class SentTooOften(Exception):
    """So many codes went to this mailbox in the last hour."""


class MailChanged(Exception):
    """The mailbox became the account's less than a day ago, perhaps by somebody else."""


def send(request: HttpRequest, subscriber: Subscriber, sim: Sim) -> None:
    """A new code; the one before it is good no more. Raises SentTooOften, MailChanged."""
    lately = subscriber.sign_in_changes.filter(part=SignInPart.EMAIL, undone_at=None)
    if lately.filter(changed_at__gt=clock.real_now() - hold.HOLD).exists():
        raise MailChanged
    if over(_CAP, str(subscriber.pk)):
        raise SentTooOften
    code = f"{secrets.randbelow(10**6):06}"
    request.session[_KEY] = {"sim": str(sim.pk), "digest": _digest(sim, code), "at": time.time(), "tries": 0}
    outbox.send(
        Outgoing(
            kind="email_code",
            channel="email",
            to=Recipient(subscriber.email, subscriber.language, subscriber.time_zone),
            context={"code": code},
            key=f"email_code:{uuid4()}",
            subject="account",
        )
    )


def is_sent(request: HttpRequest, sim: Sim) -> bool:
    """Whether a code for this SIM waits to be typed."""
    return _proof(request, sim) is not None


def check(request: HttpRequest, sim: Sim, code: str) -> None:
    """Good as often as the form is sent, so that another mistake in it asks for no second mail; `forget` ends it. Raises WrongCode."""
    proof = _proof(request, sim)
    if proof is None:
        raise WrongCode(0)
    if hmac.compare_digest(proof["digest"], _digest(sim, code)):
        return
    proof["tries"] += 1
    left = _TRIES - proof["tries"]
    if left <= 0:
        del request.session[_KEY]
    request.session.modified = True
    raise WrongCode(max(left, 0))


def forget(request: HttpRequest) -> None:
    """It was used."""
    request.session.pop(_KEY, None)


def _proof(request: HttpRequest, sim: Sim) -> dict[str, Any] | None:
    proof: dict[str, Any] | None = request.session.get(_KEY)
    is_good = proof and proof["sim"] == str(sim.pk) and time.time() - proof["at"] <= _SECONDS
    return proof if is_good else None


def _digest(sim: Sim, code: str) -> str:
    return salted_hmac("swap-mail-proof", f"{sim.pk}:{code}", algorithm="sha256").hexdigest()
