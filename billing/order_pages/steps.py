"""A step of an order's timeline."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepState(StrEnum):
    DONE = "done"
    NOW = "now"
    NEXT = "todo"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the timeline, worded in the reader's language."""

    state: StepState
    title: str
    detail: str = ""
    at: datetime | None = None
