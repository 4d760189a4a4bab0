"""Fifty things at once on four lines that give to each other: gifts both ways, some taken back, and usage charged to the same data."""

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from accounts.models import Subscriber
from network import loading
from network.models import UsageCharge, UsageRecord
from plans.gifts.refusals import CannotBeGiven, CannotBeUndone
from plans.models import Allowance, AllowanceGift
from provisioning.models import Command
from tests.network.writing import NOW, as_csv, row
from tests.plans.conftest import load_the_catalogue
from tests.plans.gifting import GB, HALF, data_of, four_with_data, give, undo, without_limits
from tests.plans.test_periods_race import at_once_bare
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN_AT, USED_AT = NOW - timedelta(minutes=5), NOW - timedelta(minutes=1)


@pytest.fixture
def people(settings: Any) -> list[Subscriber]:
    """Each with 15 GB of their own."""
    load_the_catalogue()
    without_limits(settings)
    return four_with_data(since=NOW - timedelta(hours=1))


def giving(giver: Subscriber, taker: Subscriber, token: uuid.UUID) -> Callable[[], object]:
    return lambda: give(giver, str(taker.msisdn), data_of(giver), HALF, form_token=token, now=GIVEN_AT)


def using(person: Subscriber, number: int, folder: Path) -> Callable[[], object]:
    """3 GB in one file: more than all together have, so that some of it finds nothing left."""
    path = folder / f"{number}.csv"
    path.write_bytes(as_csv([row(f"r{number}", number=str(person.msisdn), at=USED_AT, amount=5 * GB)]))
    return lambda: list(loading.load(path, source="test", now=NOW))


def test_fifty_at_once_keep_every_byte_accounted_for(people: list[Subscriber], tmp_path: Path) -> None:
    pairs = list(itertools.permutations(people, 2))
    first = [give(giver, str(taker.msisdn), data_of(giver), HALF, now=GIVEN_AT) for giver, taker in pairs]
    tokens = [uuid.uuid4() for _pair in pairs]
    gifts = [giving(*pair, token) for pair, token in zip(pairs * 2, tokens * 2, strict=True)]  # each clicked twice
    undos = [lambda gift=gift: undo(gift, now=NOW) for gift in first]
    uses = [using(people[number % 4], number, tmp_path) for number in range(14)]
    results = at_once_bare(*gifts, *undos, *uses)
    assert len(results) == 50
    errors = [result for result in results if isinstance(result, Exception)]
    assert [error for error in errors if not isinstance(error, CannotBeGiven | CannotBeUndone)] == []
    tellings = Command.objects.filter(subject__startswith="gift:").count()
    assert AllowanceGift.objects.count() == 24 - sum(isinstance(error, CannotBeGiven) for error in errors) / 2
    assert tellings == 2 * (AllowanceGift.objects.count() + AllowanceGift.objects.exclude(undone_at=None).count())
    assert_accounted_for()


def assert_accounted_for() -> None:
    data = Allowance.objects.filter(unit="data")
    sums = data.aggregate(granted=Sum("granted"), used=Sum("used"), gifted=Sum("gifted"))
    stays = sum(gift.stays_bytes for gift in AllowanceGift.objects.all())
    assert sums["granted"] - stays == 4 * 15 * GB
    assert sums["gifted"] == stays
    for one in data:
        charged = UsageCharge.objects.filter(allowance=one).aggregate(sum=Sum("amount", default=0))["sum"]
        assert (one.used, (one.remaining or 0) >= 0) == (charged, True)
    used = UsageRecord.objects.aggregate(amount=Sum("amount"), overrun=Sum("overrun"))
    assert used["amount"] == 14 * 5 * GB
    assert sums["used"] + used["overrun"] == used["amount"]
    assert broken() == {}


def test_late_use_from_before_a_gift_takes_what_is_left_and_never_what_was_given(
    people: list[Subscriber], tmp_path: Path
) -> None:
    anna, bao = people[:2]
    gift = give(anna, str(bao.msisdn), data_of(anna), HALF, now=NOW - timedelta(minutes=2))
    path = tmp_path / "late.csv"
    path.write_bytes(as_csv([row("late", number=str(anna.msisdn), at=NOW - timedelta(minutes=3), amount=15 * GB)]))
    list(loading.load(path, source="test", now=NOW))
    assert UsageRecord.objects.get().overrun == HALF
    assert data_of(anna).remaining == 0
    gift.received.refresh_from_db()
    assert gift.received.remaining == HALF


def test_use_that_comes_after_it_was_taken_back_is_not_covered_by_the_gift(
    people: list[Subscriber], tmp_path: Path
) -> None:
    anna, bao = people[:2]
    Allowance.objects.filter(line=bao.lines[0], unit="data").update(used=15 * GB)
    gift = give(anna, str(bao.msisdn), data_of(anna), HALF, now=GIVEN_AT)
    undo(gift, now=NOW)
    path = tmp_path / "late.csv"
    path.write_bytes(as_csv([row("late", number=str(bao.msisdn), at=USED_AT, amount=HALF)]))
    list(loading.load(path, source="test", now=NOW))
    assert UsageRecord.objects.get().overrun == HALF
    assert data_of(anna).remaining == 15 * GB
