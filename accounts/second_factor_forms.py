"""Forms of the second factor, in our words."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 60


def _code(label: Any, autocomplete: str = "one-time-code") -> forms.CharField:
    widget = forms.TextInput({"autocomplete": autocomplete, "inputmode": "numeric"})
    return forms.CharField(label=label, widget=widget, max_length=20)


class AppForm(ActivateTOTPForm):
    """The first code of an app shows that it is set up."""

    code = _code(_("Code from the app"), "off")

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return str(super().clean_code())


class FactorForm(AuthenticateForm):
    """The second step of signing in."""

    code = _code(_("Code"))

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return str(super().clean_code())


class FactorAgainForm(ReauthenticateForm):
    """The same, for who is signed in."""

    code = _code(_("Code"))

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return str(super().clean_code())


class PasskeyForm(AddWebAuthnForm):
    """What a new passkey is called, and whether it signs in alone."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=NAME_LENGTH,
        help_text=_("To tell it from others: the phone, computer or key it is on."),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone"),
        required=False,
        initial=True,
        help_text=_("It asks for your finger, face or PIN, and takes the place of number and password. Without this, it is asked for after the password."),
    )  # fmt: skip


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


def _digits(typed: str) -> str:
    """Apps show their codes in groups, and keyboards write digits in many scripts."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in "".join(typed.split()))
