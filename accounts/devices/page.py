"""What the page of a line's SIMs shows: each card with its state and what may be done with it, and what is on its way."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.devices import esim, number_lock, puk, swapping
from accounts.models import EsimOrder, EsimOrderState, Line, Sim, SimEvent, SimSwap

_LATEST = 8
_ICONS = {
    "phone": "smartphone",
    "tablet": "tablet",
    "watch": "watch",
    "router": "router",
    "computer": "laptop",
    "other": "cpu",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A card of the line. `order`: the eSIM is not on a device yet, and its code can be shown."""

    sim: Sim
    icon: str
    order: EsimOrder | None
    is_replaced: bool
    has_puk: bool

    @property
    def is_only_here(self) -> bool:
        """It leaves by a swap alone."""
        return self.sim.gets_texts


def facts(line: Line) -> dict[str, Any]:
    """The context of the page."""
    sims = list(line.sims.in_use())
    orders = list(line.esim_orders.filter(state__in=[EsimOrderState.ASKED, EsimOrderState.READY]))
    ready = {order.sim_id: order for order in orders if order.state == EsimOrderState.READY}
    swap = swapping.waiting_of(line)
    taken = esim.in_use_or_coming(line)
    return {
        "place": "home",
        "line": line,
        "rows": [_row(sim, ready.get(sim.pk), swap) for sim in sims],
        "failed": _failed(line),
        "coming": [order for order in orders if order.state == EsimOrderState.ASKED],
        "swap": swap,
        "taken": taken,
        "most": settings.SIMS_PER_LINE,
        "is_full": taken >= settings.SIMS_PER_LINE,
        "may_order": bool(sims) and taken < settings.SIMS_PER_LINE,
        "unlock": number_lock.standing(line),
        "is_open": number_lock.is_open(line),
        "events": _events(line),
    }


def _failed(line: Line) -> EsimOrder | None:
    """The eSIM that its owner ordered last, if it came to nothing; not one that was there and was taken out."""
    ownership = line.ownerships.filter(until_at=None).first()
    last = line.esim_orders.order_by("-asked_at").first()
    if last is None or ownership is None or last.asked_at < ownership.from_at:
        return None
    return last if last.state == EsimOrderState.FAILED and last.sim_id is None else None


def _row(sim: Sim, order: EsimOrder | None, swap: SimSwap | None) -> Row:
    return Row(
        sim=sim,
        icon=_ICONS[sim.device],
        order=order,
        is_replaced=swap is not None and swap.from_sim_id == sim.pk,
        has_puk=puk.is_known(sim),
    )


def _events(line: Line) -> list[SimEvent]:
    """What happened to the line's cards since it is its owner's."""
    ownership = line.ownerships.filter(until_at=None).first()
    if ownership is None:
        return []
    return list(SimEvent.objects.filter(sim__line=line, at__gte=ownership.from_at).select_related("sim")[:_LATEST])
