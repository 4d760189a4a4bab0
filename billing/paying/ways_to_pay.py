"""Which ways to pay are open: what the account can take, less what the operator has switched off."""

from django.conf import settings
from django.core.cache import cache

from billing.gateways import gateway
from billing.models import Method
from lib import queue

_KEY = "billing.abilities"
_ASKED = "billing.abilities.asked"
#: Kept much longer than the sweep's interval: a gateway that does not answer closes no way.
_KEPT_SECONDS = 7 * 86400
_ASK_AGAIN_SECONDS = 30
#: Before the gateway has told us anything.
_AT_FIRST = frozenset({"card"})


def learn() -> frozenset[str]:
    """Ask the gateway what the account can take, and remember it. Raises GatewayProblem; what was known is kept then."""
    known = gateway().abilities()
    cache.set(_KEY, sorted(known), _KEPT_SECONDS)
    return known


def abilities() -> frozenset[str]:
    """What the account can take, as last told; asks nobody. Nothing known yet wakes a worker to ask."""
    known = cache.get(_KEY)
    if known is None:
        if cache.add(_ASKED, "yes", _ASK_AGAIN_SECONDS):
            queue.wake("billing.learn_abilities")
        return _AT_FIRST
    return frozenset(known)


def at_the_gateway(currency: str) -> list[Method]:
    """The ways to pay through the gateway that are open for `currency`, as they are listed."""
    able = abilities()
    needed = {Method.CARD: "card", Method.PAYPAL: "paypal", Method.TRANSFER: f"transfer:{currency}"}
    return [method for method, ability in needed.items() if ability in able and method in settings.PAYMENT_METHODS]
