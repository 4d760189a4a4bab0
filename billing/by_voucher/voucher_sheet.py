"""The file with the codes of a batch, for whoever prints them."""

import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from billing.by_voucher.voucher_batches import Printed
from billing.by_voucher.voucher_codes import printed as in_groups
from billing.by_voucher.voucher_forms import last_day_of
from billing.models import VoucherBatch

#: With these a spreadsheet begins a formula (OWASP ASVS 5.0, 1.2.10).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(batch: VoucherBatch, rows: Iterable[Printed]) -> str:
    """Serial, code, worth and last day of each voucher, comma-separated (RFC 4180), with a heading."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow([_("serial"), _("code"), _("worth"), _("redeemable until")])
    worth = batch.plan.title if batch.plan else str(batch.worth)
    until = last_day_of(batch.expires_at).isoformat()
    for row in rows:
        sheet.writerow([cell(part) for part in (row.serial, in_groups(row.code), worth, until)])
    return out.getvalue()


def cell(text: str) -> str:
    """`text` for one cell of a spreadsheet, never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
