"""What we ask of the operator's core, in our words, and how it can end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class CoreProblem(Exception):
    """Base of every end but acceptance. `code` is the core's own word, as data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:60]


class Refused(CoreProblem):
    """Surely not applied. `permanent` says that trying again is useless."""

    def __init__(self, code: str, *, permanent: bool) -> None:
        super().__init__(code)
        self.permanent = permanent


class OutcomeUnknown(CoreProblem):
    """It may or may not have been applied: telling it again under the same id is safe."""


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """A command on its way. The same `id` is the same command, however often it is told."""

    id: UUID
    line_id: UUID
    msisdn: str
    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Accepted:
    """The core has it, now or since an earlier time."""


@dataclass(frozen=True, kw_only=True)
class PeriodThere:
    """A plan period as the core has it, by the name we gave it. `granted`: unit → amount in bytes, seconds or messages, None when
    unlimited; `frozen`: units that cannot be used at present.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    granted: Mapping[str, int | None]
    frozen: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class LineThere:
    """A line as the core has it; `state` is one of ours, `sims` are ICCIDs, None where it does not say; of those it lets nothing through for
    `blocked`.
    """

    line_id: UUID
    msisdn: str
    state: str
    periods: Sequence[PeriodThere]
    sims: frozenset[str] | None = None
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """Lines in the order of their ids; `upto` is the id of the last one, None when nothing comes after this page."""

    lines: Sequence[LineThere]
    upto: UUID | None


class Core(Protocol):
    """The operator's core. Called with no transaction open."""

    #: How many commands may be on their way at once: `apply` is called from so many threads.
    window: int

    def apply(self, instruction: Instruction) -> Accepted:
        """Tell it. Touches no database. Raises Refused, OutcomeUnknown."""
        ...

    def snapshot(self, *, after: UUID | None) -> Page:
        """What it knows of the lines behind `after`, else of the first ones. Raises Refused, OutcomeUnknown."""
        ...
