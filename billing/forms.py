"""What people confirm before paying."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.models import Method, Start
from lib.money import format_money


class _Confirmation(forms.Form):
    """The sum on the button and a token of its own, so that a second click is the same order."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    shown_price_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10_000_000)

    @staticmethod
    def fresh(price_minor: int) -> dict[str, Any]:
        return {"form_token": uuid.uuid4(), "shown_price_minor": price_minor}


class PlanOrderForm(_Confirmation):
    start = forms.ChoiceField(
        label=_("When it starts"),
        choices=Start.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose when the plan should start.")},
    )
    method = forms.ChoiceField(
        label=_("How you pay"),
        choices=Method.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you want to pay.")},
    )
    at_once = forms.BooleanField(
        required=False,
        label=_(
            "Start at once; I know that I pay for what I used if I withdraw within 14 days, and lose the right once it is used up."
        ),
    )

    def consents(self, *, version: str, at: str) -> dict[str, Any]:
        """What was agreed to, with the version of the text and the time (ISO 8601, UTC)."""
        return {"start_at_once": self.cleaned_data["at_once"], "text_version": version, "at": at}


class TopUpForm(_Confirmation):
    """A sum for the line's credit. The shown price is the sum itself."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["shown_price_minor"]
        self.fields["amount_minor"] = forms.TypedChoiceField(
            label=_("How much"),
            coerce=int,
            widget=forms.RadioSelect,
            choices=[(minor, format_money(minor, currency)) for minor in settings.CREDIT_TOP_UP_MINOR],
            error_messages={
                "required": _("Choose a sum."),
                "invalid_choice": _("Choose one of the sums shown."),
            },
        )
