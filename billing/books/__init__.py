"""A month of the books: what `manage.py books` prints (docs/reconciliation.md)."""

from dataclasses import dataclass

from django.db import connection, transaction

from billing.books import balances, open_sums, outside, tax, unserved, vouchers
from billing.books.month import Month
from billing.books.tables import Check, Table


@dataclass(frozen=True)
class Books:
    """The whole month."""

    month: Month
    tables: list[Table]
    checks: list[Check]

    @property
    def wrong(self) -> list[Check]:
        """What does not add up."""
        return [check for check in self.checks if not check.holds]


def draw_up(month: Month) -> Books:
    """Read everything as of one moment; must not run inside a transaction. The same month gives the same tables for ever."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        accounts = balances.Balances(month)
        sections = [
            balances.section(accounts),
            tax.section(month, accounts),
            open_sums.section(month, accounts),
            vouchers.section(month, accounts),
            outside.section(month, accounts),
            unserved.section(month),
        ]
    tables = [table for section in sections for table in section.tables]
    return Books(month, tables, [check for section in sections for check in section.checks])
