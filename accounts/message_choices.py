"""Which messages somebody wants, by kind and channel: on the number they look at, and at their e-mail address."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, Line, Subscriber
from lib import clock
from lib.brand import brand
from notifications import choices
from notifications.kinds import KINDS, Channel, Kind, Purpose, Topic

#: The text of the brand whose version is kept when somebody asks for offers.
OFFERS = "offers"
_HEADINGS = {
    Topic.PLANS: _("Plans"),
    Topic.STANDING: _("Auto-renew and auto top-up"),
    Topic.CREDIT: _("Credit"),
    Topic.PAYMENTS: _("Payments and receipts"),
    Topic.SHARING: _("Sharing"),
    Topic.LINE: _("Your line"),
    Topic.SECURITY: _("Security"),
    Topic.OFFERS: _("Offers"),
}


@dataclass(frozen=True)
class Place:
    """A kind on one channel. `is_open`: the reader may choose; `is_on`: it goes out."""

    channel: Channel
    name: str
    is_open: bool
    is_on: bool


@dataclass(frozen=True)
class Row:
    kind: Kind
    places: list[Place]

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return any(place.is_open for place in self.places)


@dataclass(frozen=True)
class Section:
    topic: Topic
    heading: str
    rows: list[Row]

    @property
    def open_rows(self) -> list[Row]:
        return [row for row in self.rows if row.is_open]

    @property
    def fixed_rows(self) -> list[Row]:
        return [row for row in self.rows if not row.is_open]


def sections(subscriber: Subscriber, line: Line | None) -> list[Section]:
    """Everything that may be sent to them, under its heading; SMS only with a line."""
    wanted = {channel: choices.wanted(address) for channel, address in _addresses(subscriber, line).items()}
    rows = [Row(kind, list(_places(kind, wanted))) for kind in KINDS.values()]
    return [
        Section(topic, str(heading), [row for row in rows if row.kind.topic == topic and row.places])
        for topic, heading in _HEADINGS.items()
    ]


def _places(kind: Kind, wanted: dict[Channel, dict[str, bool]]) -> Iterator[Place]:
    for channel in kind.channels:
        if channel in wanted:
            is_open = channel in kind.mutable
            yield Place(channel, _name(kind, channel), is_open, wanted[channel].get(kind.name, True))


def _name(kind: Kind, channel: Channel) -> str:
    return f"{kind.name}.{channel}"


def _addresses(subscriber: Subscriber, line: Line | None) -> dict[Channel, str]:
    addresses = {Channel.EMAIL: subscriber.email, Channel.SMS: line.msisdn if line else ""}
    return {channel: address for channel, address in addresses.items() if address}


@transaction.atomic
def choose(subscriber: Subscriber, line: Line | None, *, ticked: Collection[str]) -> int:
    """Everything that is ticked is wanted, and nothing else that may be chosen. Returns how many places have changed."""
    changed = 0
    for section in sections(subscriber, line):
        for row in section.rows:
            for place in row.places:
                is_wanted = place.name in ticked
                if place.is_open and is_wanted != place.is_on:
                    _choose(subscriber, _addresses(subscriber, line)[place.channel], row.kind, is_wanted=is_wanted)
                    changed += 1
    return changed


def _choose(subscriber: Subscriber, address: str, kind: Kind, *, is_wanted: bool) -> None:
    version = ""
    if is_wanted and kind.purpose is Purpose.MARKETING:
        version = brand().versions[OFFERS]
        about = f"{OFFERS}_{'email' if '@' in address else 'sms'}"
        Consent.objects.create(subscriber=subscriber, kind=about, text_version=version, given_at=clock.now())
    choices.choose(address, kind.name, is_wanted=is_wanted, text_version=version)
