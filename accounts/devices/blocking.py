"""A lost SIM is blocked at once and by anybody who is signed in: it protects. Letting it in again is proven first."""

from datetime import datetime
from uuid import UUID

from accounts.devices import changing
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import Sim, SimDeed, SimState
from lib.transactions import whole

#: Staff who may block a caller's SIM and stop a swap.
RIGHT = "accounts.block_sims"


class ReplacedSoon(CannotBeChanged):
    """A swap takes this SIM's place: take the swap back first."""


@whole
def block(sim_id: UUID, *, line_id: UUID, by: By, now: datetime, reason: str = "lost") -> Sim:
    """From now on the network lets nothing of it through, only SIM or not; told by e-mail. A second click changes nothing.

    Raises NotYours, TakenOut, LineEnded.
    """
    line = changing.lock_line(line_id, by)
    sim = changing.lock_sim(sim_id, line=line)
    if sim.is_blocked:
        return sim
    sim.move_to(SimState.BLOCKED)
    event = changing.note(sim, SimDeed.BLOCKED, by, now=now, reason=reason)
    changing.tell_core(line, event)
    said = {"sim": changing.named(sim), "happened_at": now.isoformat(), "gets_texts": sim.gets_texts}
    changing.tell_owner(line, "sim_blocked", said, key=str(event.pk))
    return sim


@whole
def unblock(sim_id: UUID, *, line_id: UUID, by: By, now: datetime) -> Sim:
    """It was found. A second click changes nothing. Raises NotYours, TakenOut, LineEnded, ReplacedSoon."""
    line = changing.lock_line(line_id, by)
    sim = changing.lock_sim(sim_id, line=line)
    if not sim.is_blocked:
        return sim
    if line.sim_swaps.filter(state="waiting", from_sim=sim).exists():
        raise ReplacedSoon
    sim.move_to(SimState.ACTIVE)
    event = changing.note(sim, SimDeed.UNBLOCKED, by, now=now)
    changing.tell_core(line, event)
    said = {"sim": changing.named(sim), "happened_at": now.isoformat(), "device": by.session}
    changing.tell_owner(line, "sim_unblocked", said, key=str(event.pk))
    return sim


def is_reported_lost(sim: Sim) -> bool:
    """Whether whoever holds it may be somebody else: an SMS to it proves nothing."""
    return sim.is_blocked
