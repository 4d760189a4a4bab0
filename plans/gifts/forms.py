"""What a giver types and confirms: to whom, how much, out of what."""

import uuid
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import MsisdnField
from lib.wording import data_in_words
from plans.gifts import sources
from plans.models import Allowance
from plans.models.gift import STEP_BYTES

_TOO_OLD = _("This page is too old. Check the gift and confirm again.")


class GiftForm(forms.Form):
    """`own`: what can be given from, the default first; `at_most`: bytes that may still be given today."""

    number = MsisdnField(label=_("Mobile number that gets it"))
    amount = forms.TypedChoiceField(
        label=_("How much?"),
        coerce=int,
        error_messages={
            "required": _("Choose how much you give."),
            "invalid_choice": _("That is more than you can give now. Choose less."),
        },
    )
    source = forms.TypedChoiceField(
        label=_("From which data?"),
        coerce=UUID,
        error_messages={
            "required": _("Choose from which data."),
            "invalid_choice": _("This data cannot be given any more. Choose from those shown."),
        },
    )

    def __init__(self, *args: Any, own: Sequence[Allowance] = (), at_most: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own, self._at_most = {str(one.pk): one for one in own}, at_most
        self.fields["number"].widget.attrs["autocomplete"] = "off"
        most = max((sources.most(one, at_most=at_most) for one in own), default=0)
        steps = range(STEP_BYTES, most + 1, STEP_BYTES)
        self.fields["amount"].choices = [(step, data_in_words(step)) for step in steps]  # type: ignore[attr-defined]
        self.fields["source"].choices = [(key, key) for key in self._own]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Allowance:
        """The allowance it comes out of."""
        return self._own[str(self.cleaned_data["source"])]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if {"amount", "source"} <= asked.keys():
            most = sources.most(self.chosen, at_most=self._at_most)
            if asked["amount"] > most:
                words = _("Of this at most %(most)s can be given now.") % {"most": data_in_words(most)}
                self.add_error("amount", words)
        return asked


class ConfirmForm(forms.Form):
    """A token of its own, so that a second click is the same gift."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": _TOO_OLD, "required": _TOO_OLD})

    @classmethod
    def fresh(cls) -> "ConfirmForm":
        return cls(initial={"form_token": uuid.uuid4()})
