"""What a line's owner confirms when they change what comes next."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import Confirmation

_MOST = 10_000_000


class CancelForm(Confirmation):
    """The sum on the button in minor units, and where it goes."""

    shown_minor = forms.IntegerField(min_value=1, max_value=_MOST)
    to = forms.ChoiceField(choices=[("payer", ""), ("credit", "")], required=False)


class SwapForm(CancelForm):
    """Both sums: what comes back, and what the new plan costs."""

    shown_price_minor = forms.IntegerField(min_value=1, max_value=_MOST)
    consent = forms.BooleanField(
        required=False,
        label=_(
            "Start at once; I know that I pay for what I used if I withdraw within 14 days, and lose the right once it is used up."
        ),
    )


class RenewalForm(forms.Form):
    """A plan's code and the price that stood beside it: `month-15:1500`."""

    plan = forms.RegexField(
        r"^[a-z0-9-]{1,50}:[0-9]{1,9}$",
        error_messages={"required": _("Choose a plan."), "invalid": _("Choose one of the plans shown.")},
    )

    @property
    def plan_code(self) -> str:
        return str(self.cleaned_data["plan"]).partition(":")[0]

    @property
    def shown_price_minor(self) -> int:
        return int(str(self.cleaned_data["plan"]).partition(":")[2])
