"""Compares our books with the gateway's now, not only at night."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.gateways.protocol import GatewayProblem
from billing.reconciliation import nightly
from lib import clock


class Command(BaseCommand):
    help = (
        "Read the gateway's events and movements, and compare them with the ledger, and the ledger with what is stored. Differences "
        "become review items; nothing is mended. Ends with 1 when there are any (docs/reconciliation.md)."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            found = nightly.reconcile(now=clock.now())
        except GatewayProblem as error:
            raise CommandError(f"The gateway did not answer ({type(error).__name__}); try again.") from error
        for difference in found:
            self.stdout.write(f"{difference.subject}: {difference.detail}")
        if found:
            raise CommandError(f"{len(found)} differences; each is a review item at the desk.")
        self.stdout.write("Everything compared, no difference.")
