"""Who asks for what: the SIM or the eSIM named in an address, if it is one of the reader's, and which browser asks."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.devices.changing import By
from accounts.models import EsimOrder, Sim, SimState, SimSwap
from accounts.requests import SignedInRequest
from lib.templatetags.formats import browser


def sim_of(request: SignedInRequest, sim_id: UUID) -> Sim:
    """A SIM that is in a line of the reader's. Raises Http404."""
    own = Sim.objects.exclude(state=SimState.ENDED).filter(line__in=request.user.lines)
    return get_object_or_404(own.select_related("line"), pk=sim_id)


def esim_of(request: SignedInRequest, order_id: UUID) -> EsimOrder:
    """An order for a line of the reader's. Raises Http404."""
    own = EsimOrder.objects.filter(line__in=request.user.lines).select_related("line", "sim", "in_place_of")
    return get_object_or_404(own, pk=order_id)


def swap_of(request: SignedInRequest, swap_id: UUID) -> SimSwap:
    """Raises Http404."""
    return get_object_or_404(SimSwap.objects.filter(line__in=request.user.lines).select_related("line"), pk=swap_id)


def session(request: SignedInRequest) -> str:
    """The browser in words."""
    return browser(request.headers.get("User-Agent", ""))[:60]


def by(request: SignedInRequest) -> By:
    return By.owner(request.user, session(request))
