"""Fifty things at once where data is both given away and shared: gifts, taking back, caps, pauses, and everybody's use."""

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Sum

from accounts.models import Subscriber
from network import loading
from network.models import UsageCharge, UsageRecord
from plans.gifts.refusals import CannotBeGiven, CannotBeUndone
from plans.groups import caps
from plans.groups.rules import NotPossible
from plans.models import Allowance, AllowanceGift, GroupShare, GroupUse, SharingGroup
from tests.network.groups import group_of, member_of
from tests.network.writing import NOW, as_csv, row
from tests.plans.conftest import load_the_catalogue
from tests.plans.gifting import GB, HALF, data_of, four_with_data, give, undo, without_limits
from tests.plans.test_periods_race import at_once_bare
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN_AT, USED_AT = NOW - timedelta(minutes=5), NOW - timedelta(minutes=1)
CAP = 2 * GB


@pytest.fixture
def people(settings: Any) -> list[Subscriber]:
    """15 GB each; Anna shares hers with Bao and Carla, 2 GB apiece, and Emma is in no group."""
    load_the_catalogue()
    without_limits(settings)
    made = four_with_data(since=NOW - timedelta(hours=1))
    group = group_of(made[0].lines[0])
    for member in made[1:3]:
        member_of(group, member.lines[0], CAP)
    return made


def using(person: Subscriber, number: int, folder: Path) -> Callable[[], object]:
    path = folder / f"{number}.csv"
    path.write_bytes(as_csv([row(f"r{number}", number=str(person.msisdn), at=USED_AT, amount=6 * GB)]))
    return lambda: list(loading.load(path, source="test", now=NOW))


def test_what_is_given_is_not_shared_and_what_is_shared_is_not_given(people: list[Subscriber], tmp_path: Path) -> None:
    pairs = list(itertools.permutations(people, 2))
    first = [give(giver, str(taker.msisdn), data_of(giver), HALF, now=GIVEN_AT) for giver, taker in pairs]
    gifts = [
        partial(give, giver, str(taker.msisdn), data_of(giver), HALF, form_token=uuid.uuid4(), now=GIVEN_AT)
        for giver, taker in pairs
    ]
    undos = [partial(undo, gift, now=NOW) for gift in first]
    anna, *others = people
    users = [anna, *others * 5]  # hers is not used up by herself, so that something is left to be shared
    uses = [using(one, number, tmp_path) for number, one in enumerate(users)]
    bao, carla = SharingGroup.objects.get().members.order_by("pk").select_related("line", "group__line")
    owners: list[Callable[[], object]] = [
        partial(caps.set_cap, member=member, cap_bytes=size, now=NOW)
        for member in (bao, carla)
        for size in (HALF, CAP, GB)
    ]
    owners += [partial(caps.pause, member=bao, now=NOW), partial(caps.resume, member=bao, now=NOW)] * 2

    results = at_once_bare(*gifts, *undos, *uses, *owners)

    assert len(results) == 50
    expected = (CannotBeGiven, CannotBeUndone, NotPossible)
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, expected)] == []
    every_byte()
    nobody_beyond()
    assert broken() == {}


def every_byte() -> None:
    data = Allowance.objects.filter(unit="data")
    sums = data.aggregate(granted=Sum("granted"), used=Sum("used"), gifted=Sum("gifted"))
    stays = sum(gift.stays_bytes for gift in AllowanceGift.objects.all())
    assert (sums["granted"] - stays, sums["gifted"]) == (4 * 15 * GB, stays)
    assert not data.filter(granted__lt=F("used") + F("gifted")).exists()
    used = UsageRecord.objects.aggregate(amount=Sum("amount"), overrun=Sum("overrun"))
    assert used["amount"] == 16 * 6 * GB
    assert sums["used"] + used["overrun"] == used["amount"]
    for one in data:
        charged = UsageCharge.objects.filter(allowance=one).aggregate(sum=Sum("amount", default=0))["sum"]
        assert one.used == charged


def nobody_beyond() -> None:
    """Members use the owner's own plan alone, no gift, and no more of it than their cap was at most."""
    shared = UsageCharge.objects.exclude(member=None)
    assert shared.filter(member__line__msisdn="+4917604069013").exists()
    assert set(shared.values_list("allowance__line", "allowance__gift")) <= {(SharingGroup.objects.get().line_id, None)}
    for share in GroupShare.objects.all():
        charges = shared.filter(member=share.member_id).aggregate(sum=Sum("amount", default=0))["sum"]
        uses = GroupUse.objects.filter(member=share.member_id).aggregate(sum=Sum("used_bytes", default=0))["sum"]
        assert share.used_bytes == charges == uses <= CAP
