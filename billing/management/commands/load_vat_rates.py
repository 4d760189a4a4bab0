"""Loads the reviewed VAT rates. May run any number of times."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from billing.models import VatRate

DATA = Path(__file__).resolve().parents[2] / "data" / "vat_rates.toml"


class Command(BaseCommand):
    help = "Load VAT rates from billing/data/vat_rates.toml; rows that are there already stay as they are."

    def handle(self, *_args: Any, **_options: Any) -> None:
        rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["rate"]
        rates = [
            VatRate(country=row["country"], from_date=row["from"], percent=Decimal(row["percent"])) for row in rows
        ]
        before = VatRate.objects.count()
        VatRate.objects.bulk_create(rates, ignore_conflicts=True)
        self.stdout.write(f"VAT rates: {VatRate.objects.count() - before} new, {before} there before.")
