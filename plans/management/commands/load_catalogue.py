from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lib import clock
from plans import catalogue, loading


class Command(BaseCommand):
    help = (
        "Load zones and plans from TOML files. May run any number of times. A plan that left the files goes off sale; none is deleted. "
        "A changed price counts for new orders only. What touches what somebody has bought is listed and needs --confirm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=catalogue.DATA, help="holds zones.toml and plans.toml"
        )
        parser.add_argument("--confirm", action="store_true", help="change prices and zones of plans that were sold")

    def handle(self, *args: Any, **options: Any) -> None:
        languages = frozenset(code for code, _name in settings.LANGUAGES)
        try:
            entries = catalogue.read(options["folder"], languages=languages)
            changes = loading.load(entries, now=clock.now(), confirmed=options["confirm"])
        except catalogue.CatalogueRefused as refusal:
            raise CommandError("Nothing was loaded:\n" + "\n".join(f"  {line}" for line in refusal.problems)) from None
        for line in changes:
            self.stdout.write(line)
        if not changes:
            self.stdout.write(f"{len(entries.plans)} plans, nothing new.")
