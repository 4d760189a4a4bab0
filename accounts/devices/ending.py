"""A line ends: none of its cards, swaps, orders and codes goes on, and whoever gets the number next finds none of them."""

from datetime import datetime

from accounts.devices import changing, esim, porting
from accounts.devices.changing import By
from accounts.models import EsimOrderState, Line, SimDeed, SimState, SwapState
from lib import clock


def of_line(line: Line, *, reason: str, now: datetime) -> None:
    """Joins the caller's transaction, which holds the line's lock and tells the core that the line has ended."""
    of_ownership(line)
    esim.give_up(line.esim_orders.filter(state=EsimOrderState.READY))
    event = None
    for sim in line.sims.in_use().select_for_update(no_key=True, of=("self",)):
        sim.move_to(SimState.ENDED)
        event = changing.note(sim, SimDeed.REMOVED, By(actor="system"), now=now, reason=reason)
    if event:
        changing.tell_core(line, event)


def of_ownership(line: Line) -> None:
    """Whoever owned it can neither swap its SIM nor take the number away any more, no eSIM of theirs is still to come, and their own names for
    its cards go. The cards stay: who gets the line sees them, and may take them out. Joins the caller's transaction, which holds the line's lock.
    """
    call_off_asked(line)
    line.esim_orders.exclude(label="").update(label="")
    line.sims.exclude(label="").update(label="")


def call_off(line: Line) -> None:
    """No swap that waits is carried out, the number is locked, no code is good. Joins the caller's transaction, which holds the line's lock."""
    for swap in line.sim_swaps.select_for_update(no_key=True, of=("self",)).filter(state=SwapState.WAITING):
        swap.move_to(SwapState.CANCELLED)
    real = clock.real_now()
    line.number_unlocks.filter(ended_at=None).update(ended_at=real)
    porting.revoke_all(line, now=real)


def call_off_asked(line: Line) -> None:
    """As `call_off`, and no eSIM that is still being prepared comes into the line: for when somebody else may have asked for all of it."""
    call_off(line)
    esim.give_up(line.esim_orders.filter(state=EsimOrderState.ASKED))
