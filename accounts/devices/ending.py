"""A line ends: none of its cards, swaps, orders and codes goes on, and whoever gets the number next finds none of them."""

from datetime import datetime

from accounts.devices import changing, porting
from accounts.devices.changing import By
from accounts.models import EsimOrder, EsimOrderState, Line, SimDeed, SimState, SwapState
from lib import clock


def of_line(line: Line, *, reason: str, now: datetime) -> None:
    """Joins the caller's transaction, which holds the line's lock and tells the core that the line has ended."""
    of_ownership(line)
    open_orders = EsimOrder.objects.filter(line=line, state__in=[EsimOrderState.ASKED, EsimOrderState.READY])
    for order in open_orders.select_for_update(no_key=True, of=("self",)):
        order.move_to(EsimOrderState.FAILED)
        order.save(update_fields=["state", "code_sealed", "ended_at"])
    event = None
    for sim in line.sims.in_use().select_for_update(no_key=True, of=("self",)):
        sim.move_to(SimState.ENDED)
        event = changing.note(sim, SimDeed.REMOVED, By(actor="system"), now=now, reason=reason)
    if event:
        changing.tell_core(line, event)


def of_ownership(line: Line) -> None:
    """Whoever owned it can neither swap its SIM nor take the number away any more, and their own names for its cards go. The cards stay: who
    gets the line sees them, and may take them out. Joins the caller's transaction, which holds the line's lock.
    """
    call_off(line)
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
    asked = EsimOrder.objects.filter(line=line, state=EsimOrderState.ASKED)
    for order in asked.select_for_update(no_key=True, of=("self",)):
        order.move_to(EsimOrderState.FAILED)
        order.save(update_fields=["state", "code_sealed", "ended_at"])
