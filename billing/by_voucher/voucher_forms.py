"""What people type from a voucher, what they confirm before it is spent, and what staff choose for a batch."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.by_voucher import voucher_batches, voucher_codes
from billing.by_voucher.voucher_batches import BatchWish
from billing.forms import PlanOrderForm
from billing.models import Start, VoucherNature
from plans.models import Plan

#: One answer to whatever cannot be redeemed: nobody learns whether a code exists.
REFUSED = _("This code cannot be redeemed. Check it, or ask our support with the serial printed beside it.")


class VoucherCodeForm(forms.Form):
    """A code as it was typed or pasted; what is surely no code is told before anything is looked up."""

    code = forms.CharField(
        label=_("Voucher code"),
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


class RedeemForm(forms.Form):
    """The one confirmation. `line` is the number that was shown, so that nobody fills another one's."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    line = forms.UUIDField(widget=forms.HiddenInput)
    start = forms.ChoiceField(choices=Start.choices, required=False)
    consent = forms.BooleanField(required=False, label=PlanOrderForm.base_fields["consent"].label)

    def is_for(self, line_id: UUID, *, form_token: UUID) -> bool:
        """Whether it is the page that was shown last, for the number that is still looked at. Asks `is_valid`."""
        if not self.is_valid():
            return False
        asked = (self.cleaned_data["line"], self.cleaned_data["form_token"])
        return asked == (line_id, form_token)

    def consents(self, *, version: str, at: str) -> dict[str, Any]:
        """What was agreed to, as the review of an order stores it."""
        return {"start_at_once": self.cleaned_data["consent"], "text_version": version, "at": at}

    def show_again(self, line_id: UUID, *, form_token: UUID) -> None:
        """With the number and the token of now."""
        self.data = {**{name: self.data.get(name) for name in self.data}, "line": line_id, "form_token": form_token}


class BatchForm(forms.Form):
    """A batch of vouchers: worth a plan of today's catalogue, or money."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("For yourselves: what it is for, or who gets it.")
    )
    nature = forms.ChoiceField(
        label=_("What they are"),
        choices=VoucherNature.choices,
        help_text=_("Sold ones become paid credit; what is given away becomes bonus credit."),
    )
    plan = forms.ModelChoiceField(
        label=_("Worth a plan"), queryset=Plan.objects.none(), required=False, empty_label=_("No, worth money")
    )
    amount = forms.DecimalField(
        label=_("Or worth money"), required=False, min_value=Decimal("0.001"), max_value=1_000_000, decimal_places=3
    )
    currency = forms.ChoiceField(label=_("Currency of the money"), required=False)
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=voucher_batches.MOST)
    last_day = forms.DateField(
        label=_("Last day to redeem"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        plans = Plan.objects.on_sale(now).order_by("position", "code")
        currencies = sorted(set(plans.values_list("currency", flat=True)))
        self.fields["plan"].queryset = plans  # type: ignore[attr-defined]
        self.fields["plan"].label_from_instance = _plan_in_words  # type: ignore[attr-defined]
        self.fields["currency"].choices = [(code, code) for code in currencies]  # type: ignore[attr-defined]

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if end_of(day) <= self.now:
            raise ValidationError(_("Choose a day that is not over."))
        return day

    def clean(self) -> None:
        asked = self.cleaned_data
        if asked.get("plan") and asked.get("amount"):
            self.add_error("amount", _("A voucher is worth a plan or money. Leave one of them empty."))
        elif not asked.get("plan") and "amount" in asked:
            self._clean_money()

    def _clean_money(self) -> None:
        amount, currency = self.cleaned_data["amount"], self.cleaned_data.get("currency")
        if not amount:
            self.add_error("amount", _("Choose a plan, or enter what one voucher is worth."))
        elif not currency:
            self.add_error("currency", _("Choose the currency."))
        elif (minor := amount.scaleb(get_currency_precision(currency))) != int(minor):
            self.add_error("amount", _("This currency has no smaller parts than that."))

    def wish(self) -> BatchWish:
        """What was asked for; the form is valid."""
        asked = self.cleaned_data
        plan: Plan | None = asked["plan"]
        currency = plan.currency if plan else asked["currency"]
        minor = plan.price_minor if plan else int(asked["amount"].scaleb(get_currency_precision(currency)))
        return BatchWish(
            name=" ".join(asked["name"].split()),
            nature=VoucherNature(asked["nature"]),
            amount_minor=minor,
            currency=currency,
            count=asked["count"],
            expires_at=end_of(asked["last_day"]),
            form_token=asked["form_token"],
            plan=plan,
        )


def end_of(day: date) -> datetime:
    """The end of a whole day where the operator is."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(settings.READER_TIME_ZONE))


def last_day_of(end: datetime) -> date:
    """The day of which `end` is the end, where the operator is."""
    return (end.astimezone(ZoneInfo(settings.READER_TIME_ZONE)) - timedelta(seconds=1)).date()


def _plan_in_words(plan: Plan) -> str:
    return f"{plan.title} ({plan.price})"
