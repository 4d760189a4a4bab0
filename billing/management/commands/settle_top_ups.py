"""Books that an outside seller has handed over what it collected, as the bank statement says."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.from_outside import settling
from billing.from_outside.settling import MoreThanOwed, NotSettled, Settlement
from billing.ledger import KeyReused
from lib import clock
from lib.money import Money

_ACTOR = "command"


class Command(BaseCommand):
    help = (
        "Book that a seller of top-ups has handed over what it collected: bank ← outside. The same reference again books nothing; "
        "--undo books back what was typed by mistake. `manage.py books` says what each owes (docs/integration.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="as in TOP_UP_KEYS")
        parser.add_argument("reference", help="what the bank statement calls it, once a source")
        parser.add_argument("amount", nargs="?", help="in major units with a point: 1250.00")
        parser.add_argument("currency", nargs="?", help="EUR")
        parser.add_argument("--undo", action="store_true", help="it had not come after all")

    def handle(self, *_args: Any, source: str, reference: str, undo: bool, **options: Any) -> None:
        if not re.fullmatch(r"[ -~]{1,60}", reference):
            raise CommandError("The reference has 1 to 60 printable ASCII signs.")
        try:
            done = self._undo(source, reference) if undo else self._settle(source, reference, **options)
        except MoreThanOwed as error:
            raise CommandError(f"{source} owes {_told(error.owed)}: nothing is booked.") from error
        except NotSettled as error:
            raise CommandError(f"Nothing of {source} is booked under {reference}.") from error
        except KeyReused as error:
            raise CommandError(f"{reference} is booked with another amount. Take another reference.") from error
        owed = settling.owed_by(source, currency=done.currency)
        self.stdout.write(
            f"{_told(done)} {'owed again by' if undo else 'handed over by'} {source}, which owes {_told(owed)} now."
        )

    def _settle(self, source: str, reference: str, *, amount: str | None, currency: str | None, **_more: Any) -> Money:
        handed_over = _money(amount, currency)
        settlement = Settlement(source=source, reference=reference, amount=handed_over, by=_ACTOR)
        if not settling.settle(settlement, now=clock.now()):
            self.stdout.write("It was booked before; nothing is booked twice.")
        return handed_over

    def _undo(self, source: str, reference: str) -> Money:
        return settling.undo(source=source, reference=reference, by=_ACTOR, now=clock.now())


def _money(amount: str | None, currency: str | None) -> Money:
    if not amount or not re.fullmatch(r"[A-Z]{3}", currency or ""):
        raise CommandError("Say how much and in which currency: 1250.00 EUR.")
    try:
        minor = Decimal(amount).scaleb(get_currency_precision(str(currency)))
    except InvalidOperation as error:
        raise CommandError(f"{amount!r} is no amount; write it like 1250.00.") from error
    if not minor.is_finite() or minor <= 0 or minor != minor.to_integral_value():
        raise CommandError(f"{amount!r} is no amount of {currency}; write it like 1250.00.")
    return Money(int(minor), str(currency))


def _told(money: Money) -> str:
    return f"{money.major} {money.currency}"
