"""What the account can take (docs.stripe.com/connect/account-capabilities)."""

from billing.gateways.stripe.client import StripePart, translated

#: capability → our words for what it allows
_ABILITIES = {
    "card_payments": "card",
    "paypal_payments": "paypal",
    "sepa_bank_transfer_payments": "transfer:EUR",
    "gb_bank_transfer_payments": "transfer:GBP",
    "us_bank_transfer_payments": "transfer:USD",
    "jp_bank_transfer_payments": "transfer:JPY",
    "mx_bank_transfer_payments": "transfer:MXN",
}


class StripeAbilities(StripePart):
    def abilities(self) -> frozenset[str]:
        with translated():
            account = self._client.v1.accounts.retrieve_current()
        capabilities = account.capabilities.to_dict() if account.capabilities else {}
        return frozenset(words for name, words in _ABILITIES.items() if capabilities.get(name) == "active")
