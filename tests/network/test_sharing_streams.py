"""Any stream of three phones of a group, in any files: to the byte what an independent model says, for each phone, allowance and member."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line
from network import loading
from network.models import UsageCharge, UsageDay, UsageRecord
from plans.models import Allowance, GroupMember, GroupShare, GroupUse
from plans.models.group import STEP_BYTES
from tests.cast import bao, carla
from tests.network.groups import group_of, member_of, paused
from tests.network.model import Pot, Seat, Use, play, play_group
from tests.network.periods import period
from tests.network.streams import COUNTRIES, forget_everything, moments
from tests.network.writing import HOUR, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db
#: A fifth of a step, so that caps are met.
BIT = STEP_BYTES // 5
SPANS = [(NOW - 100 * HOUR, NOW - 50 * HOUR), (NOW - 40 * HOUR, NOW + 100 * HOUR)]
pots = st.lists(
    st.tuples(
        st.integers(0, 2), st.booleans(), moments, st.integers(1, 120), st.sampled_from(["eu", "world"]),
        st.one_of(st.none(), st.integers(1, 40)), st.one_of(st.none(), st.integers(1, 20)),
    ),
    max_size=7,
)  # fmt: skip
seats = st.tuples(
    st.integers(20, 110), st.one_of(st.none(), st.integers(0, 19)), st.one_of(st.none(), st.integers(1, 4)),
    st.lists(st.tuples(st.integers(40, 90), st.integers(1, 20)), max_size=1),
)  # fmt: skip
uses = st.lists(
    st.tuples(st.integers(0, 2), moments, st.sampled_from(["data", "data", "data", "voice"]), st.integers(1, 12), st.sampled_from(COUNTRIES)),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.fixture
def lines(line: Line) -> list[Line]:
    """Anna shares; Bao and Carla are members."""
    return [line, bao().lines[0], carla().lines[0]]


def forget_group(line: Line) -> None:
    forget_everything(line)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("groupuse", "groupshare", "grouppause", "groupmember", "sharinggroup", "planperiod"):
            cursor.execute(f"DELETE FROM plans_{table}")
        cursor.execute("SET session_replication_role = origin")


def made_of(lines: list[Line], drawn: list[Any]) -> list[list[Pot]]:
    """Each line's pots; the name of a shared one begins with its id, that of another of the owner's is left out of what is shared."""
    runs = [period(lines[0], starts_at=begins, ends_at=ends) for begins, ends in SPANS]
    made: list[list[Pot]] = [[], [], []]
    for who, is_bought, begins, hours, zone, bits, bits_abroad in drawn:
        limit = None if bits is None else bits * BIT
        cap = None if bits_abroad is None else min(bits_abroad * BIT, limit or bits_abroad * BIT)
        ends = begins + timedelta(hours=hours)
        of = runs[1] if is_bought and who == 0 else None
        kept = allowance(lines[who], limit, begins=begins, ends=ends, zone=zone, cap=cap, period=of)
        countries = set(kept.zone.countries.values_list("country", flat=True))
        made[who].append(Pot(kept.pk, "data", begins, ends, countries, limit, cap))
    return made


def seated(lines: list[Line], drawn: list[Any]) -> tuple[list[Seat], list[GroupMember]]:
    group = group_of(lines[0])
    places, members = [], []
    for line, (joined, left, cap, pauses) in zip(lines[1:], drawn, strict=True):
        since, until = NOW - joined * HOUR, None if left is None else NOW - left * HOUR
        member = member_of(group, line, cap * STEP_BYTES if cap else None, since=since, until=until)
        spans = [(NOW - begins * HOUR, NOW - (begins - length) * HOUR) for begins, length in pauses]
        for begins, ends in spans:
            paused(member, begins, ends)
        places.append(Seat(since, until, cap * STEP_BYTES if cap else None, spans))
        members.append(member)
    return places, members


def load(lines: list[Line], chunk: list[tuple[int, Use]], number: int) -> None:
    rows = [
        row(use.record, number=lines[who].msisdn, at=use.at, unit=use.unit, amount=use.amount, country=use.country)
        for who, use in chunk
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{number}.csv"
        path.write_bytes(as_csv(rows))
        list(loading.load(path, source="test", now=NOW))


def expected(
    own: list[list[Pot]], places: list[Seat], shared: list[Pot], chunk: list[tuple[int, Use]]
) -> dict[str, int]:
    over: dict[str, int] = {}
    for who in range(3):
        over |= play(own[who], [use for owner, use in chunk if owner == who], home="DE")
    rest = [(use, places[who - 1], over[use.record]) for who, use in chunk if who and over[use.record]]
    return over | play_group(shared, SPANS, rest, home="DE")


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pots=pots, drawn=st.tuples(seats, seats), uses=uses, chunk=st.integers(1, 25))
def test_any_stream_of_a_group_comes_to_what_the_model_says(
    lines: list[Line], pots: list[Any], drawn: Any, uses: list[Any], chunk: int
) -> None:
    forget_group(lines[0])
    own = made_of(lines, pots)
    bought = set(Allowance.objects.exclude(period=None).values_list("pk", flat=True))
    shared = [pot for pot in own[0] if pot.name in bought]
    places, members = seated(lines, list(drawn))
    stream = [
        (who, Use(at, f"r{n:02}", unit, amount * BIT, country))
        for n, (who, at, unit, amount, country) in enumerate(uses)
    ]
    over: dict[str, int] = {}
    for number, start in enumerate(range(0, len(stream), chunk)):
        part = stream[start : start + chunk]
        load(lines, part, number)
        over |= expected(own, places, shared, part)

    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == over
    found = {row.pk: (row.used, row.used_abroad) for row in Allowance.objects.all()}
    assert found == {pot.name: (pot.used, pot.used_abroad) for each in own for pot in each}
    add_up(places, members, over)


def add_up(places: list[Seat], members: list[GroupMember], over: dict[str, int]) -> None:
    """Charges, uses by member and allowance, and shares by plan period are three countings of the same bytes."""
    charged: dict[Any, int] = {}
    by_member: dict[Any, int] = {}
    for allowance_id, member_id, amount in UsageCharge.objects.values_list("allowance_id", "member_id", "amount"):
        charged[allowance_id] = charged.get(allowance_id, 0) + amount
        if member_id is not None:
            by_member[member_id, allowance_id] = by_member.get((member_id, allowance_id), 0) + amount
    assert charged == {row.pk: row.used for row in Allowance.objects.filter(used__gt=0)}
    kept = GroupUse.objects.values_list("member_id", "allowance_id", "used_bytes")
    assert {(member, bucket): amount for member, bucket, amount in kept} == by_member
    for seat, member in zip(places, members, strict=True):
        shares = GroupShare.objects.filter(member=member).order_by("period__starts_at")
        assert [share.used_bytes for share in shares] == [
            seat.used[span] for span in sorted(seat.used) if seat.used[span]
        ]
    assert sum(UsageDay.objects.values_list("overrun", flat=True)) == sum(over.values())


def test_the_model_knows_when_a_seat_is_taken() -> None:
    seat = Seat(NOW - 3 * HOUR, NOW, None, [(NOW - 2 * HOUR, NOW - HOUR)])
    times: list[datetime] = [NOW - hours * HOUR for hours in (4, 3, 2, 1, 0)]
    assert [seat.may(at) for at in times] == [False, True, False, True, False]
