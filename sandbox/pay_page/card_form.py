"""The card form: what was typed, what is wrong with it, which test card it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sandbox.stripe_api.cards import BY_NUMBER, Card

_CARD_NUMBER = re.compile(r"(?:[0-9][\s-]*){12,}")
_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*/?\s*(?:20)?([0-9]{2})", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass
class CardForm:
    """What is shown again after a mistake; the number of a card that is no test card never is, nor the security code."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    email: str = ""
    #: field → name of the sentence that says what is wrong
    mistakes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, typed: Mapping[str, str], *, asks_email: bool, today: date | None = None) -> "CardForm":
        """Read and check; `card` is there when `mistakes` is empty."""
        expiry, cvc, name, email = (_covered(typed.get(name, "")) for name in ("expiry", "cvc", "name", "email"))
        number = re.sub(r"[\s-]", "", typed.get("number", ""))[:30]
        form = cls(number=number, expiry=expiry, cvc=cvc, name=name, email=email)
        found = {
            "number": _number_mistake(form.number),
            "expiry": _expiry_mistake(form.expiry, today or datetime.now(UTC).date()),
            "cvc": _cvc_mistake(form.cvc),
            "email": "email_wrong" if asks_email and not _EMAIL.fullmatch(form.email) else "",
        }
        form.mistakes = {name: mistake for name, mistake in found.items() if mistake}
        return form

    @classmethod
    def filled(cls, number: str) -> "CardForm":
        """The form with one of the test cards in it, for people who do not want to type."""
        card = BY_NUMBER.get(number)
        return cls() if card is None else cls(number=card.number, expiry="12 / 34", cvc="123", name="Test Person")

    @property
    def card(self) -> Card | None:
        return BY_NUMBER.get(self.number)

    @property
    def expires(self) -> tuple[int, int] | None:
        """Year and month, as typed."""
        match = _EXPIRY.fullmatch(self.expiry)
        return (2000 + int(match[2]), int(match[1])) if match else None

    @property
    def spaced_number(self) -> str:
        return " ".join(re.findall(r".{4}", self.number)) if self.card else ""


def _covered(text: str) -> str:
    """The text of a field, or nothing where somebody typed a card number into the wrong one."""
    return "" if _CARD_NUMBER.search(text) else text.strip()[:100]


def _number_mistake(number: str) -> str:
    if not number:
        return "number_missing"
    if not re.fullmatch(r"[0-9]{12,19}", number) or not _passes_luhn(number):
        return "number_wrong"
    return "" if number in BY_NUMBER else "number_real"


def _passes_luhn(number: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _expiry_mistake(expiry: str, today: date) -> str:
    if not expiry:
        return "expiry_missing"
    match = _EXPIRY.fullmatch(expiry)
    if not match:
        return "expiry_wrong"
    return "expiry_past" if (2000 + int(match[2]), int(match[1])) < (today.year, today.month) else ""


def _cvc_mistake(cvc: str) -> str:
    if not cvc:
        return "cvc_missing"
    return "" if re.fullmatch(r"[0-9]{3,4}", cvc, re.ASCII) else "cvc_wrong"
