"""What people confirm before paying."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.models import PAGE_METHODS, Method, PaymentMethod, Start

#: What somebody agrees to who lets us keep a way to pay; its version stands in the brand.
KEEPS = _(
    "Keep this card or PayPal account for next time. Nothing is taken with it unless you order, or switch on auto-renew (at most "
    "the price shown, once a plan period) or auto top-up (at most the sum and the times a month you choose). You can remove it at any time."
)


def _method_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        error_messages={
            "required": _("Choose how you want to pay."),
            "invalid_choice": _("Choose one of the ways shown."),
        },
    )


def _known(methods: Sequence[str]) -> list[tuple[str, str]]:
    return [(method, method) for method in methods]


class Confirmation(forms.Form):
    """A token of its own, so that a second click is the same order; and the sum on the button, so that nobody pays another."""

    form_token = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "invalid": _("This page is too old. Check your order and confirm again."),
            "required": _("This page is too old. Check your order and confirm again."),
        },
    )

    def for_another_try(self) -> None:
        """A refused form is shown again with its token; only a token that is no token is replaced."""
        if "form_token" in self.errors:
            self.replace(form_token=str(uuid.uuid4()))

    def replace(self, **values: object) -> None:
        """Show the form again with other values in it."""
        self.data = {**{name: self.data.get(name) for name in self.data}, **values}


def saved_value(method: PaymentMethod) -> str:
    """What a form is sent with for a saved way to pay."""
    return f"saved:{method.pk}"


class _Paid(Confirmation):
    """With a way to pay: one of `methods`, or of the buyer's `saved` ones."""

    method = _method_field()

    def __init__(
        self, *args: Any, methods: Sequence[str] = (), saved: Sequence[PaymentMethod] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._saved = {saved_value(method): method for method in saved}
        self.fields["method"].choices = _known([*self._saved, *methods])  # type: ignore[attr-defined]

    @property
    def saved_method(self) -> PaymentMethod | None:
        """The saved one that was chosen, if it was one."""
        return self._saved.get(self.cleaned_data["method"])

    @property
    def order_method(self) -> Method:
        """What stands in the order."""
        saved = self.saved_method
        return Method(saved.way if saved else self.cleaned_data["method"])


class PlanOrderForm(_Paid):
    """The order of a plan or an add-on."""

    shown_price_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10_000_000)
    start = forms.ChoiceField(
        choices=Start.choices, error_messages={"required": _("Choose when the plan should start.")}, required=False
    )
    keep = forms.BooleanField(required=False, label=KEEPS)
    consent = forms.BooleanField(
        required=False,
        label=_(
            "Start at once; I know that I pay for what I used if I withdraw within 14 days, and lose the right once it is used up."
        ),
    )

    def consents(self, *, version: str, at: str) -> dict[str, Any]:
        """What was agreed to, with the version of the text and the time (ISO 8601, UTC)."""
        return {"start_at_once": self.cleaned_data["consent"], "text_version": version, "at": at}

    @property
    def keeps(self) -> bool:
        """Whether the way to pay shall be kept: only one that is paid on the gateway's page can be."""
        return bool(self.cleaned_data["keep"]) and self.cleaned_data["method"] in PAGE_METHODS


class TopUpForm(_Paid):
    """A sum for the line's credit, in minor units."""

    amount_minor = forms.TypedChoiceField(
        coerce=int,
        error_messages={"required": _("Choose a sum."), "invalid_choice": _("Choose one of the sums shown.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount_minor"].choices = [(minor, minor) for minor in settings.CREDIT_TOP_UP_MINOR]  # type: ignore[attr-defined]


class MethodForm(forms.Form):
    """Another way to pay an order."""

    method = _method_field()

    def __init__(self, *args: Any, methods: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = _known(methods)  # type: ignore[attr-defined]


class WithdrawForm(forms.Form):
    """The confirmed sum in minor units, and where it goes."""

    shown_minor = forms.IntegerField(min_value=1, max_value=10_000_000)
    to = forms.ChoiceField(choices=[("payer", ""), ("credit", "")], required=False)
