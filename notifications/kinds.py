"""Each kind of message as data: its channels, whether its context is a secret, and how long it is of use."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


BOTH = (Channel.SMS, Channel.EMAIL)
MAIL = (Channel.EMAIL,)
TEXT = (Channel.SMS,)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`useful_for` counts from when it is due; a secret kind keeps its context encrypted and goes out on the fast queue."""

    name: str
    channels: tuple[Channel, ...]
    useful_for: timedelta
    is_secret: bool = False


_DAY = timedelta(days=1)
_CODE = timedelta(minutes=2)
_ALL = (
    Kind(name="sign_in_code", channels=TEXT, useful_for=_CODE, is_secret=True),
    Kind(name="email_code", channels=MAIL, useful_for=_CODE, is_secret=True),
    Kind(name="password_reset_code", channels=MAIL, useful_for=_CODE, is_secret=True),
    Kind(name="account_exists", channels=BOTH, useful_for=_DAY),
    Kind(name="security_notice", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="line_claim", channels=MAIL, useful_for=_DAY),
    Kind(name="payment_received", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="renewed", channels=BOTH, useful_for=_DAY),
    Kind(name="topped_up", channels=BOTH, useful_for=_DAY),
    Kind(name="topped_up_by_other", channels=TEXT, useful_for=_DAY),
    Kind(name="top_up_taken_back", channels=TEXT, useful_for=_DAY),
    Kind(name="top_up_for_other", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="top_up_not_done", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="credit_adjusted", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_asked", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_sent", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_refused", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="add_on_applied", channels=BOTH, useful_for=_DAY),
    Kind(name="payment_failed", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="money_held", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="money_returned", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="receipt", channels=MAIL, useful_for=30 * _DAY),
    Kind(name="transfer_awaited", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="transfer_reminder", channels=MAIL, useful_for=_DAY),
    Kind(name="transfer_short", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="transfer_left", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="refund_granted", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="refund_needs_payer", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="method_expires", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="method_ended", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="renewal_coming", channels=MAIL, useful_for=5 * _DAY),
    Kind(name="renewal_trouble", channels=BOTH, useful_for=_DAY),
    Kind(name="top_up_trouble", channels=BOTH, useful_for=_DAY),
    Kind(name="renewal_price", channels=MAIL, useful_for=7 * _DAY),
    Kind(name="expiry_reminder", channels=BOTH, useful_for=_DAY),
    Kind(name="plan_ended", channels=BOTH, useful_for=_DAY),
)
KINDS = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """Raises KeyError for a kind nobody has declared."""
    return KINDS[name]


def channels(name: str) -> tuple[Channel, ...]:
    """The channels a kind goes over."""
    return KINDS[name].channels


def secret_kinds() -> list[str]:
    """Kinds whose context is a code."""
    return [kind.name for kind in _ALL if kind.is_secret]
