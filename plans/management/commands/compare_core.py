"""Compares what the operator's core knows with what was granted, now and not only once a day."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lib import clock
from plans import core_differences, telling_again
from provisioning.core.protocol import CoreProblem


class Command(BaseCommand):
    help = (
        "Read what the operator's core knows of every line and compare it with what was granted. Differences are listed at the desk; "
        "nothing is changed. Ends with 1 when any are open (docs/provisioning.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tell-again",
            action="store_true",
            help="tell the core once more how each line stands on which they differ; compare again when that is through",
        )

    def handle(self, *_args: Any, tell_again: bool, **_options: Any) -> None:
        try:
            compared = core_differences.compare(now=clock.now(), progress=self._show_progress)
        except CoreProblem as error:
            raise CommandError(f"The core did not answer ({error.code}); try again.") from error
        self.stdout.write(f"{compared.lines:,} lines compared, {compared.new:,} new differences.")
        if tell_again:
            self._tell_again()
        if compared.open:
            raise CommandError(f"{compared.open:,} differences are open; each is listed at the desk.")

    def _tell_again(self) -> None:
        line_ids = telling_again.differing_lines()
        written = sum(telling_again.tell_again(line_id, now=clock.now()) for line_id in line_ids)
        self.stdout.write(f"{written:,} commands about {len(line_ids):,} lines are on their way.")

    def _show_progress(self, lines: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{lines:,} lines", ending="")
