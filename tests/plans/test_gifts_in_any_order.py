"""Whatever is given, used and taken back, in any order, beside a model of three numbers a gift."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from accounts.models import Line, Subscriber
from billing.reconciliation.stored import PROMISES, breaches
from plans.gifts.refusals import CannotBeGiven
from plans.models import Allowance, AllowanceGift
from tests import cast
from tests.plans.conftest import NOON
from tests.plans.gifting import GB, HALF, figures, give, start, undo, use, wake

BAO = "+4917604069012"


@dataclass
class Books:
    """What of 15 GB ought to be where: by gift what was given, used and taken back."""

    giver: Subscriber
    data: Allowance
    chance: random.Random
    now: datetime = NOON
    own_used: int = 0
    gifts: dict[UUID, list[int]] = field(default_factory=dict)

    @property
    def gifted(self) -> int:
        return sum(given - back for given, _used, back in self.gifts.values())

    def give(self) -> None:
        amount = self.chance.randrange(1, 4) * HALF
        may = self.gifted + amount <= 5 * GB and self.own_used + self.gifted + amount <= 15 * GB
        try:
            self.gifts[give(self.giver, BAO, self.data, amount, now=self.now).pk] = [amount, 0, 0]
            assert may
        except CannotBeGiven:
            assert not may

    def use_own(self) -> None:
        part = min(self.chance.randrange(2 * GB), 15 * GB - self.gifted - self.own_used)
        use(self.data, part)
        self.own_used += part

    def use_gift(self) -> None:
        if self.gifts:
            pk = self.chance.choice(list(self.gifts))
            given, used, back = self.gifts[pk]
            part = min(self.chance.randrange(GB), given - used - back)
            use(AllowanceGift.objects.get(pk=pk).received, part)
            self.gifts[pk][1] += part

    def undo(self) -> None:
        if self.gifts:
            gift = AllowanceGift.objects.get(pk=self.chance.choice(list(self.gifts)))
            given, used, _back = self.gifts[gift.pk]
            if not gift.undone_at and given > used and self.now < gift.undo_until:
                undo(gift, now=self.now)
                self.gifts[gift.pk][2] = given - used

    def agree(self) -> bool:
        received = {gift.pk: gift.received for gift in AllowanceGift.objects.select_related("received")}
        ours = {pk: (given - back, used) for pk, (given, used, back) in self.gifts.items()}
        is_same = ours == {pk: (one.granted, one.used) for pk, one in received.items()}
        return is_same and figures(self.data) == (15 * GB, self.own_used, self.gifted)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_given_used_and_taken_back_every_byte_has_its_place(
    line: Line, seed: int, settings: object
) -> None:
    settings.GIFTS_A_DAY = 1000  # type: ignore[attr-defined]
    wake(cast.bao().lines[0])
    giver = Subscriber.objects.get(name="Anna")
    books = Books(giver, start(line, "month-15", now=NOON), random.Random(seed))
    for _step in range(30):
        books.now += timedelta(minutes=books.chance.randrange(6))
        books.chance.choice([books.give, books.use_own, books.use_gift, books.undo])()
        assert books.agree()
    assert not any(breaches(promise) for promise in PROMISES if promise.name in {"gifted", "gift", "allowance"})
