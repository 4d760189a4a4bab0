"""Virtual bank accounts: one for each customer and currency, with a reference (docs.stripe.com/payments/bank-transfers).

None of them exists: the numbers have right check digits and bank codes that nobody has.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any

from sandbox.stripe_api import documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

KIND = "sandbox.bank_account"
#: currency → how it is transferred
TYPES = {
    "eur": "eu_bank_transfer",
    "gbp": "gb_bank_transfer",
    "usd": "us_bank_transfer",
    "jpy": "jp_bank_transfer",
    "mxn": "mx_bank_transfer",
}
#: the bank's code and how many digits follow it, in the countries a euro account may lie in
_IBANS = {
    "BE": ("999", 9),
    "DE": ("90000000", 10),
    "ES": ("99999999", 12),
    "FR": ("9999999999", 13),
    "IE": ("SAND999999", 8),
    "NL": ("SAND", 10),
}
COUNTRIES = frozenset(_IBANS)
_HOLDER = "Sandbox Payments"
_ADDRESS = {
    "city": "Berlin", "country": "DE", "line1": "Sandgasse 1", "line2": None, "postal_code": "10115", "state": None,
}  # fmt: skip
#: without the letters and digits that look like others
_REFERENCE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_REFERENCE_LENGTH = 12


def of(desk: Desk, customer_id: str, currency: str, country: str = "DE") -> Document:
    """The customer's account in a currency, opened when first asked for; `country` counts for a new one in euros."""
    known = find(desk, customer=customer_id, currency=currency)
    if known:
        return known
    number, address = _ADDRESSES[TYPES[currency]](country)
    holder = {"account_holder_name": _HOLDER, "account_holder_address": _ADDRESS, "bank_address": _ADDRESS}
    kind = address["type"]
    address[kind] = {**holder, **address[kind]}
    account_id = documents.new_id("bank_account")
    return documents.add(
        desk.sql,
        {
            "id": account_id,
            "object": KIND,
            "created": desk.at,
            "customer": customer_id,
            "currency": currency,
            "type": TYPES[currency],
            "country": country if currency == "eur" else None,
            "reference": "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(_REFERENCE_LENGTH)),
            "number": number,
            "financial_addresses": [address],
        },
    )


def find(desk: Desk, **wanted: str) -> Document | None:
    """The oldest account with these fields: customer, currency, reference, number."""
    return next(documents.matching(desk.sql, KIND, wanted), None)


def iban(country: str, rest: str) -> str:
    """An IBAN with its two check digits (ISO 13616): the whole, moved by four, leaves 1 when divided by 97."""
    digits = "".join(str(int(letter, 36)) for letter in f"{rest}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{rest}"


def is_iban(text: str) -> bool:
    """Whether something typed is an IBAN with right check digits, whichever country it is of."""
    squeezed = "".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", squeezed, re.ASCII):
        return False
    return int("".join(str(int(letter, 36)) for letter in squeezed[4:] + squeezed[:4])) % 97 == 1


def _digits(length: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


def _eu(country: str) -> tuple[str, dict[str, Any]]:
    bank, length = _IBANS[country]
    number = iban(country, bank + _digits(length))
    address = {"bic": f"SAND{country}XX", "country": country, "iban": number}
    return number, {"type": "iban", "iban": address, "supported_networks": ["sepa", "swift"]}


def _gb(_country: str) -> tuple[str, dict[str, Any]]:
    number = _digits(8)
    address = {"account_number": number, "sort_code": "990000"}
    return number, {"type": "sort_code", "sort_code": address, "supported_networks": ["bacs", "fps"]}


def _us(_country: str) -> tuple[str, dict[str, Any]]:
    number = _digits(12)
    address = {
        "account_number": number, "account_type": "checking", "bank_name": "Sandbox Bank", "routing_number": "999999992",
    }  # fmt: skip
    return number, {"type": "aba", "aba": address, "supported_networks": ["ach", "domestic_wire_us"]}


def _jp(_country: str) -> tuple[str, dict[str, Any]]:
    number = _digits(7)
    address = {
        "account_number": number, "account_type": "futsu", "bank_code": "9999", "bank_name": "Sandbox Bank",
        "branch_code": "999", "branch_name": "Sandbox",
    }  # fmt: skip
    return number, {"type": "zengin", "zengin": address, "supported_networks": ["zengin"]}


def _mx(_country: str) -> tuple[str, dict[str, Any]]:
    number = _clabe("999000" + _digits(11))
    address = {"bank_code": "999", "bank_name": "Sandbox Bank", "clabe": number}
    return number, {"type": "spei", "spei": address, "supported_networks": ["spei"]}


def _clabe(digits: str) -> str:
    """Seventeen digits and the one that checks them (Banxico): weights 3, 7, 1."""
    weighed = sum(int(digit) * (3, 7, 1)[index % 3] % 10 for index, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


_ADDRESSES: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "eu_bank_transfer": _eu,
    "gb_bank_transfer": _gb,
    "us_bank_transfer": _us,
    "jp_bank_transfer": _jp,
    "mx_bank_transfer": _mx,
}
