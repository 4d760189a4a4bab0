"""What people type from a voucher, and what they confirm before it is spent."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing import voucher_codes
from billing.forms import PlanOrderForm

#: One answer to whatever cannot be redeemed: nobody learns whether a code exists.
REFUSED = _("This code cannot be redeemed. Check it, or ask our support with the serial printed beside it.")


class VoucherCodeForm(forms.Form):
    """A code as it was typed or pasted; what is surely no code is told before anything is looked up."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("20 letters and digits. Capitals, blanks and dashes do not matter."),
        max_length=200,
        widget=forms.TextInput(
            {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false", "dir": "ltr"}
        ),
        error_messages={
            "required": _("Enter the code of your voucher."),
            "max_length": _("That is too long for a code. It has 20 letters and digits."),
        },
    )

    def clean_code(self) -> str:
        try:
            return voucher_codes.read(str(self.cleaned_data["code"]))
        except voucher_codes.ASerial:
            raise ValidationError(_("That is the serial. The code is the longer one printed beside it.")) from None
        except voucher_codes.NotWhole as error:
            words = ngettext(
                "A code has 20 letters and digits. You entered %(count)s.",
                "A code has 20 letters and digits. You entered %(count)s.",
                error.count,
            )
            raise ValidationError(words % {"count": error.count}) from None
        except voucher_codes.NotACode:
            raise ValidationError(
                _("One of the letters or digits is not as printed. Compare the code with your voucher.")
            ) from None


class RedeemForm(PlanOrderForm):
    """The one confirmation. `line` is the number that was shown, so that nobody fills another one's."""

    shown_price_minor = None  # type: ignore[assignment]  # the batch says the worth, and it never changes
    method = None  # type: ignore[assignment]
    line = forms.UUIDField(widget=forms.HiddenInput)

    def is_for(self, line_id: Any) -> bool:
        """Whether the number that was shown is still the one that is looked at."""
        return bool(self.cleaned_data["line"] == line_id)
