"""The page with the bank details: what to transfer where, by when, and what has come so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from billing import wording
from billing.models import Order, Payment, TransferAccount
from billing.paying import method_choices
from lib.money import Money

#: European Payments Council, EPC069-12: what a bank's app reads from the code; at most 331 bytes.
_EPC_HEAD = ("BCD", "002", "1", "SCT")


@dataclass(frozen=True)
class Detail:
    """One thing to type at the bank. `copied` is what goes to the clipboard."""

    name: str
    words: str
    copied: str


def facts(order: Order, payment: Payment, account: TransferAccount | None, *, now: datetime) -> dict[str, Any]:
    """The context of the page; `account` tells what came in and was not used."""
    due = Money(payment.amount_minor, payment.currency)
    came_minor = account.available_minor if account else 0
    short = Money(came_minor if came_minor < due.minor else 0, due.currency)
    return {
        "place": "orders",
        "order": order,
        "title": wording.title_of(order),
        "due": due - short,
        "details": details(payment, due - short),
        "qr": qr(payment, due - short),
        "until": payment.expires_at,
        "expected": method_choices.arrival(now),
        "received": short if short.minor else None,
        "missing": due - short,
    }


def details(payment: Payment, missing: Money) -> list[Detail]:
    """Holder, account and reference as the payer's bank asks for them, and the sum that is still missing."""
    where = payment.instructions
    names = {
        "holder": _("Account holder"),
        "iban": "IBAN",
        "bic": "BIC",
        "sort_code": _("Sort code"),
        "routing_number": _("Routing number"),
        "account_number": _("Account number"),
        "bank_name": _("Bank"),
        "branch_code": _("Branch code"),
        "clabe": "CLABE",
        "reference": _("Reference"),
    }
    rows = [Detail(name, _spaced(key, where[key]), where[key]) for key, name in names.items() if where.get(key)]
    return [*rows, Detail(_("Amount"), str(missing), f"{missing.major}")]


def _spaced(key: str, text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if key == "iban" else text


def qr(payment: Payment, missing: Money) -> SafeString:
    """The code that bank apps of the euro area read; nothing for other currencies."""
    where = payment.instructions
    if payment.currency != "EUR" or not where.get("iban"):
        return SafeString()
    amount = f"EUR{missing.major:.2f}"
    lines = [*_EPC_HEAD, where.get("bic", ""), where["holder"][:70], where["iban"], amount, "", "", where["reference"]]
    code = segno.make("\n".join(lines), error="m", boost_error=False, micro=False)
    return mark_safe(code.svg_inline(scale=4, border=2, light="#fff", dark="#000", omitsize=True))  # noqa: S308  drawn here
