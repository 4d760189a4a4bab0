"""Differences planted behind the portal's back, as somebody with psql would, and proof that nobody mended anything."""

from typing import Any

from django.db import connection, transaction

from billing.models import ReviewItem, ReviewKind
from lib.models import Alarm

#: Everything that money stands in.
TABLES = (
    "billing_ledgeraccount",
    "billing_ledgerentry",
    "billing_order",
    "billing_payment",
    "billing_refund",
    "billing_dispute",
    "billing_payout",
    "billing_voucher",
    "plans_planperiod",
    "plans_allowance",
)


def plant(statement: str, *values: Any) -> int:
    """Run `statement` with every trigger off. Returns how many rows it changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        changed: int = cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    return changed


def money_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that money stands in."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = cursor.fetchall()
    return found


def open_differences() -> dict[str, str]:
    """Subject and words of each difference that waits for somebody."""
    items = ReviewItem.objects.filter(kind=ReviewKind.DIFFERENCE, closed_at=None)
    return dict(items.values_list("subject", "detail"))


def alarms() -> list[tuple[str, str]]:
    """Kind and subject of every alarm of the reconciliation."""
    found = Alarm.objects.filter(kind__startswith="reconciliation.").order_by("id")
    return list(found.values_list("kind", "subject"))
