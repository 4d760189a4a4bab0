"""Loads VAT rates and the demo cast into an empty database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Subscriber
from lib import clock
from portal.demo import loading


class Command(BaseCommand):
    help = "Load the demo cast, unless the database has subscribers. Refused in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", type=Path, help="write how to sign in to this file")

    def handle(self, *_args: Any, sign_ins: Path | None, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo cast is not for production.")
        call_command("load_vat_rates", stdout=self.stdout)
        if Subscriber.objects.exists():
            self.stdout.write("There are subscribers already; the demo cast is left out.")
            return
        vouchers = loading.load(now=clock.now())
        if sign_ins:
            sign_ins.write_text("\n".join([loading.sign_ins(), "", *vouchers]) + "\n", encoding="utf-8")
        self.stdout.write(f"Demo cast loaded: {Subscriber.objects.count()} subscribers.")
