"""A sharing group from its start to its end: who may do what, what is told, and what the database refuses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Line, LineOwnership, LineState, Subscriber
from lib import clock
from lib.guessing import TooManyTries
from notifications.models import Message
from plans.groups import asking, caps, codes, ending, inviting, joining, words
from plans.groups.rules import NotPossible, Why
from plans.models import AskState, GroupAsk, GroupInvite, GroupMember, GroupPause, GroupShare, MemberEnd, SharingGroup
from plans.models.group import STEP_BYTES
from plans.tasks import look_after_groups
from provisioning.models import Command
from tests.cast import bao, carla, emma, line_of
from tests.network.periods import period
from tests.plans.conftest import NOON

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def anna(line: Line) -> Subscriber:
    return proven(line.ownerships.get().subscriber)


@pytest.fixture
def group(line: Line, anna: Subscriber) -> SharingGroup:
    period(line, starts_at=NOON - 5 * DAY, ends_at=NOON + 20 * DAY)
    return inviting.start(line=line, owner=anna, shows="Anna", now=NOON)


def proven(person: Subscriber) -> Subscriber:
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def joins(
    group: SharingGroup, person: Subscriber, *, cap: int | None = 2 * STEP_BYTES, now: datetime = NOON
) -> GroupMember:
    invite, _code = inviting.invite(group=group, cap_bytes=cap, now=now)
    return joining.join(invite=invite, line=person.lines[0], subscriber=person, shows=person.name, now=now)


def refused(why: Why, act: Callable[[], object]) -> None:
    with pytest.raises(NotPossible) as error:
        act()
    assert error.value.why == why


_SEEN: set[Any] = set()


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    _SEEN.clear()


def told() -> list[str]:
    """What was told since the last look."""
    rows = list(Message.objects.exclude(pk__in=_SEEN))
    _SEEN.update(row.pk for row in rows)
    return sorted(f"{row.kind} {row.channel} {row.address} {row.context.get('why', '')}".strip() for row in rows)


def last_told_to_the_core(line: Line) -> dict[str, Any]:
    command = Command.objects.filter(line_id=line.pk, kind="group_set").order_by("-sequence")[0]
    return dict(command.payload)


# --- Inviting and joining -------------------------------------------------------------------------------------------------


def test_whoever_has_the_code_joins_once_the_owner_is_told_and_so_is_the_core(group: SharingGroup) -> None:
    person = proven(bao())
    invite, code = inviting.invite(group=group, cap_bytes=STEP_BYTES, now=NOON)
    assert code.encode() not in bytes(invite.code_hash)
    typed = codes.printed(code).lower().replace("-", " ")
    found = joining.look_up(code=typed, subscriber=person, address="192.0.2.1", now=NOON)
    assert found == invite
    member, again = (
        joining.join(invite=found, line=person.lines[0], subscriber=person, shows="Bao", now=NOON) for _twice in "12"
    )
    assert list(GroupMember.objects.all()) == [member] == [again]
    assert (member.cap_bytes, member.joined_at, member.left_at) == (STEP_BYTES, NOON, None)
    assert told() == ["group_joined email anna@example.com", "group_joined sms +4917604069011"]
    assert last_told_to_the_core(member.line) == {
        "is_member": True,
        "owner_line": str(group.line_id),
        "owner_msisdn": "+4917604069011",
        "since": NOON.isoformat().replace("+02:00", "+00:00").replace("T12", "T10"),
        "cap": STEP_BYTES,
        "extra": None,
        "is_paused": False,
    }
    refused(Why.CODE, lambda: joining.look_up(code=code, subscriber=carla(), address="192.0.2.2", now=NOON))


@pytest.mark.parametrize("what", ["mistyped", "too old", "revoked", "dissolved", "owner gone"])
def test_a_code_that_is_none_gets_one_answer_whatever_the_reason(group: SharingGroup, what: str) -> None:
    invite, code = inviting.invite(group=group, cap_bytes=None, now=NOON)
    now = NOON
    if what == "mistyped":
        code = ("0" if code[0] != "0" else "1") + code[1:]
    elif what == "too old":
        now = NOON + 7 * DAY
    elif what == "revoked":
        inviting.revoke(invite=invite, now=NOON)
    elif what == "dissolved":
        ending.dissolve(group=group, now=NOON)
    else:
        LineOwnership.objects.update(until_at=NOON)
    refused(Why.CODE, lambda: joining.look_up(code=code, subscriber=carla(), address="192.0.2.1", now=now))
    assert not GroupMember.objects.exists()


def test_guessing_ends_after_ten_tries_an_hour_and_right_codes_do_not_count(group: SharingGroup, settings: Any) -> None:
    person, other = bao(), carla()
    settings.GROUP_TRIES_PER_ACCOUNT_HOUR = 3
    _invite, code = inviting.invite(group=group, cap_bytes=None, now=NOON)
    for _time in range(5):
        joining.look_up(code=code, subscriber=person, address="192.0.2.1", now=NOON)
    for number in range(3):
        wrong = f"WRNG{number:08}"
        refused(Why.CODE, lambda wrong=wrong: joining.look_up(code=wrong, subscriber=person, address="a", now=NOON))  # type: ignore[misc]
    with pytest.raises(TooManyTries):
        joining.look_up(code=code, subscriber=person, address="192.0.2.1", now=NOON)
    joining.look_up(code=code, subscriber=other, address="192.0.2.2", now=NOON)


def test_a_line_shares_or_joins_and_is_in_one_group_alone(group: SharingGroup, anna: Subscriber) -> None:
    person, third = bao(), carla()
    joins(group, person)
    other = inviting.start(line=third.lines[0], owner=third, shows="Carla", now=NOON)
    refused(Why.IS_IN_ONE, lambda: joins(other, person))
    refused(Why.OWNS_ONE, lambda: joins(other, anna))
    refused(Why.IS_IN_ONE, lambda: inviting.start(line=person.lines[0], owner=person, shows="B", now=NOON))
    assert inviting.start(line=group.line, owner=anna, shows="Again", now=NOON) == group
    assert SharingGroup.objects.count() == 2


def test_the_database_refuses_what_python_would_not_do(group: SharingGroup) -> None:
    member = joins(group, bao())
    facts = {"group": group, "subscriber": member.subscriber, "shows": "x", "joined_at": NOON + DAY}
    made: list[Callable[[], object]] = [
        lambda: GroupMember.objects.create(line=member.line, **facts),
        lambda: GroupMember.objects.create(line=group.line, **facts),
        lambda: SharingGroup.objects.create(line=member.line, owner=member.subscriber, shows="x", started_at=NOON),
        lambda: GroupMember.objects.filter(pk=member.pk).update(cap_bytes=STEP_BYTES + 1),
        lambda: GroupShare.objects.create(member=member, period_id=_period(group), used_bytes=5, limit_bytes=4),
        lambda: GroupAsk.objects.create(
            member=member, period_id=_period(group), amount_bytes=1, asked_at=NOON, decides_at=NOON
        ),
        lambda: GroupMember.objects.filter(pk=member.pk).delete(),
        lambda: GroupInvite.objects.update(used_at=None, member=None),
    ]
    for act in made:
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            act()


def _period(group: SharingGroup) -> Any:
    return group.line.periods.get().pk


def test_only_so_many_fit_in_and_a_line_out_of_use_does_not_join(group: SharingGroup, settings: Any) -> None:
    settings.GROUP_MEMBERS_AT_MOST = 1
    blocked = carla()
    Line.objects.filter(pk=blocked.lines[0].pk).update(state=LineState.BLOCKED)
    refused(Why.LINE, lambda: joins(group, blocked))
    invite, _code = inviting.invite(group=group, cap_bytes=None, now=NOON)
    joins(group, bao())
    person = emma()
    refused(Why.FULL, lambda: joining.join(invite=invite, line=person.lines[0], subscriber=person, shows="E", now=NOON))
    refused(Why.FULL, lambda: inviting.invite(group=group, cap_bytes=None, now=NOON))
    assert [member.shows for member in GroupMember.objects.all()] == ["Bao"]


# --- Caps, pauses, asking -------------------------------------------------------------------------------------------------


def test_cap_and_pause_are_told_to_the_member_and_the_core_and_twice_is_once(group: SharingGroup) -> None:
    member = joins(group, proven(bao()))
    told()
    caps.set_cap(member=member, cap_bytes=4 * STEP_BYTES, now=NOON)
    caps.set_cap(member=member, cap_bytes=4 * STEP_BYTES, now=NOON + MINUTE)
    assert told() == ["group_changed email bao@example.com cap", "group_changed sms +4917604069012 cap"]
    for _twice in range(2):
        caps.pause(member=member, now=NOON)
    assert told() == ["group_changed email bao@example.com paused", "group_changed sms +4917604069012 paused"]
    assert last_told_to_the_core(member.line)["is_paused"] is True
    for _twice in range(2):
        caps.resume(member=member, now=NOON + MINUTE)
    assert told() == ["group_changed email bao@example.com resumed", "group_changed sms +4917604069012 resumed"]
    said = last_told_to_the_core(member.line)
    assert (said["is_paused"], said["cap"]) == (False, 4 * STEP_BYTES)
    assert [(row.from_at, row.until_at) for row in GroupPause.objects.all()] == [(NOON, NOON + MINUTE)]


def test_so_often_a_day_a_part_is_changed_or_more_is_asked_for_and_only_the_last_change_is_told(
    group: SharingGroup, settings: Any
) -> None:
    settings.GROUP_CHANGES_A_DAY = 3
    member = joins(group, bao())
    for cap in (3, 4):
        caps.set_cap(member=member, cap_bytes=cap * STEP_BYTES, now=NOON + cap * MINUTE)
    caps.pause(member=member, now=NOON + DAY)
    caps.resume(member=member, now=NOON + DAY)
    refused(Why.TOO_OFTEN, lambda: caps.set_cap(member=member, cap_bytes=STEP_BYTES, now=NOON + DAY))
    caps.pause(member=member, now=NOON + DAY + MINUTE)
    refused(Why.TOO_OFTEN, lambda: caps.resume(member=member, now=NOON + DAY + MINUTE))
    member.refresh_from_db()
    assert member.cap_bytes == 4 * STEP_BYTES
    waiting = Message.objects.filter(kind="group_changed", channel="sms", state="due")
    assert [message.context["why"] for message in waiting] == ["paused"]
    for _each in range(3):
        asking.refuse(ask=asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON), now=NOON)
    refused(Why.TOO_OFTEN, lambda: asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON))


def test_asks_that_cannot_be_closed_keep_no_group_from_ending(
    group: SharingGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = joins(group, bao())
    monkeypatch.setattr(asking, "expire", Mock(side_effect=RuntimeError))
    Line.objects.filter(pk=member.line_id).update(state=LineState.BLOCKED, state_since=NOON + MINUTE)
    look_after_groups()
    member.refresh_from_db()
    assert member.left_at == NOON + MINUTE


def test_the_owner_approves_within_a_day_and_the_cap_of_this_plan_period_grows(group: SharingGroup) -> None:
    member = joins(group, proven(bao()))
    told()
    ask = asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON)
    assert ask.decides_at == NOON + DAY
    assert told() == ["group_asked email anna@example.com", "group_asked sms +4917604069011"]
    refused(Why.ASKED, lambda: asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON))
    asking.approve(ask=ask, now=NOON + DAY - MINUTE)
    refused(Why.DECIDED, lambda: asking.approve(ask=ask, now=NOON + DAY - MINUTE))
    refused(Why.DECIDED, lambda: asking.refuse(ask=ask, now=NOON + DAY - MINUTE))
    share = GroupShare.objects.get()
    assert (share.extra_bytes, share.used_bytes, share.period_id) == (STEP_BYTES, 0, _period(group))
    assert told() == [
        "group_answered email bao@example.com approved", "group_answered sms +4917604069012 approved"
    ]  # fmt: skip
    extra = {"period": group.line.periods.get().origin, "amount": STEP_BYTES}
    assert last_told_to_the_core(member.line)["extra"] == extra
    member.refresh_from_db()
    assert member.cap_bytes == 2 * STEP_BYTES


def test_what_is_refused_or_not_answered_changes_nothing_and_is_told(group: SharingGroup) -> None:
    member = joins(group, proven(bao()))
    commands = Command.objects.count()
    first = asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON)
    asking.refuse(ask=first, now=NOON)
    second = asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON)
    told()
    refused(Why.DECIDED, lambda: asking.approve(ask=second, now=NOON + DAY))
    assert [asking.expire(now=NOON + DAY) for _twice in range(2)] == [1, 0]
    assert told() == ["group_answered email bao@example.com expired", "group_answered sms +4917604069012 expired"]
    states = list(GroupAsk.objects.order_by("asked_at", "id").values_list("state", flat=True))
    assert states == [AskState.REFUSED, AskState.EXPIRED]
    assert not GroupShare.objects.exists()
    assert Command.objects.count() == commands


def test_nothing_can_be_asked_without_a_cap_or_a_plan_and_not_beyond_its_end(group: SharingGroup) -> None:
    free = joins(group, carla(), cap=None)
    refused(Why.NOT_CAPPED, lambda: asking.ask(member=free, amount_bytes=STEP_BYTES, now=NOON))
    member, ends_at = joins(group, bao()), NOON + 20 * DAY
    ask = asking.ask(member=member, amount_bytes=STEP_BYTES, now=ends_at - MINUTE)
    assert ask.decides_at == ends_at
    asking.refuse(ask=ask, now=ends_at - MINUTE)
    refused(Why.NO_PLAN, lambda: asking.ask(member=member, amount_bytes=STEP_BYTES, now=ends_at))


def test_whoever_has_just_taken_over_a_sign_in_gives_nothing_more_away_but_may_stop_what_is(
    group: SharingGroup, anna: Subscriber
) -> None:
    member = joins(group, bao())
    ask = asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON)
    invite, _code = inviting.invite(group=group, cap_bytes=None, now=NOON)
    other = line_of("+4917604069019")
    LineOwnership.objects.create(line=other, subscriber=anna, from_at=NOON - DAY)
    person, changed_at = carla(), clock.real_now()
    Subscriber.objects.filter(pk=anna.pk).update(sign_in_changed_at=changed_at)
    caps.pause(member=member, now=NOON)
    caps.set_cap(member=member, cap_bytes=STEP_BYTES, now=NOON)
    with pytest.raises(NotPossible) as error:
        caps.resume(member=member, now=NOON)
    assert (error.value.why, error.value.until) == (Why.HOLD, changed_at + DAY)
    assert f"{timezone.localtime(changed_at + DAY):%H:%M}" in words.refusal(error.value)
    for cap in (2 * STEP_BYTES, None):
        refused(Why.HOLD, lambda cap=cap: caps.set_cap(member=member, cap_bytes=cap, now=NOON))  # type: ignore[misc]
    refused(Why.HOLD, lambda: asking.approve(ask=ask, now=NOON))
    refused(Why.HOLD, lambda: inviting.invite(group=group, cap_bytes=None, now=NOON))
    refused(Why.HOLD, lambda: inviting.start(line=other, owner=anna, shows="Anna", now=NOON))
    join = partial(joining.join, invite=invite, line=person.lines[0], subscriber=person, shows="Carla", now=NOON)
    refused(Why.OWNER_HOLD, join)
    member.refresh_from_db()
    assert (member.cap_bytes, GroupMember.objects.count(), GroupShare.objects.count()) == (STEP_BYTES, 1, 0)


# --- Leaving and ending ---------------------------------------------------------------------------------------------------


def test_who_leaves_may_come_back_and_the_owner_is_told(group: SharingGroup) -> None:
    person = proven(bao())
    member = joins(group, person)
    asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOON)
    told()
    ending.leave(member=member, now=NOON + DAY)
    refused(Why.OVER, lambda: ending.leave(member=member, now=NOON + DAY))
    refused(Why.OVER, lambda: caps.pause(member=member, now=NOON + DAY))
    member.refresh_from_db()
    assert (member.left_at, member.end) == (NOON + DAY, MemberEnd.LEFT)
    assert told() == ["group_left email anna@example.com left"]
    assert last_told_to_the_core(member.line) == {"is_member": False}
    assert GroupAsk.objects.get().state == AskState.EXPIRED
    again = joins(group, person, now=NOON + DAY)
    assert (again.joined_at, GroupMember.objects.count()) == (NOON + DAY, 2)


def test_who_is_removed_is_told_and_dissolving_tells_all_and_ends_every_code(
    group: SharingGroup, anna: Subscriber
) -> None:
    first, second = joins(group, proven(bao())), joins(group, proven(carla()))
    inviting.invite(group=group, cap_bytes=None, now=NOON)
    told()
    ending.remove(member=first, now=NOON)
    assert told() == ["group_changed email bao@example.com removed", "group_changed sms +4917604069012 removed"]
    for _twice in range(2):
        ending.dissolve(group=group, now=NOON + DAY)
    assert told() == [
        "group_changed email carla@example.com dissolved", "group_changed sms +4917604069013 dissolved"
    ]  # fmt: skip
    group.refresh_from_db()
    second.refresh_from_db()
    assert (group.dissolved_at, second.left_at, second.end) == (NOON + DAY, NOON + DAY, MemberEnd.DISSOLVED)
    assert last_told_to_the_core(second.line) == {"is_member": False}
    assert not GroupInvite.objects.filter(used_at=None, revoked_at=None).exists()
    assert inviting.start(line=group.line, owner=anna, shows="Anna", now=NOON + DAY) != group


def test_ones_own_lines_share_as_well_and_nobody_gets_mail_of_what_they_did(
    group: SharingGroup, anna: Subscriber
) -> None:
    tablet = line_of("+4917604069019")
    LineOwnership.objects.create(line=tablet, subscriber=anna, from_at=NOON - DAY)
    invite, _code = inviting.invite(group=group, cap_bytes=None, now=NOON)
    member = joining.join(invite=invite, line=tablet, subscriber=anna, shows="Tablet", now=NOON)
    assert told() == ["group_joined sms +4917604069011"]
    caps.pause(member=member, now=NOON)
    assert told() == ["group_changed sms +4917604069019 paused"]


def test_a_number_with_a_new_owner_takes_nothing_along(group: SharingGroup) -> None:
    """Before the sweep nobody sees it any more; the sweep then ends it as of the change."""
    member, new = joins(group, proven(bao())), emma()
    hand_over(member.line, new, at=NOON + MINUTE)
    assert not GroupMember.objects.of(new).exists()
    assert not GroupMember.objects.of(member.subscriber).exists()
    told()
    assert [ending.look_after(now=NOON + DAY) for _twice in range(2)] == [1, 0]
    member.refresh_from_db()
    assert (member.left_at, member.end) == (NOON + MINUTE, MemberEnd.LINE_ENDED)
    assert told() == ["group_left email anna@example.com line_ended"]
    hand_over(group.line, carla(), at=NOON + DAY)
    ending.look_after(now=NOON + DAY)
    assert told() == []
    group = inviting.start(line=group.line, owner=Subscriber.objects.get(name="Carla"), shows="C", now=NOON + DAY)
    invite, _code = inviting.invite(group=group, cap_bytes=None, now=NOON + DAY)
    again = joining.join(invite=invite, line=member.line, subscriber=new, shows="Emma", now=NOON + DAY)
    assert (again.line, again.subscriber) == (member.line, new)


def test_a_group_ends_with_its_owners_hold_on_the_number(group: SharingGroup) -> None:
    member, new = joins(group, proven(bao())), carla()
    hand_over(group.line, new, at=NOON + MINUTE)
    assert not SharingGroup.objects.of(new).exists()
    fresh = inviting.start(line=group.line, owner=new, shows="Carla", now=NOON + 2 * MINUTE)
    assert fresh != group
    ending.look_after(now=NOON + DAY)
    member.refresh_from_db()
    assert (member.left_at is not None, member.end) == (True, MemberEnd.LINE_ENDED)
    assert list(SharingGroup.objects.of(new)) == [fresh]


@pytest.mark.parametrize("whose", ["owner", "member"])
def test_blocking_a_number_ends_its_part(group: SharingGroup, whose: str) -> None:
    member = joins(group, bao())
    line = group.line if whose == "owner" else member.line
    Line.objects.filter(pk=line.pk).update(state=LineState.BLOCKED, state_since=NOON + MINUTE)
    look_after_groups()
    member.refresh_from_db()
    group.refresh_from_db()
    assert member.left_at == NOON + MINUTE
    assert group.dissolved_at == (NOON + MINUTE if whose == "owner" else None)


def hand_over(line: Line, new: Subscriber, *, at: datetime) -> None:
    LineOwnership.objects.filter(line=line, until_at=None).update(until_at=at)
    LineOwnership.objects.create(line=line, subscriber=new, from_at=at)
