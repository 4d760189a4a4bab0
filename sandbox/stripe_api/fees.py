"""What the gateway keeps for itself, as the configuration has it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Fees:
    """A share of each payment and a fixed part, and what every dispute costs, in minor units of its currency."""

    percent: Decimal = Decimal("1.5")
    fixed_minor: int = 25
    dispute_minor: int = 1500

    def of_payment(self, amount_minor: int) -> int:
        """Rounded half up, and never more than the payment."""
        share = (amount_minor * self.percent / 100).to_integral_value(ROUND_HALF_UP)
        return min(int(share) + self.fixed_minor, amount_minor)
