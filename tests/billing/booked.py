"""Entries booked on another day than today: the database stamps them itself, so tests move the stamp afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from billing.models import LedgerEntry
from lib.models import Audit
from tests.billing.planting import plant


@contextmanager
def booked(at: datetime) -> Iterator[None]:
    """What is booked inside, and what staff do, bears `at` as its day of booking."""
    entries, acts = _last(LedgerEntry), _last(Audit)
    yield
    plant("UPDATE billing_ledgerentry SET created_at = %s WHERE id > %s", at, entries)
    plant("UPDATE lib_audit SET at = %s WHERE id > %s", at, acts)


def _last(model: type[LedgerEntry] | type[Audit]) -> int:
    return model.objects.order_by("-id").values_list("id", flat=True).first() or 0
