"""What readers want: a choice belongs to an address and a kind, whoever writes to it; asked once more before anything is sent."""

from collections.abc import Collection, Iterable
from uuid import UUID

from lib import clock
from notifications.kinds import KINDS, Channel, Kind, Purpose, channel_of, kind_of
from notifications.models import Choice, Message


class NotAsked(Exception):
    """The kind goes out on this channel whatever its reader wants, or does not go over it."""


class ConsentMissing(Exception):
    """Marketing is sent only to who has agreed to a text, and its version is kept."""


def choose(address: str, kind: str, *, is_wanted: bool, text_version: str = "") -> None:
    """From now on. Raises NotAsked, ConsentMissing."""
    about = kind_of(kind)
    if channel_of(address) not in about.mutable:
        raise NotAsked
    if is_wanted and about.purpose is Purpose.MARKETING and not text_version:
        raise ConsentMissing
    Choice.objects.update_or_create(
        address=_plain(address),
        kind=kind,
        defaults={"is_wanted": is_wanted, "made_at": clock.real_now(), "text_version": text_version},
    )


def wanted(address: str) -> dict[str, bool]:
    """Each kind that may be chosen at this address, and whether it goes out."""
    chosen = dict(Choice.objects.filter(address=_plain(address)).values_list("kind", "is_wanted"))
    channel = channel_of(address)
    return {kind.name: chosen.get(kind.name, kind.unasked) for kind in KINDS.values() if channel in kind.mutable}


def not_wanted(messages: Iterable[Message]) -> set[UUID]:
    """Ids of those whose readers do not want them."""
    asked = [message for message in messages if (kind := KINDS.get(message.kind)) and _may_choose(kind, message)]
    if not asked:
        return set()
    chosen = _chosen({_plain(message.address) for message in asked}, {message.kind for message in asked})
    return {
        message.pk
        for message in asked
        if not chosen.get((_plain(message.address), message.kind), KINDS[message.kind].unasked)
    }


def _may_choose(kind: Kind, message: Message) -> bool:
    return Channel(message.channel) in kind.mutable


def _chosen(addresses: Collection[str], kinds: Collection[str]) -> dict[tuple[str, str], bool]:
    rows = Choice.objects.filter(address__in=addresses, kind__in=kinds)
    return {(address, kind): is_wanted for address, kind, is_wanted in rows.values_list("address", "kind", "is_wanted")}


def forget(address: str) -> None:
    """The address has another reader now."""
    Choice.objects.filter(address=_plain(address)).delete()


def move(before: str, after: str) -> None:
    """The same reader reads at another address of the same channel; what was chosen there before is gone."""
    if before and _plain(before) != _plain(after):
        forget(after)
        Choice.objects.filter(address=_plain(before)).update(address=_plain(after))


def _plain(address: str) -> str:
    return address.lower()
