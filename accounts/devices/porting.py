"""The code by which a number moves to another operator (Directive (EU) 2018/1972, Article 106): made while the lock is open, told to the core
as a hash, good for thirty days or until it is revoked.
"""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from cryptography.fernet import InvalidToken

from accounts import hold
from accounts.devices import changing, commands, number_lock
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import Line, PortOutCode, Subscriber
from accounts.models.porting import PORT_CODE_FOR
from lib import clock
from lib.sealing import seal, unseal
from lib.transactions import whole
from provisioning.outbox import tell_many

#: 60 bits, in letters and digits that can be read out on the phone.
_LETTERS, _COUNT, _GROUP = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 12, 4
_PURPOSE = "port-out-code"


class Locked(CannotBeChanged):
    """The number lock is closed."""


class SignInChanged(CannotBeChanged):
    """How its owner signs in was changed less than a day ago, perhaps not by them."""


class SwapIsWaiting(CannotBeChanged):
    """A SIM swap waits: until it is decided the number stays where it is."""


def standing(line: Line) -> PortOutCode | None:
    """The code that is good now."""
    return line.port_out_codes.filter(revoked_at=None, until_at__gt=clock.real_now()).first()


def in_words(code: PortOutCode) -> str:
    """As its owner reads it, in groups; empty when its key is gone."""
    try:
        text = str(unseal(code.code_sealed, purpose=_PURPOSE)["code"]) if code.code_sealed else ""
    except InvalidToken:
        return ""
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


@whole
def make(line_id: UUID, *, subscriber: Subscriber) -> PortOutCode:
    """A second click finds the first. Told by SMS and e-mail, without the code. Raises NotYours, LineEnded, SignInChanged,
    Locked, SwapIsWaiting.
    """
    line = changing.lock_line(line_id, By.owner(subscriber))
    if hold.of_sign_in(subscriber):
        raise SignInChanged
    if known := standing(line):
        return known
    if not number_lock.is_open(line):
        raise Locked
    if line.sim_swaps.filter(state="waiting").exists():
        raise SwapIsWaiting
    real = clock.real_now()
    line.port_out_codes.filter(revoked_at=None).update(revoked_at=real, code_sealed=None)
    code = "".join(secrets.choice(_LETTERS) for _place in range(_COUNT))
    made = PortOutCode.objects.create(
        line=line,
        subscriber=subscriber,
        code_sealed=seal({"code": code}, purpose=_PURPOSE),
        made_at=real,
        until_at=real + PORT_CODE_FOR,
    )
    digest = hashlib.sha256(code.encode()).hexdigest()
    tell_many([commands.of_port_code(line, made, digest, change=str(made.pk))])
    said = {"until_at": made.until_at.isoformat(), "url": changing.page_url("number_lock")}
    changing.tell_owner(line, "port_code", said, key=str(made.pk), channels=("sms", "email"))
    return made


@whole
def lock_again(line_id: UUID, *, subscriber: Subscriber) -> None:
    """The number stays: the lock is closed and a code is good no more. A second click changes nothing. Raises NotYours, LineEnded."""
    line = changing.lock_line(line_id, By.owner(subscriber))
    real = clock.real_now()
    line.number_unlocks.filter(ended_at=None).update(ended_at=real)
    revoke_all(line, now=real)


def revoke_all(line: Line, *, now: datetime) -> None:
    """Joins the caller's transaction, which holds the line's lock; `now` is real."""
    good = line.port_out_codes.select_for_update(no_key=True, of=("self",)).filter(revoked_at=None)
    for code in good:
        code.revoked_at, code.code_sealed = now, None
        code.save(update_fields=["revoked_at", "code_sealed"])
        tell_many([commands.of_port_code(line, None, "", change=f"{code.pk}:revoked")])
