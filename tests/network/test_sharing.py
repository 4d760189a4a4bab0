"""What a member uses: its own data first, then its owner's, inside zone, roaming cap and the member's cap, while in the group."""

from datetime import date
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db.models import Sum

from accounts.models import Line, LineOwnership, Subscriber
from billing import ledger
from network import used_days
from network.models import UsageCharge, UsageDay, UsageRecord
from notifications.models import Message
from plans.groups import caps, inviting
from plans.groups.rules import NotPossible, Why
from plans.groups.shared import may_use
from plans.models import Allowance, GroupShare, GroupUse, PlanPeriod, SharingGroup
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data
from tests.cast import bao, carla, emma
from tests.network.conftest import Load
from tests.network.groups import group_of, member_of, owner_of, paused, shared
from tests.network.writing import DAY, HOUR, MB, NOW, allowance, row

pytestmark = pytest.mark.django_db
STEP = 500 * MB
BAO, CARLA, ANNA = "+4917604069012", "+4917604069013", "+4917604069011"


@pytest.fixture
def group(line: Line) -> SharingGroup:
    """Anna's; nobody is in it yet."""
    return group_of(line)


@pytest.fixture
def member_line(db: None) -> Line:
    return bao().lines[0]


def used(bucket: Allowance) -> int:
    return Allowance.objects.values_list("used", flat=True).get(pk=bucket.pk)


def overrun() -> dict[str, int]:
    return dict(UsageRecord.objects.values_list("record_id", "overrun"))


