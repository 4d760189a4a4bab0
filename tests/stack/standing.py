"""What tests of standing orders share: a saved card, an impatient gateway, and how many intents were made."""

from typing import Any, Protocol

import stripe

from accounts.models import Subscriber
from billing.gateways import gateway
from billing.gateways.stripe import StripeGateway
from billing.models import GatewayCustomer, PaymentMethod, SavedWay
from billing.saved_methods import saving
from lib import clock
from tests.sandbox_process import PAYS, Sandbox


class HasSandbox(Protocol):
    """Whatever stands beside the sandbox."""

    sandbox: Sandbox


MASTERCARD, ASKS_ALWAYS = "5555555555554444", "4000002760003184"
CREATE = "POST /v1/payment_intents"


def saved(portal: "HasSandbox", person: Subscriber, card: str = PAYS) -> PaymentMethod:
    """A card of theirs, saved on the gateway's page."""
    agreed = saving.consent(language="en", at=clock.now())
    url = saving.start(person, way=SavedWay.CARD, consent=agreed, goes_on="", currency="EUR", language="en")
    session_id = url.rpartition("/")[2]
    portal.sandbox.pay(session_id, card, bank="approve")
    method = saving.finish(person.saving_pages.get(session_id=session_id).pk, now=clock.now()).method
    assert method
    return method


def intents_made(person: Subscriber) -> int:
    """How many intents the gateway has made for them."""
    found = gateway()
    assert isinstance(found, StripeGateway)
    client: stripe.StripeClient = found._client
    asked: Any = {"customer": GatewayCustomer.objects.get(subscriber=person).customer_id, "limit": 100}
    return len(client.v1.payment_intents.list(asked).data)
