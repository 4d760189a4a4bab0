"""The gateway that takes the money, in our words."""

from functools import cache

from django.conf import settings

from billing.gateways.protocol import Gateway


@cache
def gateway() -> Gateway:
    """The one this installation uses: Stripe, or the sandbox that speaks Stripe's API."""
    from billing.gateways.stripe import StripeGateway

    return StripeGateway(
        api_key=settings.STRIPE_API_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        api_base=settings.STRIPE_API_BASE,
    )
