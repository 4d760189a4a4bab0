"""What a line's owner confirms when switching on auto-renew or auto top-up."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import PaymentMethod
from billing.standing import auto_top_up

#: The value of "from credit alone".
CREDIT = "credit"
_CHOOSE = _("Choose how it is paid.")
_SHOWN = _("Choose one of the ways shown.")


class _WithMethods(forms.Form):
    """`methods` are the subscriber's saved ways to pay."""

    method = forms.ChoiceField(error_messages={"required": _CHOOSE, "invalid_choice": _SHOWN})
    backup = forms.ChoiceField(required=False, label=_("If that fails"), error_messages={"invalid_choice": _SHOWN})
    has_credit = False

    def __init__(self, *args: Any, methods: Sequence[PaymentMethod], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ways = {str(method.pk): method for method in methods}
        own = [(key, method.label) for key, method in self.ways.items()]
        credit = [(CREDIT, CREDIT)] if self.has_credit else []
        self.fields["method"].choices = [*own, *credit]  # type: ignore[attr-defined]
        self.fields["backup"].choices = [("", _("Nothing else")), *own]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> PaymentMethod | None:
        """None means credit alone."""
        return self.ways.get(self.cleaned_data["method"])

    @property
    def other(self) -> PaymentMethod | None:
        return self.ways.get(self.cleaned_data["backup"])


class AutoRenewForm(_WithMethods):
    """`plan` is a plan's code and the price that stood beside it: `month-15:1500`."""

    plan = forms.RegexField(
        r"^[a-z0-9-]{1,50}:[0-9]{1,9}$",
        error_messages={"required": _("Choose a plan."), "invalid": _("Choose one of the plans shown.")},
    )
    uses_credit = forms.BooleanField(
        required=False, label=_("Use credit first: when it covers the whole price, nothing else is charged.")
    )
    has_credit = True

    @property
    def plan_code(self) -> str:
        return str(self.cleaned_data["plan"]).partition(":")[0]

    @property
    def shown_price_minor(self) -> int:
        return int(str(self.cleaned_data["plan"]).partition(":")[2])


class AutoTopUpForm(_WithMethods):
    """Sums in minor units."""

    below_minor = forms.TypedChoiceField(coerce=int, error_messages={"required": _("Choose a sum.")})
    add_minor = forms.TypedChoiceField(coerce=int, error_messages={"required": _("Choose a sum.")})
    at_most = forms.IntegerField(
        min_value=1, max_value=auto_top_up.MOST_A_MONTH, initial=3, label=_("Times a month at most")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["below_minor"].choices = [(minor, minor) for minor in auto_top_up.thresholds()]  # type: ignore[attr-defined]
        self.fields["add_minor"].choices = [(minor, minor) for minor in auto_top_up.sums()]  # type: ignore[attr-defined]
