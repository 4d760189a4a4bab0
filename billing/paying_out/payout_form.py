"""Where leftover credit goes: an IBAN, or another country's bank account in free text."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.paying_out.bank_accounts import BankAccount, NotABic, NotAnIban, parse_bic, parse_iban

_PLAIN = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class BankAccountForm(forms.Form):
    """One account: by IBAN or in free text, never both."""

    holder = forms.CharField(
        label=_("Account holder"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("Write whose account it is, as the bank has it.")},
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=60,
        required=False,
        help_text=_("On your bank card or in your banking app. Blanks do not matter."),
        widget=forms.TextInput(_PLAIN),
    )
    bic = forms.CharField(
        label="BIC",
        max_length=20,
        required=False,
        help_text=_("Only for banks outside the euro payment area."),
        widget=forms.TextInput(_PLAIN),
    )
    other = forms.CharField(
        label=_("No IBAN in your country? Everything your bank needs"),
        max_length=400,
        required=False,
        help_text=_("Account number, the bank’s name, city and code."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )

    def clean_holder(self) -> str:
        return " ".join(str(self.cleaned_data["holder"]).split())

    def clean_iban(self) -> str:
        typed = str(self.cleaned_data["iban"]).strip()
        try:
            return parse_iban(typed) if typed else ""
        except NotAnIban:
            words = _("This is no IBAN: a letter or digit is missing, wrong or too many. Compare it with your card.")
            raise ValidationError(words, code="iban") from None

    def clean_bic(self) -> str:
        typed = str(self.cleaned_data["bic"]).strip()
        try:
            return parse_bic(typed) if typed else ""
        except NotABic:
            raise ValidationError(_("A BIC has 8 or 11 letters and digits."), code="bic") from None

    def clean_other(self) -> str:
        return " ".join(str(self.cleaned_data["other"]).split())

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if "iban" in asked and bool(asked["iban"]) == bool(asked.get("other")):
            either = _("Give your IBAN, or the account of another country, not both.")
            self.add_error("iban", either if asked["iban"] else _("Give your IBAN."))
        return asked

    def account(self) -> BankAccount:
        """What a valid form says."""
        asked = self.cleaned_data
        return BankAccount(holder=asked["holder"], iban=asked["iban"], bic=asked["bic"], other=asked["other"])


class PayoutForm(BankAccountForm):
    """With the sum on the button, so that nobody confirms another."""

    shown_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**12)

    def show_sum(self, minor: int) -> None:
        """Ask again with another sum on the button."""
        self.data = {**{name: self.data.get(name) for name in self.data}, "shown_minor": minor}
