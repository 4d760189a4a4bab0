"""The PUK of a card, shown to its owner: each look is written down and told by e-mail, before the digits are on the screen."""

from datetime import datetime
from uuid import UUID

from cryptography.fernet import InvalidToken

from accounts.devices import changing
from accounts.devices.changing import By
from accounts.devices.esim import CODES
from accounts.models import Sim, SimDeed
from lib.sealing import unseal
from lib.transactions import whole


class NotKnown(Exception):
    """The operator has not told us; it stands on the card's carrier."""


def is_known(sim: Sim) -> bool:
    """Whether there is a PUK to show."""
    return sim.codes_sealed is not None


@whole
def show(sim_id: UUID, *, line_id: UUID, by: By, now: datetime) -> str:
    """Raises NotYours, TakenOut, LineEnded, NotKnown."""
    line = changing.lock_line(line_id, by)
    sim = changing.lock_sim(sim_id, line=line)
    found = _opened(sim)
    event = changing.note(sim, SimDeed.PUK_SHOWN, by, now=now)
    said = {"sim": changing.named(sim), "happened_at": now.isoformat(), "device": by.session}
    changing.tell_owner(line, "puk_shown", said, key=str(event.pk))
    return found


def _opened(sim: Sim) -> str:
    if sim.codes_sealed is None:
        raise NotKnown
    try:
        return str(unseal(sim.codes_sealed, purpose=CODES)["puk"])
    except InvalidToken as error:
        raise NotKnown from error
