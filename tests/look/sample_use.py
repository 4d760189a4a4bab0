"""What use costs that no allowance covers, as the credit page tells it."""

from types import SimpleNamespace as Like
from typing import Any

from django.utils.translation import gettext as _

from lib.money import Money
from plans.models import Unit
from plans.rates_in_words import RateShown


def beyond(*, is_paid: bool = True, is_off: bool = False) -> dict[str, Any]:
    """Beside a plan that goes on from credit, or does not; or whose owner keeps the credit."""
    rates = [
        RateShown(Unit.DATA, Money(250, "EUR"), _("per GB")),
        RateShown(Unit.VOICE, Money(9, "EUR"), _("per minute")),
        RateShown(Unit.TEXTS, Money(9, "EUR"), _("per text")),
    ]
    return {"rates": rates, "running": Like(plan=Like(title="Month 15")), "is_paid": is_paid, "is_off": is_off}
