"""Ends the lines of numbers that another operator has taken over, as the porting centre's list says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import releasing
from lib import clock
from lib.msisdn import mask


class Command(BaseCommand):
    help = (
        "End the line of each number: its SIMs, auto-renew, links and codes end, its owner is told, and credit that was paid in stays payable "
        "on proof (docs/devices.md). A number without a line of ours is named, and the others are done all the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="+", metavar="number", help="in E.164, e.g. +4917604069011")

    def handle(self, *_args: Any, **options: Any) -> None:
        unknown = [number for number in options["numbers"] if not releasing.moved_away(number, now=clock.now())]
        self.stdout.write(f"{len(options['numbers']) - len(unknown)} ended.")
        if unknown:
            raise CommandError(f"Without a line of ours: {', '.join(mask(number) for number in unknown)}.")
