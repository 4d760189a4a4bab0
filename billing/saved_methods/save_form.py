"""Saving a way to pay by itself: which one, and the consent without which nothing is kept."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import KEEPS


class SaveForm(forms.Form):
    """`next` is where its reader came from."""

    way = forms.ChoiceField(
        error_messages={
            "required": _("Choose what you want to save."),
            "invalid_choice": _("Choose one of the ways shown."),
        }
    )
    keep = forms.BooleanField(label=KEEPS, error_messages={"required": _("Tick the box: without it nothing is kept.")})
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def __init__(self, *args: Any, ways: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["way"].choices = [(way, way) for way in ways]  # type: ignore[attr-defined]
