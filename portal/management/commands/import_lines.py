"""Loads an operator's stock of lines from a CSV file."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lib import clock
from portal.line_import import loading, parsing
from portal.line_import.report import Totals


class Command(BaseCommand):
    help = (
        "Load lines with number, SIM, credit and running plan from a CSV file (docs/import-lines.md). Rows with a mistake are "
        "named and left out, the rest is loaded; loading a file again changes nothing. Columns: "
        + ", ".join(parsing.COLUMNS)
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check everything, print the totals, keep nothing")

    def handle(self, *_args: Any, file: Path, dry_run: bool, **_options: Any) -> None:
        totals, started = Totals(), time.monotonic()
        try:
            for outcome in loading.load(parsing.read(file), now=clock.now(), is_trial=dry_run):
                totals.add(outcome)
                for refusal in sorted(outcome.refused, key=lambda refusal: refusal.at):
                    self.stderr.write(str(refusal))
                self._show_progress(totals, started)
        except parsing.FileRefused as refusal:
            self._tell(totals, is_trial=dry_run)
            raise CommandError(str(refusal)) from refusal
        self._tell(totals, is_trial=dry_run)
        if totals.refused:
            raise CommandError(f"{totals.refused} rows were refused; mend them and load the file again.")

    def _show_progress(self, totals: Totals, started: float) -> None:
        if sys.stderr.isatty():
            rate = totals.read / max(time.monotonic() - started, 0.001)
            self.stderr.write(f"\r{totals.read:,} rows, {rate:,.0f} a second", ending="")

    def _tell(self, totals: Totals, *, is_trial: bool) -> None:
        self.stdout.write("Nothing was kept: a dry run." if is_trial else "Loaded.")
        for line in totals.lines():
            self.stdout.write(line)
