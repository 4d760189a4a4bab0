"""Stripe's test cards and what becomes of each of them (docs.stripe.com/testing)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Card:
    """`method` is Stripe's name for it as a test payment method; `decline_code` its reason where it is declined. `asks_always`: the
    bank wants its customer each time, also when they are away. `can_be_kept`: declined, and yet it can be kept.
    """

    number: str
    method: str
    brand: str = "visa"
    outcome: Literal["pays", "declined", "asks"] = "pays"
    decline_code: str = ""
    asks_always: bool = False
    can_be_kept: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = (
    Card("4242424242424242", "pm_card_visa"),
    Card("4000056655665556", "pm_card_visa_debit"),
    Card("5555555555554444", "pm_card_mastercard", "mastercard"),
    Card("378282246310005", "pm_card_amex", "amex"),
    Card("4000002500003155", "pm_card_authenticationRequiredOnSetup", outcome="asks"),
    Card("4000002760003184", "pm_card_authenticationRequired", outcome="asks", asks_always=True),
    Card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        outcome="declined",
        decline_code="generic_decline",
        can_be_kept=True,
    ),
    Card("4000000000000002", "pm_card_visa_chargeDeclined", outcome="declined", decline_code="generic_decline"),
    Card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        outcome="declined",
        decline_code="insufficient_funds",
    ),
    Card("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", outcome="declined", decline_code="lost_card"),
    Card("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", outcome="declined", decline_code="stolen_card"),
    Card("4000000000000069", "pm_card_chargeDeclinedExpiredCard", outcome="declined", decline_code="expired_card"),
    Card("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", outcome="declined", decline_code="incorrect_cvc"),
    Card(
        "4000000000000119", "pm_card_chargeDeclinedProcessingError", outcome="declined", decline_code="processing_error"
    ),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_METHOD = {card.method: card for card in CARDS}

#: decline codes that are the error's own code; all others are kinds of card_declined
_OWN_CODES = frozenset({"expired_card", "incorrect_cvc", "processing_error"})
_MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


#: what the network advises (docs.stripe.com/declines/codes, advice_code)
_ADVICE = {
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
    "expired_card": "confirm_card_data",
    "incorrect_cvc": "confirm_card_data",
}


def decline(decline_code: str, advice: str = "") -> dict[str, str]:
    """code, decline_code, advice_code and message of an error, in Stripe's words."""
    code = decline_code if decline_code in _OWN_CODES else "card_declined"
    return {
        "code": code,
        "decline_code": decline_code,
        "advice_code": advice or _ADVICE.get(decline_code, "try_again_later"),
        "message": _MESSAGES.get(decline_code, "Your card was declined."),
    }
