"""A page of the desk with facts, a form and one button; and the amounts people type into it."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from lib.admin.columns import Words

#: What it is, and how it stands.
Fact = tuple[Words, Any]
_DIGITS = 12


class AmountField(forms.DecimalField):
    """A sum as people write it, `12.50`, cleaned to minor units of `currency`; above zero."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        self.places = get_currency_precision(currency)
        smallest = Decimal(1).scaleb(-self.places)
        super().__init__(min_value=smallest, max_digits=_DIGITS, decimal_places=self.places, **options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        """Minor units; None for nothing."""
        major = super().clean(value)
        return None if major is None else int(major.scaleb(self.places))


def form_page(
    admin: "ModelAdmin[Any]",
    request: HttpRequest,
    *,
    title: Words,
    form: forms.Form,
    facts: list[Fact],
    back: tuple[str, Words],
) -> HttpResponse:
    """The page; 422 when it shows what is wrong. `back`: address and name of the page it came from."""
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "form": form,
        "facts": facts,
        "back_url": back[0],
        "back_words": back[1],
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/form_page.html", context, status=status)
