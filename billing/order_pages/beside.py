"""What other rooms have to say on an order's page. They say here how to ask them, so that this room knows nothing of tickets."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Subscriber
from billing.models import Order


@dataclass(frozen=True)
class Beside:
    """A line with a link; `badge` and `tone` say how it stands."""

    title: str
    url: str
    badge: str
    tone: str


Asked = Callable[[Order, Subscriber], list[Beside]]
_ASKED: list[Asked] = []


def register(asked: Asked) -> None:
    """`asked` is called for each order that is shown to its reader."""
    _ASKED.append(asked)


def of(order: Order, reader: Subscriber) -> list[Beside]:
    return [found for asked in _ASKED for found in asked(order, reader)]
