"""Load files of usage records: `manage.py load_usage --source mediation records-*.csv.gz`."""

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lib import clock
from network import loading
from network.formats import FileRefused
from network.models import UsageFile, UsageRowError


class Command(BaseCommand):
    help = "Load files of usage records (CSV or JSON lines, plain or gzip); what was loaded before is left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument(
            "--source", required=True, help="who sends it, e.g. mediation; record ids are unique within a source"
        )

    def handle(self, *_args: Any, files: list[Path], source: str, **_options: Any) -> None:
        refused = [path for path in files if not self._load(path, source)]
        if refused:
            raise CommandError(f"{len(refused)} of {len(files)} files could not be read to their end.")

    def _load(self, path: Path, source: str) -> bool:
        """Whether it was read to its end."""
        try:
            for progress in loading.load(path, source=source, now=clock.now()):
                self._say(f"{path.name}: {progress.rows_read:,} rows", is_last=False)
        except FileRefused as refusal:
            self._say("", is_last=True)
            self.stderr.write(f"{path.name}: {refusal}")
            return False
        file = loading.known(path, source=source)
        self._say(
            f"{path.name}: {file.rows_read:,} rows, {file.rows_new:,} new, {file.rows_known:,} known before, "
            f"{file.rows_wrong:,} not taken",
            is_last=True,
        )
        self._tell_what_is_wrong(file)
        return True

    def _tell_what_is_wrong(self, file: UsageFile) -> None:
        reasons = Counter(UsageRowError.objects.filter(file=file).values_list("reason", flat=True))
        for reason, count in reasons.most_common():
            first = UsageRowError.objects.filter(file=file, reason=reason).order_by("row")[0]
            self.stdout.write(f"  {count:,} × {reason}, first in row {first.row}")

    def _say(self, words: str, *, is_last: bool) -> None:
        """On a terminal one line that moves on; elsewhere only the last."""
        if sys.stdout.isatty():
            self.stdout.write(f"\r{words:<78}", ending="\n" if is_last and words else "")
            self.stdout.flush()
        elif is_last and words:
            self.stdout.write(words)
