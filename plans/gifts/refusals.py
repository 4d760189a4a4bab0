"""Why data cannot be given, or taken back: reasons as data, worded by the page (plans.gifts.words)."""

from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    """What is in the way of giving. `NUMBER` stands for everything about the other line."""

    NOT_OWNER = "not_owner"
    LINE = "line"
    HOLD = "hold"
    OWN_NUMBER = "own_number"
    SOURCE = "source"
    AMOUNT = "amount"
    MANY = "many"
    MUCH = "much"
    NUMBER = "number"
    TOO_OFTEN = "too_often"


class CannotBeGiven(Exception):
    """Nothing has changed. `until`: when it will be possible, where that is known."""

    def __init__(self, why: Why, *, until: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.until = why, until


class WhyNotBack(StrEnum):
    """What is in the way of taking back."""

    NOT_OWNER = "not_owner"
    TOO_LATE = "too_late"
    USED_UP = "used_up"
    SOURCE = "source"


class CannotBeUndone(Exception):
    """The gift stays as it is."""

    def __init__(self, why: WhyNotBack) -> None:
        super().__init__(why)
        self.why = why
