"""Forms of signing in, beside what allauth brings."""

from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts import cleaning
from accounts.fields import MsisdnField
from accounts.models import Subscriber
from lib import clock
from lib.msisdn import parse_msisdn


class LoginForm(AllauthLoginForm):
    """Signing in by number in any spelling, or by e-mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Mobile number or e-mail")
        self.fields["password"].help_text = ""  # the way to a new one stands below
        if "remember" in self.fields:
            self.fields["remember"].label = _("Keep me signed in on this device")
        self.fields["login"].validators.append(MaxLengthValidator(254))
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autofocus": True}

    def clean_login(self) -> str:
        """Normalised here, so that the count of failed tries is kept for the number and not for its spelling."""
        login = str(super().clean_login())
        if "@" in login:
            return login.lower()
        try:
            return parse_msisdn(login)
        except ValidationError:
            raise ValidationError(_("Write your mobile number or your e-mail address."), code="login") from None


class RegisterForm(SignupForm):
    """Registering. An address that somebody typed and never proved is free again after a quarter of an hour."""

    def clean_email(self) -> str:
        cleaning.forget_unproven(str(self.cleaned_data["email"]), real_now=clock.real_now())
        return str(super().clean_email())


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """How we call somebody, and in which language and time zone they read."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name],
    )

    class Meta:
        model = Subscriber
        fields = ["name", "language", "time_zone"]
        help_texts = {"name": _("How we call you. Leave it empty if you like.")}

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())


class LineAddForm(forms.Form):
    """Another number."""

    phone = MsisdnField()


class CodeForm(forms.Form):
    """Six digits, typed with or without blanks, in any digits."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the code from the SMS.")},
    )

    def clean_code(self) -> str:
        typed = "".join(str(self.cleaned_data["code"]).split())
        if not typed.isdecimal():
            raise ValidationError(_("The code has six digits."))
        return "".join(str(int(digit)) for digit in typed)
