"""What we ask of whoever carries messages, and how it can end."""

from dataclasses import dataclass
from typing import Protocol

from notifications.attachments import Attachment


class ChannelProblem(Exception):
    """Base of every end but acceptance. `code` is the carrier's own word, as data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:60]


class Refused(ChannelProblem):
    """Surely not accepted. `permanent` says that trying again is useless."""

    def __init__(self, code: str, *, permanent: bool) -> None:
        super().__init__(code)
        self.permanent = permanent


class OutcomeUnknown(ChannelProblem):
    """It may or may not have been accepted."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message ready to go. `reference` is ours and the same at each try; `html` and `title` are for e-mail."""

    address: str
    title: str
    text: str
    html: str
    reference: str
    attachment: Attachment | None = None


class CarrierOfMessages(Protocol):
    """One way out. Called with no transaction open."""

    def carry(self, letter: Letter) -> str:
        """Hand it over; returns the carrier's reference. Raises Refused, OutcomeUnknown."""
        ...
