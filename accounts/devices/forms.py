"""What is typed about SIMs: names, the number on a new card, and what an eSIM is for."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import CodeForm
from accounts.models import DeviceKind, SimKind

_ICCID = re.compile(r"89[0-9]{16,18}")


def _digits(text: str) -> str:
    """In any digits and groups, with the letter that some cards carry at the end."""
    plain = "".join(text.split()).replace("-", "").upper().removesuffix("F")
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in plain)


class NameForm(forms.Form):
    """How a card is called, and what it is in."""

    label = forms.CharField(
        label=_("Name"),
        max_length=40,
        required=False,
        help_text=_("So that you find it again: “Work phone”, “Mia’s watch”."),
    )
    device = forms.ChoiceField(label=_("Device"), choices=DeviceKind.choices)

    def clean_label(self) -> str:
        return " ".join(str(self.cleaned_data["label"]).split())


class EsimForm(NameForm):
    """One more eSIM."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    field_order = ["device", "label", "form_token"]


class SwapForm(forms.Form):
    """What the new one is."""

    to = forms.ChoiceField(
        label=_("What is the new one?"),
        choices=[(SimKind.ESIM, _("An eSIM, without a card")), (SimKind.SIM, _("A new SIM card that I have"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    iccid = forms.CharField(
        label=_("Number of the new card"),
        required=False,
        max_length=40,
        help_text=_("Only for a card: 18 to 20 digits that begin with 89, printed on the card and below its barcode."),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("to") == SimKind.SIM:
            found["iccid"] = _digits(str(found.get("iccid", "")))
            if not _ICCID.fullmatch(found["iccid"]):
                self.add_error(
                    "iccid", ValidationError(_("That is no card number: 18 to 20 digits that begin with 89."))
                )
        else:
            found["iccid"] = ""
        return found


class LostSwapForm(SwapForm):
    """The same with a code that came by e-mail, since the old SIM cannot be asked."""

    code = forms.CharField(
        label=_("Code from the e-mail"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the code from the e-mail.")},
    )

    def clean_code(self) -> str:
        return CodeForm.clean_code(self)  # type: ignore[arg-type]
