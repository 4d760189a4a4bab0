"""The gateway by the vendor's SDK. The only package of the portal that knows Stripe's words, a module for each noun."""

from billing.gateways.stripe.abilities import StripeAbilities
from billing.gateways.stripe.books import StripeBooks
from billing.gateways.stripe.client import make_client
from billing.gateways.stripe.disputes import StripeDisputes
from billing.gateways.stripe.notices import StripeNotices
from billing.gateways.stripe.pages import StripePages
from billing.gateways.stripe.refunds import StripeRefunds
from billing.gateways.stripe.saved import StripeSaved
from billing.gateways.stripe.transfers import StripeTransfers


class StripeGateway(
    StripePages,
    StripeAbilities,
    StripeSaved,
    StripeTransfers,
    StripeRefunds,
    StripeNotices,
    StripeDisputes,
    StripeBooks,
):
    """See `billing.gateways.protocol.Gateway` for what each call promises."""

    def __init__(self, *, api_key: str, webhook_secret: str, api_base: str = "") -> None:
        self._is_live = api_key.startswith(("sk_live_", "rk_live_"))
        self._webhook_secret = webhook_secret
        self._client = make_client(api_key, api_base)
