"""What may be charged: currencies in lower case, whole minor units, Stripe's least and greatest amounts."""

import re

from sandbox.stripe_api.refusals import ParameterRefusal

#: in minor units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)
_LEAST = {
    "usd": 50, "eur": 50, "gbp": 30, "chf": 50, "dkk": 250, "nok": 300, "sek": 300, "pln": 200, "czk": 1500, "jpy": 50,
    "huf": 17500, "ron": 200, "cad": 50, "aud": 50,
}  # fmt: skip
MOST = 99_999_999


def check_currency(currency: str, param: str) -> None:
    """Raises ParameterRefusal."""
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise ParameterRefusal(
            f"Invalid currency: {currency[:20]}. It must be a three-letter ISO code in lower case.", param=param
        )


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raises ParameterRefusal."""
    if amount < 0:
        raise ParameterRefusal("Invalid non-negative integer", code="parameter_invalid_integer", param=param)
    if amount < (least := _LEAST.get(currency, 1)):
        raise ParameterRefusal(
            f"The total amount must be at least {least} of the smallest unit of {currency}.",
            code="amount_too_small",
            param=param,
        )
    if amount > MOST:
        raise ParameterRefusal(
            f"The total amount must be no more than {MOST} of the smallest unit of {currency}.",
            code="amount_too_large",
            param=param,
        )
