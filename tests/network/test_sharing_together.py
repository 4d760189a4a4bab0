"""Fifty things at once on one group: usage of everybody, caps, pauses, asks, joining and leaving. Every byte is accounted for afterwards."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Sum

from accounts.models import Line, LineOwnership
from network import loading
from network.models import UsageCharge, UsageDay, UsageRecord
from plans.groups import asking, caps, ending, inviting, joining
from plans.groups.rules import NotPossible
from plans.models import Allowance, GroupMember, GroupShare, GroupUse, SharingGroup
from plans.models.group import STEP_BYTES
from tests.billing.test_ledger import run_together
from tests.cast import bao, carla, emma, person
from tests.network.groups import group_of, member_of, owner_of, shared
from tests.network.writing import HOUR, MB, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + HOUR


@pytest.fixture
def group(line: Line) -> SharingGroup:
    """Anna's, with three members; Bao has some data of his own. All of it is less than will be used."""
    made = group_of(line)
    people = [bao(), carla(), emma()]
    for each in people:
        member_of(made, each.lines[0], 2 * STEP_BYTES)
    allowance(people[0].lines[0], 300 * MB)
    shared(line, 4000 * MB)
    shared(line, 900 * MB, ends=NOW + 5 * HOUR, of=line.periods.get())
    return made


def numbers(group: SharingGroup) -> list[str]:
    return ["+4917604069011", *group.members.order_by("pk").values_list("line__msisdn", flat=True)]


def files(group: SharingGroup, folder: Path, count: int) -> list[Path]:
    """Each holds uses of everybody, ten records apiece, and a third of what another holds."""
    everybody, made = numbers(group), []
    for number in range(count):
        first = number * 8
        rows = [
            row(f"r{n}", number=everybody[n % len(everybody)], amount=17 * MB + n, at=NOW - (n % 50) * HOUR)
            for n in range(first, first + 12)
        ]
        path = folder / f"{number}.csv"
        path.write_bytes(as_csv(rows if number % 2 else rows[::-1]))
        made.append(path)
    return made


def acts(group: SharingGroup) -> list[Callable[[], Any]]:
    """Twenty: half of them would undo the other half."""
    first, second, third = group.members.order_by("pk").select_related("line", "group__line")
    newcomer = person("Diego", "+4917604069015")
    invite, _code = inviting.invite(group=group, cap_bytes=STEP_BYTES, now=NOW)
    join = partial(joining.join, invite=invite, line=newcomer.lines[0], subscriber=newcomer, shows="D", now=LATER)
    wanted: list[Callable[[], Any]] = [
        partial(caps.set_cap, member=first, cap_bytes=n * STEP_BYTES, now=LATER) for n in (1, 3, 2, 1)
    ]
    wanted += [partial(caps.pause, member=second, now=LATER), partial(caps.resume, member=second, now=LATER)] * 3
    wanted += [partial(_ask_and_approve, member, LATER) for member in (first, second, third) for _twice in range(2)]
    wanted += [
        partial(ending.leave, member=third, now=LATER),
        partial(ending.remove, member=third, now=LATER),
        join,
        join,
    ]
    return wanted


def _ask_and_approve(member: GroupMember, now: datetime) -> None:
    asking.approve(ask=asking.ask(member=member, amount_bytes=STEP_BYTES, now=now), now=now)


def test_fifty_things_at_once_and_every_byte_is_accounted_for(group: SharingGroup, tmp_path: Path) -> None:
    paths, wanted = files(group, tmp_path, 30), acts(group)

    def work(number: int) -> None:
        if number < len(wanted):
            with contextlib.suppress(NotPossible):
                wanted[number]()
        else:
            list(loading.load(paths[number - len(wanted)], source="test", now=NOW))

    run_together(len(wanted) + len(paths), work)
    assert len(wanted) + len(paths) == 50

    assert UsageRecord.objects.count() == 30 * 8 + 4
    charged, uncovered = total(UsageCharge.objects.all()), UsageRecord.objects.aggregate(sum=Sum("overrun"))["sum"]
    assert charged + uncovered == total(UsageRecord.objects.all()) == total(UsageDay.objects.all())
    assert uncovered > 0
    for bucket in Allowance.objects.all():
        assert bucket.used == total(UsageCharge.objects.filter(allowance=bucket))
        members = UsageCharge.objects.filter(allowance=bucket).exclude(member=None)
        assert total(members) == (bucket.group_uses.aggregate(sum=Sum("used_bytes"))["sum"] or 0)
    assert Allowance.objects.aggregate(sum=Sum("used"))["sum"] == charged
    each_member(group)
    assert SharingGroup.objects.get() == group
    assert not Allowance.objects.filter(granted__lt=F("used") + F("gifted")).exists()


def each_member(group: SharingGroup) -> None:
    """Nobody beyond what was ever allowed, each in two countings, and the past untouched by who left."""
    asked = {member.pk: member.asks.filter(state="approved").count() for member in group.members.all()}
    for member in group.members.all():
        charges = total(UsageCharge.objects.filter(member=member))
        assert charges == (GroupUse.objects.filter(member=member).aggregate(sum=Sum("used_bytes"))["sum"] or 0)
        share = GroupShare.objects.filter(member=member).first()
        assert charges == (share.used_bytes if share else 0)
        assert (share.extra_bytes if share else 0) == asked[member.pk] * STEP_BYTES
        assert charges <= 3 * STEP_BYTES + asked[member.pk] * STEP_BYTES
    assert group.members.get(line__msisdn="+4917604069014").left_at == LATER
    assert group.members.filter(line__msisdn="+4917604069015", left_at=None).count() == 1


def total(rows: Any) -> int:
    return int(rows.aggregate(sum=Sum("amount"))["sum"] or 0)


def test_two_who_want_the_last_place_and_one_code_become_one_member(line: Line, settings: Any) -> None:
    settings.GROUP_MEMBERS_AT_MOST = 1
    group, people = group_of(line), [bao(), carla()]
    invites = [inviting.invite(group=group, cap_bytes=None, now=NOW)[0] for _one in people]

    def work(number: int) -> None:
        who = people[number % 2]
        with contextlib.suppress(NotPossible):
            joining.join(invite=invites[number // 2], line=who.lines[0], subscriber=who, shows=who.name, now=NOW)

    run_together(4, work)
    assert GroupMember.objects.filter(left_at=None).count() == 1
    assert LineOwnership.objects.filter(subscriber=owner_of(line)).count() == 1
