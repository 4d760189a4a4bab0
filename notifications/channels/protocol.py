"""What we ask of whoever carries messages, and how it can end."""

from dataclasses import dataclass
from typing import Protocol

from notifications.attachments import Attachment


class ChannelProblem(Exception):
    """Base of every end but acceptance. `code` is the carrier's own word, as data (notifications.codes); `by` names the carrier."""

    def __init__(self, code: str, *, by: str = "") -> None:
        super().__init__(code)
        self.code = code[:60]
        self.by = by


class Refused(ChannelProblem):
    """Surely not accepted. `permanent` says that trying again is useless."""

    def __init__(self, code: str, *, permanent: bool, by: str = "") -> None:
        super().__init__(code, by=by)
        self.permanent = permanent


class OutcomeUnknown(ChannelProblem):
    """It may or may not have been accepted."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message ready to go. `reference` is ours and the same at each try; `html`, `title`, `off_url` (where its reader
    says no to more of them) and `reply_to` (where an answer goes) are for e-mail.
    """

    address: str
    title: str
    text: str
    html: str
    reference: str
    attachment: Attachment | None = None
    off_url: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class Accepted:
    """The carrier has it, under `reference`. `by`: which carrier, where there are several."""

    reference: str
    by: str = ""


class CarrierOfMessages(Protocol):
    """One way out. Called with no transaction open."""

    #: How many letters may be on their way at once: `carry` is called from so many threads. Each call waits for the answer to its own
    #: letter, be it on a connection of its own or, as with SMPP's window, by its number on one that is shared.
    window: int

    def carry(self, letter: Letter) -> Accepted:
        """Hand it over. Touches no database. Raises Refused, OutcomeUnknown."""
        ...
