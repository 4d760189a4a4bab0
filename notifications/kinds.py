"""Each kind of message as data: what it is called, its channels, how long it is of use, and what its reader may say no to."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """Service carries no promotion; marketing goes only to who has asked for it (Directive 2002/58/EC, Article 13)."""

    SERVICE = "service"
    MARKETING = "marketing"


class Topic(StrEnum):
    """Under which heading the reader's page lists a kind."""

    PLANS = "plans"
    STANDING = "standing"
    CREDIT = "credit"
    PAYMENTS = "payments"
    LINE = "line"
    HELP = "help"
    SECURITY = "security"
    SHARING = "sharing"
    OFFERS = "offers"


BOTH = (Channel.SMS, Channel.EMAIL)
MAIL = (Channel.EMAIL,)
TEXT = (Channel.SMS,)
NEVER: tuple[Channel, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`useful_for` counts from when it is due; a secret kind keeps its context encrypted and goes out on the fast queue.

    `mutable`: channels on which its reader may say no. `unasked`: whether it goes out as long as nobody has said anything.
    `waits`: its SMS waits for the morning. `words`: the kind whose templates it shares.
    """

    name: str
    title: str | Promise
    topic: Topic
    channels: tuple[Channel, ...]
    useful_for: timedelta
    mutable: tuple[Channel, ...] = NEVER
    unasked: bool = True
    purpose: Purpose = Purpose.SERVICE
    waits: bool = False
    is_secret: bool = False
    words: str = ""

    @property
    def template(self) -> str:
        return self.words or self.name


_DAY = timedelta(days=1)
_CODE = timedelta(minutes=2)
_PLANS = (
    Kind(name="expiry_week", title=_("Plan ends in a week"), topic=Topic.PLANS, channels=MAIL, useful_for=_DAY, mutable=MAIL, words="expiry_reminder"),
    Kind(name="expiry_three_days", title=_("Plan ends in three days"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH, unasked=False, words="expiry_reminder"),
    Kind(name="expiry_reminder", title=_("Plan ends tomorrow, or in hours"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH),
    Kind(name="allowance_low", title=_("Most of data, minutes or texts is used"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH, waits=True),
    Kind(name="allowance_used_up", title=_("Data, minutes or texts are used up"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH, waits=True),
    Kind(name="plan_ended", title=_("Plan has ended"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH),
    Kind(name="plan_started", title=_("Next plan has begun"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=BOTH),
    Kind(name="next_plan_to_change", title=_("Next plan will be changed"), topic=Topic.PLANS, channels=MAIL, useful_for=timedelta(minutes=10)),
    Kind(name="next_plan_cancelled", title=_("Next plan is cancelled"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=TEXT),
    Kind(name="next_plan_kept", title=_("Next plan could not be changed"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY),
    Kind(name="renewed", title=_("Plan renewed"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=TEXT),
    Kind(name="add_on_applied", title=_("Add-on is yours"), topic=Topic.PLANS, channels=BOTH, useful_for=_DAY, mutable=TEXT),
)  # fmt: skip
_STANDING = (
    Kind(name="renewal_coming", title=_("Plan will renew by itself"), topic=Topic.STANDING, channels=MAIL, useful_for=5 * _DAY),
    Kind(name="renewed_by_itself", title=_("Plan renewed by itself"), topic=Topic.STANDING, channels=BOTH, useful_for=_DAY, mutable=TEXT, waits=True),
    Kind(name="renewal_trouble", title=_("Plan could not renew by itself"), topic=Topic.STANDING, channels=BOTH, useful_for=_DAY, waits=True),
    Kind(name="renewal_price", title=_("Plan will cost something else"), topic=Topic.STANDING, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="top_up_trouble", title=_("Auto top-up did not work"), topic=Topic.STANDING, channels=BOTH, useful_for=_DAY, waits=True),
    Kind(name="method_expires", title=_("Saved card expires"), topic=Topic.STANDING, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="method_ended", title=_("Saved way to pay has ended"), topic=Topic.STANDING, channels=MAIL, useful_for=7 * _DAY),
)  # fmt: skip
_CREDIT = (
    Kind(name="topped_up", title=_("Credit topped up"), topic=Topic.CREDIT, channels=BOTH, useful_for=_DAY, mutable=TEXT),
    Kind(name="topped_up_by_other", title=_("Somebody topped you up"), topic=Topic.CREDIT, channels=TEXT, useful_for=_DAY, mutable=TEXT),
    Kind(name="top_up_taken_back", title=_("A top-up was taken back"), topic=Topic.CREDIT, channels=TEXT, useful_for=_DAY),
    Kind(name="low_credit", title=_("Credit is low"), topic=Topic.CREDIT, channels=BOTH, useful_for=_DAY, mutable=BOTH, waits=True),
    Kind(name="credit_adjusted", title=_("Credit corrected"), topic=Topic.CREDIT, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_asked", title=_("Pay-out asked for"), topic=Topic.CREDIT, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_sent", title=_("Pay-out sent"), topic=Topic.CREDIT, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="payout_refused", title=_("Pay-out refused"), topic=Topic.CREDIT, channels=MAIL, useful_for=7 * _DAY),
)  # fmt: skip
_PAYMENTS = (
    Kind(name="payment_received", title=_("Payment received"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY, mutable=MAIL),
    Kind(name="payment_failed", title=_("Payment failed"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="receipt", title=pgettext_lazy("kind of message", "Receipt"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=30 * _DAY, mutable=MAIL),
    Kind(name="transfer_awaited", title=_("Bank details for your transfer"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="transfer_reminder", title=_("Transfer has not come yet"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=_DAY, mutable=MAIL),
    Kind(name="transfer_short", title=_("Transfer was too small"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="transfer_left", title=_("Something of a transfer is left"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="money_held", title=_("We hold money for you"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="money_returned", title=_("Money returned"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="refund_granted", title=_("Refund granted"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="refund_needs_payer", title=_("Refund needs your bank details"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="top_up_for_other", title=_("You topped up somebody"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="top_up_not_done", title=_("Your top-up for somebody was not done"), topic=Topic.PAYMENTS, channels=MAIL, useful_for=7 * _DAY),
)  # fmt: skip
_GROUPS = (
    Kind(name="group_joined", title=_("Somebody joined your group"), topic=Topic.SHARING, channels=BOTH, useful_for=7 * _DAY, mutable=MAIL),
    Kind(name="group_asked", title=_("A member asks for more data"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=TEXT, waits=True),
    Kind(name="group_answered", title=_("The owner of the group has answered"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=TEXT, waits=True),
    Kind(name="group_changed", title=_("Your part in a group has changed"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=TEXT, waits=True),
    Kind(name="group_left", title=_("Somebody left your group"), topic=Topic.SHARING, channels=MAIL, useful_for=7 * _DAY, mutable=MAIL),
    Kind(name="group_cap_low", title=_("Most of your part in a group is used"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=BOTH, waits=True),
    Kind(name="group_cap_reached", title=_("Your part in a group is used up"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=BOTH, waits=True),
)  # fmt: skip
_LINE = (
    Kind(name="grace_coming", title=_("Line will soon only receive"), topic=Topic.LINE, channels=BOTH, useful_for=5 * _DAY, waits=True),
    Kind(name="grace_begun", title=_("Line only receives"), topic=Topic.LINE, channels=BOTH, useful_for=5 * _DAY, waits=True),
    Kind(name="suspension_coming", title=_("Line will be suspended"), topic=Topic.LINE, channels=BOTH, useful_for=5 * _DAY, waits=True),
    Kind(name="release_coming", title=_("Number will be given up"), topic=Topic.LINE, channels=MAIL, useful_for=5 * _DAY),
    Kind(name="line_released", title=_("Number was given up"), topic=Topic.LINE, channels=MAIL, useful_for=30 * _DAY),
    Kind(name="line_claim", title=_("Somebody asks for your line"), topic=Topic.LINE, channels=MAIL, useful_for=_DAY),
    Kind(name="sim_blocked", title=_("SIM blocked"), topic=Topic.LINE, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="sim_unblocked", title=_("SIM unblocked"), topic=Topic.LINE, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="swap_asked", title=_("Somebody asks for a new SIM"), topic=Topic.LINE, channels=BOTH, useful_for=_DAY, is_secret=True),
    Kind(name="swap_done", title=_("Number moved to a new SIM"), topic=Topic.LINE, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="swap_vetoed", title=_("New SIM refused"), topic=Topic.LINE, channels=BOTH, useful_for=_DAY),
    Kind(name="esim_ready", title=_("eSIM is ready"), topic=Topic.LINE, channels=BOTH, useful_for=7 * _DAY),
    Kind(name="puk_shown", title=_("PUK was shown"), topic=Topic.LINE, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="lock_changed", title=_("Number lock opened"), topic=Topic.LINE, channels=BOTH, useful_for=_DAY),
    Kind(name="port_code", title=_("Code to move your number"), topic=Topic.LINE, channels=BOTH, useful_for=_DAY),
)  # fmt: skip
_SHARING = (
    Kind(name="gift_given", title=_("You gave data"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=TEXT),
    Kind(name="gift_received", title=_("Somebody gave you data"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=BOTH),
    Kind(name="gift_undone", title=_("You took data back"), topic=Topic.SHARING, channels=MAIL, useful_for=_DAY),
    Kind(name="gift_gone", title=_("Data you were given is gone or on hold"), topic=Topic.SHARING, channels=BOTH, useful_for=_DAY, mutable=MAIL),
)  # fmt: skip
_SECURITY = (
    Kind(name="sign_in_code", title=_("Code by SMS"), topic=Topic.SECURITY, channels=TEXT, useful_for=_CODE, is_secret=True),
    Kind(name="email_code", title=_("Code by e-mail"), topic=Topic.SECURITY, channels=MAIL, useful_for=_CODE, is_secret=True),
    Kind(name="password_reset_code", title=_("Code for a new password"), topic=Topic.SECURITY, channels=MAIL, useful_for=_CODE, is_secret=True),
    Kind(name="account_exists", title=_("Somebody tried to register with your number or address"), topic=Topic.SECURITY, channels=BOTH, useful_for=_DAY),
    Kind(name="erasure_asked", title=_("Your account will be deleted"), topic=Topic.SECURITY, channels=MAIL, useful_for=5 * _DAY),
    Kind(name="new_sign_in", title=_("Sign-in from a new device"), topic=Topic.SECURITY, channels=MAIL, useful_for=7 * _DAY),
    Kind(name="security_notice", title=_("How you sign in was changed"), topic=Topic.SECURITY, channels=MAIL, useful_for=7 * _DAY),
)  # fmt: skip
_HELP = (
    Kind(name="ticket_opened", title=_("Your question has arrived"), topic=Topic.HELP, channels=MAIL, useful_for=2 * _DAY),
    Kind(name="ticket_answered", title=_("Our answer to your question"), topic=Topic.HELP, channels=MAIL, useful_for=14 * _DAY),
    Kind(name="order_late", title=_("A paid order takes longer than promised"), topic=Topic.HELP, channels=MAIL, useful_for=2 * _DAY),
)  # fmt: skip
_OFFERS = (
    Kind(name="offers", title=_("Offers and news"), topic=Topic.OFFERS, channels=BOTH, useful_for=2 * _DAY, mutable=BOTH, unasked=False, purpose=Purpose.MARKETING, waits=True),
)  # fmt: skip
_ALL = (*_PLANS, *_STANDING, *_CREDIT, *_PAYMENTS, *_LINE, *_SHARING, *_GROUPS, *_HELP, *_SECURITY, *_OFFERS)
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


def channel_of(address: str) -> Channel:
    """An E.164 number or an e-mail address."""
    return Channel.EMAIL if "@" in address else Channel.SMS
