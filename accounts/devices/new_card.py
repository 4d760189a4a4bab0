"""The number on a new card, typed or scanned, and whether that card is ours and free."""

from accounts.models import Sim, Subscriber
from lib.limits import Cap, over
from provisioning.core import cards
from provisioning.core.cards import Card

#: A person types one number and mistypes it a few times; a list of numbers is somebody else's work.
_TRIES = Cap("new-card", 10, 3600)


class NoFreeCard(Exception):
    """Not a card of ours, or in a line already: both sound the same."""


class TriedTooOften(Exception):
    """So many numbers were tried in the last hour."""


def find(iccid: str, *, subscriber: Subscriber) -> Card:
    """Asks the core; no transaction is open. Raises NoFreeCard, TriedTooOften, provisioning.core.protocol.CoreProblem."""
    if over(_TRIES, str(subscriber.pk)):
        raise TriedTooOften
    card = cards().find(iccid)
    if card is None or Sim.objects.filter(iccid=iccid).exists():
        raise NoFreeCard
    return card
