"""Money as the payer's language writes it."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

from sandbox.pay_page.words import Words


def price(amount_minor: int, currency: str, said: Words) -> str:
    """`€19.99`; a currency's own number of decimals, so that yen have none."""
    code = currency.upper()
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(code))
    return format_currency(amount, code, locale=said["language"].replace("-", "_"))
