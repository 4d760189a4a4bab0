"""The gateways that the contract is tried on: the sandbox, and Stripe's test mode when CONTRACT_STRIPE_KEY holds a test key."""

import os

from django.conf import settings

from billing.gateways.stripe import StripeGateway
from tests.sandbox_process import Sandbox

_STRIPE_KEY = os.environ.get("CONTRACT_STRIPE_KEY", "")
KINDS = ["sandbox", *(["stripe"] if _STRIPE_KEY else [])]


def at_stripe() -> StripeGateway:
    assert _STRIPE_KEY.startswith(("sk_test_", "rk_test_")), "only ever a test key"
    return StripeGateway(api_key=_STRIPE_KEY, webhook_secret="whsec_none")


def in_the_sandbox(sandbox: Sandbox) -> StripeGateway:
    return StripeGateway(
        api_key=settings.STRIPE_API_KEY, webhook_secret=settings.STRIPE_WEBHOOK_SECRET, api_base=sandbox.url
    )
