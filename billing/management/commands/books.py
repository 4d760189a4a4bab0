"""Prints a month of the books, and says whether they add up."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import books
from billing.books import printing
from billing.books.month import Month, NoSuchMonth
from lib import clock


class Command(BaseCommand):
    help = (
        "A month of the books, by the day of booking: ledger accounts, VAT, what is held and owed, vouchers, periods not yet served. "
        "Ends with 1 when a sum does not come out twice the same (docs/reconciliation.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", help="2026-11")
        parser.add_argument("--csv", type=Path, metavar="FOLDER", help="write each table to a file there, too")

    def handle(self, *_args: Any, month: str, csv: Path | None, **_options: Any) -> None:
        try:
            asked = Month.named(month)
        except NoSuchMonth as error:
            raise CommandError(str(error)) from error
        drawn = books.draw_up(asked)
        self.stdout.write(f"Books of {asked.name}, from {asked.starts_at} to {asked.ends_at}")
        if not asked.is_over(clock.real_now()):
            self.stdout.write("The month is not over: these figures will still change.")
        for line in printing.on_screen(drawn):
            self.stdout.write(line)
        if csv:
            for path in printing.into_files(drawn, csv):
                self.stdout.write(f"written: {path}")
        if drawn.wrong:
            lines = [f"  {check.name} ({check.currency})" for check in drawn.wrong]
            raise CommandError("\n".join(["The books do not add up:", *lines]))
