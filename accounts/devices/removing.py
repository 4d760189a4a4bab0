"""A SIM that gets no texts leaves its line at once; the one that gets them leaves by a swap alone. Names are the owner's own."""

from datetime import datetime
from uuid import UUID

from accounts.devices import changing, esim
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import DeviceKind, Sim, SimDeed, SimState
from lib.transactions import whole


class GetsTexts(CannotBeChanged):
    """Without it no code by SMS would arrive: swap it instead."""


@whole
def remove(sim_id: UUID, *, line_id: UUID, by: By, now: datetime) -> Sim:
    """Raises NotYours, TakenOut, LineEnded, GetsTexts."""
    line = changing.lock_line(line_id, by)
    sim = changing.lock_sim(sim_id, line=line)
    if sim.gets_texts:
        raise GetsTexts
    sim.move_to(SimState.ENDED)
    esim.forget_code(sim)
    changing.tell_core(line, changing.note(sim, SimDeed.REMOVED, by, now=now))
    return sim


def rename(sim: Sim, *, label: str, device: DeviceKind) -> None:
    """How its owner calls it, and what it is in. Raises nothing."""
    sim.label, sim.device = label, device
    sim.save(update_fields=["label", "device"])
