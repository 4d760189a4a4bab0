"""Makes the files of receipts anew, from what was frozen when they were issued."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Receipt
from billing.receipts import sending


class Command(BaseCommand):
    help = "Draw receipts again after the template was mended. Their words stay what was frozen; nobody is written to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="+", help="S-2026-000123")

    def handle(self, *_args: Any, number: list[str], **_options: Any) -> None:
        for printed in number:
            receipts = Receipt.objects.numbered(printed)
            if not receipts:
                raise CommandError(f"There is no receipt {printed}.")
            for receipt in receipts:
                sending.draw_again(receipt)
                self.stdout.write(f"drawn: {receipt.printed_number}")
