"""What a payer types: whose number, what, and that they mean it; and what an owner shows of themselves."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.fields import MsisdnField
from billing.forms import Confirmation
from billing.models import Payee, TopUpLink
from plans.models import Plan


class NumberForm(forms.Form):
    """The number, twice: a wrong digit is somebody else's phone."""

    number = MsisdnField(label=_("Mobile number to top up"))
    again = MsisdnField(label=_("The same number once more"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if {"number", "again"} <= asked.keys() and asked["number"] != asked["again"]:
            self.add_error("again", _("The two numbers are not the same. Check both, digit by digit."))
        return asked


class WhatForm(forms.Form):
    """A sum or a plan, how it is paid, and where the receipt goes."""

    what = forms.ChoiceField(
        error_messages={"required": _("Choose what to pay for."), "invalid_choice": _("Choose one of those shown.")}
    )
    way = forms.ChoiceField(
        error_messages={
            "required": _("Choose how you want to pay."),
            "invalid_choice": _("Choose one of the ways shown."),
        }
    )
    email = forms.EmailField(
        label=_("Your e-mail, for the receipt"), widget=forms.EmailInput({"autocomplete": "email"}), max_length=254
    )

    def __init__(self, *args: Any, plans: Sequence[Plan] = (), ways: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans = {f"plan:{plan.code}": plan for plan in plans}
        self._sums = {f"sum:{minor}": minor for minor in settings.CREDIT_TOP_UP_MINOR}
        self.fields["what"].choices = [(value, value) for value in (*self._sums, *self._plans)]  # type: ignore[attr-defined]
        self.fields["way"].choices = [(way, way) for way in ways]  # type: ignore[attr-defined]

    @property
    def plan(self) -> Plan | None:
        return self._plans.get(self.cleaned_data["what"])

    @property
    def price_minor(self) -> int:
        plan = self.plan
        return plan.price_minor if plan else self._sums[self.cleaned_data["what"]]


class ConfirmForm(Confirmation):
    """The last page: the sum on the button, and for a plan the same question as for one's own."""

    shown_price_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10_000_000)
    consent = forms.BooleanField(
        required=False,
        label=_(
            "Start at once; I know that I pay for what was used if I withdraw within 14 days, and lose the right once it is used up."
        ),
    )

    def consents(self, *, version: str, at: str) -> dict[str, Any]:
        """What was agreed to, with the version of the text and the time (ISO 8601, UTC)."""
        return {"start_at_once": self.cleaned_data["consent"], "text_version": version, "at": at}


def _one_line(text: str) -> str:
    plain = " ".join(text.split())
    if not any(letter.isalnum() for letter in plain):
        raise ValidationError(_("Write a name."))
    return plain


class LinkForm(forms.ModelForm):  # type: ignore[type-arg]
    """What payers see, and what they may pay for."""

    class Meta:
        model = TopUpLink
        fields = ["shows", "lets_plans"]
        labels = {"shows": _("Name that payers see"), "lets_plans": _("They may also pay for a plan, not only credit")}
        help_texts = {"shows": _("Nothing else is shown: not your number, not your credit, not your plan.")}

    def clean_shows(self) -> str:
        return _one_line(str(self.cleaned_data["shows"]))


class PayeeForm(forms.Form):
    """A number and a name for it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Write a name.")},
    )
    number = MsisdnField()

    def clean_name(self) -> str:
        return _one_line(str(self.cleaned_data["name"]))


class PayeeNameForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another name."""

    class Meta:
        model = Payee
        fields = ["name"]
        labels = {"name": _("Name")}

    def clean_name(self) -> str:
        return _one_line(str(self.cleaned_data["name"]))
