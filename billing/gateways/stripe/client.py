"""The SDK's client, its errors in our words, and what every part of the adapter reads alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import stripe

from billing.gateways.protocol import OutcomeUnknown, Refused, Unavailable
from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction

#: The SDK asks again by itself under the same key, with back-off (docs.stripe.com/error-low-level#idempotency).
NETWORK_RETRIES = 2
#: Currencies whose minor unit is the same here (ISO 4217 by CLDR) and at Stripe (docs.stripe.com/currencies).
CURRENCIES = frozenset({"EUR", "GBP", "USD", "CHF", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "JPY"})


class StripePart:
    """One part of the gateway; all parts share the client."""

    _client: stripe.StripeClient
    _webhook_secret: str
    _is_live: bool


def make_client(api_key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_base} if api_base else {},
        max_network_retries=NETWORK_RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Stripe's errors in our words."""
    refuse_inside_transaction()
    try:
        yield
    except stripe.APIConnectionError as error:
        raise OutcomeUnknown from error
    except (stripe.IdempotencyError, stripe.InvalidRequestError, stripe.CardError) as error:
        raise Refused(
            ":".join(filter(None, [error.code or type(error).__name__, getattr(error, "param", None)]))
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Refused(type(error).__name__) from error
    except stripe.StripeError as error:
        raise Unavailable(type(error).__name__) from error


def find_intent(
    client: stripe.StripeClient, payment_id: UUID, *, customer_id: str, since: datetime
) -> stripe.PaymentIntent | None:
    """A customer's intent that carries our id, made after `since`. Lists are always up to date, searches are not
    (docs.stripe.com/search#data-freshness).
    """
    asked: Any = {"customer": customer_id, "created": {"gte": int(since.timestamp())}, "limit": 100}
    with translated():
        for intent in client.v1.payment_intents.list(asked).auto_paging_iter():
            if uuid_or_none((intent.to_dict().get("metadata") or {}).get("payment_id")) == payment_id:
                return intent
    return None


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def checked_id(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 120 or "\x00" in value:
        raise ValueError("not an id")
    return value


def uuid_or_none(value: Any) -> UUID | None:
    try:
        return UUID(value) if value else None
    except (ValueError, AttributeError, TypeError):
        return None
