"""What owners and members fill in."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib.wording import GIGABYTE, data_in_words
from plans.models.group import STEP_BYTES

#: Beside letters and digits of every script in a name that goes to others' phones: nothing that becomes a link there.
_PUNCTUATION = frozenset(" ,.'’()&#-")
_HALF = Decimal("0.5")
_MOST = 1000
#: What can be asked for at once, in steps.
_ASKS = (1, 2, 3, 4, 6, 8, 10, 20)


class NameField(forms.CharField):
    """How one is called on the other side."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=40, **more)
        self.widget.attrs["autocomplete"] = "nickname"

    def clean(self, value: Any) -> str:
        name = " ".join(str(super().clean(value)).split())
        is_plain = all(sign in _PUNCTUATION or unicodedata.category(sign)[0] in "LMN" for sign in name)
        if not is_plain or re.search(r"\.\S", name):
            raise ValidationError(_("Use letters, digits and blanks: the name is shown on somebody else’s phone."))
        return name


class CapField(forms.DecimalField):
    """Gigabytes in steps of a half, as bytes; empty: no cap."""

    def __init__(self, **more: Any) -> None:
        widget = forms.NumberInput({"step": "0.5", "inputmode": "decimal"})
        super().__init__(required=False, min_value=_HALF, max_value=_MOST, decimal_places=1, widget=widget, **more)

    def clean(self, value: Any) -> int | None:
        gigabytes = super().clean(value)
        if gigabytes is None:
            return None
        if gigabytes % _HALF:
            raise ValidationError(_("Choose whole or half gigabytes, for example 2 or 2.5."))
        return int(gigabytes * GIGABYTE)


def as_gigabytes(cap_bytes: int | None) -> Decimal | None:
    """A cap as its field shows it: 2, 2.5."""
    return None if cap_bytes is None else (Decimal(cap_bytes) / GIGABYTE).normalize() + 0


class StartForm(forms.Form):
    shows = NameField(label=_("Your name for the others"), help_text=_("Members see it, and half of your number."))


class InviteForm(forms.Form):
    cap = CapField(
        label=_("At most, in GB for each of your plan periods"),
        help_text=_("In half gigabytes. Empty: as much as there is. You can change it any time."),
        initial=5,
    )


class CapForm(forms.Form):
    cap = CapField(
        label=_("At most, in GB for each of your plan periods"),
        help_text=_("In half gigabytes. Empty: as much as there is. What is used already stays used."),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code of the invitation"),
        help_text=_("Twelve signs, such as 7KM4-T0D1-XC99. Capitals and dashes do not matter."),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class JoinForm(forms.Form):
    """The one confirmation. `line` is the number that was shown, so that nobody joins with another one."""

    line = forms.UUIDField(widget=forms.HiddenInput)
    shows = NameField(label=_("Your name for the owner"), help_text=_("The owner sees it, and half of your number."))


class AskForm(forms.Form):
    amount = forms.TypedChoiceField(label=_("How much more"), coerce=int)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        steps = [(steps * STEP_BYTES, data_in_words(steps * STEP_BYTES)) for steps in _ASKS]
        self.fields["amount"].choices = steps  # type: ignore[attr-defined]  # a ChoiceField