def test_a_members_own_data_goes_first_and_the_owners_after_it(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    theirs, own = shared(group.line), allowance(member_line, 30)
    member = member_of(group, member_line)
    load([row("a", number=BAO, amount=50)])
    assert (used(own), used(theirs)) == (30, 20)
    charges = UsageCharge.objects.values_list("allowance_id", "amount", "member_id")
    assert set(charges) == {(own.pk, 30, None), (theirs.pk, 20, member.pk)}
    assert UsageRecord.objects.get().line_id == member_line.pk
    assert overrun() == {"a": 0}
    assert UsageDay.objects.get().line_id == member_line.pk
    assert list(GroupUse.objects.values_list("member", "allowance", "used_bytes")) == [(member.pk, theirs.pk, 20)]
    assert list(GroupShare.objects.values_list("member", "used_bytes", "limit_bytes")) == [(member.pk, 20, None)]


def test_never_beyond_the_cap_and_what_is_over_is_as_without_a_group(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    load_reference_data()
    theirs = shared(group.line, 2000 * MB)
    member_of(group, member_line, STEP)
    give_credit(member_line, 1000)
    give_credit(group.line, 1000)
    load([row("a", number=BAO, amount=400 * MB), row("b", number=BAO, amount=400 * MB, at=NOW - HOUR)])
    assert used(theirs) == STEP
    assert [part.minor for part in ledger.credit_of(member_line)] == [1000 - 75, 0]  # 300 MB at 2.50 a GB
    assert [part.minor for part in ledger.credit_of(group.line)] == [1000, 0]
    share = GroupShare.objects.get()
    assert (share.used_bytes, share.limit_bytes) == (STEP, STEP)
    assert overrun() == {"a": 0, "b": 0}


def test_what_was_added_on_request_counts_in_that_plan_period_alone(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    before = shared(group.line, begins=NOW - 10 * DAY, ends=NOW - 2 * DAY)
    after = shared(group.line, begins=NOW - 2 * DAY, ends=NOW + 10 * DAY)
    member = member_of(group, member_line, STEP)
    assert before.period
    GroupShare.objects.create(member=member, period=before.period, extra_bytes=STEP)
    load([row("a", number=BAO, amount=900 * MB, at=NOW - 3 * DAY), row("b", number=BAO, amount=900 * MB)])
    assert (used(before), used(after)) == (900 * MB, STEP)
    assert overrun() == {"a": 0, "b": 400 * MB}


def test_nothing_is_shared_before_joining_after_leaving_or_while_paused(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    theirs = shared(group.line)
    member = member_of(group, member_line, since=NOW - 5 * DAY, until=NOW - DAY)
    paused(member, NOW - 3 * DAY, NOW - 2 * DAY)
    times = {
        "early": NOW - 6 * DAY,
        "in": NOW - 4 * DAY,
        "paused": NOW - 3 * DAY,
        "again": NOW - 2 * DAY,
        "late": NOW - DAY,
    }
    load([row(name, number=BAO, amount=5, at=at) for name, at in times.items()])
    assert used(theirs) == 10
    assert overrun() == {"early": 5, "in": 0, "paused": 5, "again": 0, "late": 5}


def test_no_gift_nor_what_came_without_a_plan_is_shared(group: SharingGroup, member_line: Line, load: Load) -> None:
    gift, plan = allowance(group.line, ends=NOW + DAY), shared(group.line, 3)
    member_of(group, member_line)
    load([row("a", number=BAO, amount=5), row("call", number=BAO, unit="voice", amount=60)])
    assert (used(gift), used(plan)) == (0, 3)
    assert overrun() == {"a": 2, "call": 60}


def test_nothing_is_shared_while_no_plan_runs(group: SharingGroup, member_line: Line, load: Load) -> None:
    ended = shared(group.line, begins=NOW - 20 * DAY, ends=NOW - 10 * DAY)
    add_on = allowance(group.line, begins=NOW - 20 * DAY, period=ended.period)
    member_of(group, member_line)
    load([row("a", number=BAO, amount=5)])
    assert (used(ended), used(add_on), overrun()) == (0, 0, {"a": 5})
    assert not GroupShare.objects.exists()


def test_an_add_on_of_the_owners_is_shared_beside_the_plan_first_to_expire_first(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    plan = shared(group.line, 100)
    add_on = shared(group.line, 100, ends=NOW + DAY, of=plan.period)
    member_of(group, member_line)
    load([row("a", number=BAO, amount=130)])
    assert (used(add_on), used(plan)) == (100, 30)
    assert GroupShare.objects.get().used_bytes == 130
    assert GroupUse.objects.aggregate(sum=Sum("used_bytes"))["sum"] == 130


def test_zone_and_roaming_cap_are_the_owners(group: SharingGroup, member_line: Line, load: Load) -> None:
    theirs = shared(group.line, 1000, cap=40)
    member_of(group, member_line)
    load([
        row("us", number=BAO, amount=10, country="US"),
        row("fr", number=BAO, amount=50, country="FR"),
        row("de", number=BAO, amount=50, at=NOW - HOUR),
    ])  # fmt: skip
    theirs.refresh_from_db()
    assert (theirs.used, theirs.used_abroad) == (90, 40)
    assert overrun() == {"us": 10, "fr": 10, "de": 0}


def test_unlimited_data_is_shared_too_up_to_the_cap(group: SharingGroup, member_line: Line, load: Load) -> None:
    theirs = shared(group.line, None)
    member_of(group, member_line, STEP)
    load([row("a", number=BAO, amount=3 * STEP)])
    assert (used(theirs), overrun()) == (STEP, {"a": 2 * STEP})


def test_without_a_cap_nothing_unlimited_is_shared_and_a_cap_is_asked_for(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    theirs = shared(group.line, None)
    member = member_of(group, member_line)
    load([row("a", number=BAO, amount=3 * STEP)])
    assert (used(theirs), overrun()) == (0, {"a": 3 * STEP})
    assert may_use(member, now=NOW)[2] == 0
    caps.set_cap(member=member, cap_bytes=STEP, now=NOW)
    for act in (
        partial(inviting.invite, group=group, cap_bytes=None, now=NOW),
        partial(caps.set_cap, member=member, cap_bytes=None, now=NOW),
    ):
        with pytest.raises(NotPossible) as error:
            act()
        assert error.value.why == Why.NEEDS_CAP


def test_of_one_chunk_the_owners_own_use_comes_first_then_members_by_time(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    theirs = shared(group.line, 100)
    other = carla().lines[0]
    first, second = member_of(group, member_line), member_of(group, other)
    load([
        row("b", number=BAO, amount=60, at=NOW - 2 * HOUR),
        row("c", number=CARLA, amount=60, at=NOW - 3 * HOUR),
        row("a", number=ANNA, amount=30, at=NOW - HOUR),
    ])  # fmt: skip
    assert used(theirs) == 100
    assert overrun() == {"a": 0, "c": 0, "b": 50}
    assert dict(GroupUse.objects.values_list("member", "used_bytes")) == {second.pk: 60, first.pk: 10}


def test_of_a_number_with_a_new_owner_on_either_side_nothing_is_shared(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    """From the moment it changed hands, before any sweep has come by."""
    theirs = shared(group.line)
    member_of(group, member_line)
    LineOwnership.objects.filter(line=member_line).update(until_at=NOW - 2 * DAY)
    LineOwnership.objects.create(line=member_line, subscriber=emma(), from_at=NOW - 2 * DAY)
    load([row("before", number=BAO, amount=5, at=NOW - 3 * DAY), row("after", number=BAO, amount=5)])
    assert (used(theirs), overrun()) == (5, {"before": 0, "after": 5})
    LineOwnership.objects.filter(line=group.line).update(until_at=NOW - 3 * DAY)
    load([row("owner", number=BAO, amount=5, at=NOW - 3 * DAY + HOUR)], name="b.csv")
    assert (used(theirs), overrun()["owner"]) == (5, 5)


def test_four_fifths_and_all_of_the_cap_are_told_to_the_member_once_a_plan_period(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    for line in (group.line, member_line):
        person = owner_of(line)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    shared(group.line, 100_000 * MB)
    member = member_of(group, member_line, 2 * STEP)

    def told() -> list[tuple[Any, ...]]:
        return sorted(Message.objects.values_list("kind", "channel", "address"))

    load([row("a", number=BAO, amount=800 * MB - 1)], name="a")
    assert told() == []
    load([row("b", number=BAO, amount=1)], name="b")
    low = [("group_cap_low", "email", "bao@example.com"), ("group_cap_low", "sms", BAO)]
    assert told() == low
    load([row("c", number=BAO, amount=300 * MB), row("d", number=BAO, amount=300 * MB)], name="c")
    reached = [("group_cap_reached", "email", "bao@example.com"), ("group_cap_reached", "sms", BAO)]
    assert told() == low + reached
    GroupShare.objects.filter(member=member).update(extra_bytes=STEP)
    load([row("e", number=BAO, amount=300 * MB)], name="e")
    load([row("f", number=BAO, amount=300 * MB)], name="f")
    assert told() == low + reached
    assert GroupShare.objects.get().used_bytes == 3 * STEP


def test_the_same_file_again_changes_nothing(group: SharingGroup, member_line: Line, load: Load) -> None:
    theirs = shared(group.line)
    member_of(group, member_line)
    rows = [row("a", number=BAO, amount=5)]
    load(rows)
    load(rows, name="again.csv", now=NOW + HOUR)
    load([*rows, row("b", number=BAO, amount=1)], name="more.csv")
    assert (used(theirs), GroupUse.objects.get().used_bytes, PlanPeriod.objects.count()) == (6, 6, 1)


def test_what_members_used_drains_the_owners_data_in_what_is_foretold(
    group: SharingGroup, member_line: Line, load: Load
) -> None:
    shared(group.line)
    member_of(group, member_line)
    load([row("m", number=BAO, amount=70), row("n", number=BAO, amount=5, at=NOW - DAY + HOUR), row("a", amount=30)])
    owner, member = owner_of(group.line), owner_of(member_line)

    def read(line: Line, reader: Subscriber) -> dict[str, int]:
        column = used_days.data_column(line, reader, now=NOW, days=56)
        found: dict[str, int] = {}
        for each in PlanPeriod.objects.annotate(used=column).values_list("used", flat=True)[0]:
            found[each["day"]] = found.get(each["day"], 0) + each["covered"]
        return found

    assert read(group.line, owner) == {"2026-11-22": 105}
    assert read(member_line, member) == {"2026-11-22": 75}
    assert used_days.by_members(group.line, owner, since=NOW - 2 * DAY) == {date(2026, 11, 22): 75}
    assert used_days.by_members(group.line, member, since=NOW - 2 * DAY) == {}
