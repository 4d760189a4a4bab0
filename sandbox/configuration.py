"""What the sandbox reads from its environment, and when it refuses to run at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sandbox.stripe_api.fees import Fees


class MustNotRun(Exception):
    """The sandbox takes no real money and sends no real message: where those are meant, it must not answer."""


@dataclass(frozen=True)
class Configuration:
    """Addresses, keys and folders of one sandbox. With an empty `webhook_url` every notice stays at home, without `sends_reports` what
    became of SMS and mails is not told, without a `usage_key` nobody uses a phone by themselves, without a
    `reply_key` nobody replies to mails.
    """

    url: str
    portal_origin: str
    state_dir: Path
    clock_file: Path
    api_key: str
    webhook_url: str
    webhook_secret: str
    sends_reports: bool
    fees: Fees
    usage_key: str = ""
    clock_key: str = ""
    reply_key: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Configuration":
        """Raises MustNotRun in production or with a live key."""
        if environment.get("PORTAL_ENV") == "production":
            raise MustNotRun("The sandbox does not start while PORTAL_ENV=production: set Stripe's own keys instead.")
        api_key = environment.get("SANDBOX_API_KEY") or "sk_test_sandbox"
        if not api_key.startswith(("sk_test_", "rk_test_")):
            raise MustNotRun("SANDBOX_API_KEY must start with sk_test_: the sandbox never touches a live key.")
        state_dir = Path(environment.get("SANDBOX_STATE_DIR") or "var/sandbox")
        return cls(
            url=(environment.get("SANDBOX_URL") or "http://127.0.0.1:8001").rstrip("/"),
            portal_origin=(environment.get("PORTAL_ORIGIN") or "http://localhost:8000").rstrip("/"),
            state_dir=state_dir,
            clock_file=Path(environment.get("CLOCK_FILE") or state_dir / "clock"),
            api_key=api_key,
            webhook_url=environment.get("SANDBOX_WEBHOOK_URL", "http://localhost:8000/webhooks/stripe/"),
            webhook_secret=environment.get("SANDBOX_WEBHOOK_SECRET") or "whsec_sandbox",
            sends_reports=environment.get("SANDBOX_REPORTS", "") == "1",
            fees=_fees(environment),
            usage_key=environment.get("SANDBOX_USAGE_KEY", ""),
            clock_key=environment.get("CLOCK_KEY", ""),
            reply_key=environment.get("SANDBOX_REPLY_KEY", ""),
        )


def _fees(environment: Mapping[str, str]) -> Fees:
    """Raises MustNotRun for what is no sum."""
    try:
        return Fees(
            percent=Decimal(environment.get("SANDBOX_FEE_PERCENT") or "1.5"),
            fixed_minor=int(environment.get("SANDBOX_FEE_FIXED_MINOR") or 25),
            dispute_minor=int(environment.get("SANDBOX_DISPUTE_FEE_MINOR") or 1500),
        )
    except (InvalidOperation, ValueError) as error:
        raise MustNotRun("SANDBOX_FEE_PERCENT and the other fees must be numbers.") from error
