"""Form fields for numbers: any spelling in, E.164 out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.msisdn import parse_msisdn


class MsisdnField(forms.CharField):
    """Normalises before anything looks at it, so that blanks and spellings neither fail nor buy more tries."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault("max_length", 40)
        kwargs["widget"] = forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return parse_msisdn(text) if text else ""
