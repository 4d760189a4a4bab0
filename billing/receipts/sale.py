"""What the receipt of an applied order says."""

from django.utils.translation import gettext as _

from billing import wording
from billing.models import Method, Order, OrderWhat
from billing.receipts.parts import About, Says
from lib.templatetags.formats import amount
from lib.wording import end_in_words, moment_in_words


def says(about: About) -> Says:
    order = about.order
    return Says(
        title=_("Receipt of a top-up") if order.what == OrderWhat.TOP_UP else _("Receipt"),
        sum=_("Paid"),
        how=_how(about),
        facts=[],
        item=[title_of(order), *_what_belongs_to_it(about)],
        notes=_notes(order),
    )


def title_of(order: Order) -> str:
    return wording.title_of(order)


def method_of(order: Order) -> str:
    """With what it was paid: `Visa ···4242`, or the method's name."""
    return wording.method_of(order) or str(order.get_method_display())


def _how(about: About) -> list[list[str]]:
    order = about.order
    paid_at = order.paid_at or order.applied_at
    on = [[_("Paid on"), moment_in_words(paid_at, with_year=True)]] if paid_at else []
    if order.method == Method.EXTERNAL:
        return [*on, [_("Paid at"), about.place or method_of(order)]]
    return [*on, [_("Paid with"), method_of(order)]]


def _what_belongs_to_it(about: About) -> list[str]:
    """What was granted, and from when until when."""
    grants = [amount(grant.amount, grant.unit) for grant in wording.grants_in_words(about.order.grants)]
    lines = [" · ".join(grants)] if grants else []
    if about.runs:
        start, end = about.runs
        lines.append(f"{moment_in_words(start, with_year=True)} – {end_in_words(end, with_year=True)}")
    return lines


def _notes(order: Order) -> list[str]:
    if order.what == OrderWhat.TOP_UP and not order.vat_minor:
        return [
            _(
                "This receipt shows no VAT: credit is taxed when it is used. "
                "The receipt of what you buy with it shows the VAT."
            )
        ]
    if order.vat_minor and order.method == Method.CREDIT:
        return [_("The credit was not taxed when it was topped up; the VAT is due with this order.")]
    if order.vat_minor and order.method == Method.VOUCHER:
        return [_("The voucher was not taxed when it was handed out; the VAT is due with this order.")]
    return []
