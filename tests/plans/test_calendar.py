"""Ends of plan periods: what people read on their calendars, in the line's own time zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plans.calendar import Slot, Validity, ValidityUnit, behind, is_chained, months_from, new_chain
from tests.plans import oracle
from tests.plans.oracle import on

BERLIN = ZoneInfo("Europe/Berlin")
MONTH, QUARTER, DAY, WEEK = (
    Validity(1, ValidityUnit.MONTH),
    Validity(3, ValidityUnit.MONTH),
    Validity(1, ValidityUnit.DAY),
    Validity(7, ValidityUnit.DAY),
)
ZONES = [
    "Europe/Berlin",
    "Europe/London",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Pacific/Apia",  # had no 30 December 2011
    "America/Sao_Paulo",  # daylight saving began at midnight, so that days had no 00:00
    "Africa/Casablanca",  # winter time during Ramadan
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/St_Johns",
    "America/New_York",
    "Asia/Shanghai",
    "Pacific/Chatham",
    "Africa/Cairo",
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(
    min_value=int(datetime(2008, 1, 1, tzinfo=UTC).timestamp()),
    max_value=int(datetime(2045, 1, 1, tzinfo=UTC).timestamp()),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
validities = st.sampled_from([MONTH, QUARTER, DAY, WEEK])


def chain(anchor: datetime, count: int, zone: ZoneInfo = BERLIN, validity: Validity = MONTH) -> list[Slot]:
    slots = [new_chain(anchor, validity, zone)]
    while len(slots) < count:
        slots.append(behind(slots[-1], validity, zone))
    return slots


@settings(max_examples=400, deadline=None)
@given(anchor=instants, months=st.integers(1, 30), zone=zones)
@example(anchor=on("2024-02-29 12:00:00", "Europe/Berlin"), months=12, zone=BERLIN)
@example(anchor=on("2011-11-30 08:15:07", "Pacific/Apia"), months=1, zone=ZoneInfo("Pacific/Apia"))
@example(anchor=on("2018-10-04 00:00:00", "America/Sao_Paulo"), months=1, zone=ZoneInfo("America/Sao_Paulo"))
@example(anchor=on("2026-03-01 02:10:30", "Australia/Lord_Howe"), months=7, zone=ZoneInfo("Australia/Lord_Howe"))
@example(anchor=on("2026-02-28 02:30:00", "Europe/Berlin"), months=1, zone=BERLIN)
@example(anchor=on("2026-09-25 02:30:00", "Europe/Berlin"), months=1, zone=BERLIN)
def test_months_end_where_somebody_walking_through_time_arrives(anchor, months, zone):
    assert months_from(anchor, months, zone) == oracle.months_later(anchor, months, zone)


@settings(max_examples=100, deadline=None)
@given(
    zone=zones, days_off=st.integers(-2, 2), minutes=st.integers(0, 1439), year=st.integers(2008, 2040), data=st.data()
)
def test_months_that_end_around_a_change_of_clocks_end_where_the_walk_does(zone, days_off, minutes, year, data):
    changes = _changes_of(zone, year)
    if not changes:
        return
    day = data.draw(st.sampled_from(changes)) + timedelta(days=days_off)
    months = data.draw(st.integers(1, 12))
    clock = datetime(day.year, day.month, min(day.day, 28), minutes // 60, minutes % 60, 13, tzinfo=zone)
    anchor = (clock - timedelta(days=28 * months)).astimezone(UTC)
    for step in (months - 1, months, months + 1):
        if step:
            assert months_from(anchor, step, zone) == oracle.months_later(anchor, step, zone)


def _changes_of(zone: ZoneInfo, year: int) -> list[datetime]:
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=12 * half) for half in range(730)]
    return [
        later.astimezone(zone).replace(tzinfo=None)
        for earlier, later in pairwise(hours)
        if earlier.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset()
    ]


@settings(max_examples=150, deadline=None)
@given(anchor=instants, zone=zones, lengths=st.lists(validities, min_size=1, max_size=8))
def test_a_queue_has_neither_gaps_nor_overlaps_and_no_empty_period(anchor, zone, lengths):
    slots = [new_chain(anchor, lengths[0], zone)]
    for validity in lengths[1:]:
        slots.append(behind(slots[-1], validity, zone))

    assert all(slot.starts_at < slot.ends_at for slot in slots)
    assert all(earlier.ends_at == later.starts_at for earlier, later in pairwise(slots))


@settings(max_examples=150, deadline=None)
@given(anchor=instants, zone=zones, months=st.integers(1, 8))
def test_a_quarter_is_three_steps_of_the_same_chain(anchor, zone, months):
    singles = chain(anchor, months + 3, zone)
    with_quarter = behind(singles[months - 1], QUARTER, zone)

    assert with_quarter.ends_at == singles[-1].ends_at
    assert with_quarter.anchor_at == anchor
    assert with_quarter.anchor_step == months + 3


@settings(max_examples=100, deadline=None)
@given(start=instants, zone=zones, count=st.integers(1, 30))
def test_day_plans_are_so_many_times_24_hours_whatever_the_clocks_do(start, zone, count):
    slot = new_chain(start, Validity(count, ValidityUnit.DAY), zone)

    assert slot.ends_at - slot.starts_at == timedelta(hours=24 * count)
    assert not is_chained(slot, zone)


def test_a_month_from_31_january_ends_on_28_february_and_the_next_on_31_march():
    ends = [slot.ends_at for slot in chain(on("2026-01-31 14:20", "Europe/Berlin"), 4)]

    assert ends == [
        on("2026-02-28 14:20", "Europe/Berlin"),
        on("2026-03-31 14:20", "Europe/Berlin"),
        on("2026-04-30 14:20", "Europe/Berlin"),
        on("2026-05-31 14:20", "Europe/Berlin"),
    ]


def test_a_month_from_30_january_of_a_leap_year_ends_on_29_february():
    assert new_chain(on("2028-01-30 09:00", "Europe/Berlin"), MONTH, BERLIN).ends_at == on(
        "2028-02-29 09:00", "Europe/Berlin"
    )


def test_twelve_months_from_a_leap_day_end_on_28_february_and_the_fourth_year_on_the_29th():
    leap_day = on("2028-02-29 00:00", "Europe/Berlin")

    assert months_from(leap_day, 12, BERLIN) == on("2029-02-28 00:00", "Europe/Berlin")
    assert months_from(leap_day, 48, BERLIN) == on("2032-02-29 00:00", "Europe/Berlin")


def test_a_quarter_over_the_turn_of_the_year_ends_on_the_same_day():
    assert new_chain(on("2026-11-30 23:59:59", "Europe/Berlin"), QUARTER, BERLIN).ends_at == on(
        "2027-02-28 23:59:59", "Europe/Berlin"
    )


def test_an_end_that_daylight_saving_skips_moves_forward_by_the_gap():
    end = new_chain(on("2026-02-28 02:30", "Europe/Berlin"), MONTH, BERLIN).ends_at
    assert end == on("2026-03-28 02:30", "Europe/Berlin")

    skipped = months_from(on("2026-01-29 02:30", "Europe/Berlin"), 2, BERLIN)
    assert skipped == on("2026-03-29 03:30", "Europe/Berlin")


def test_of_an_end_that_comes_twice_the_first_is_meant():
    doubled = months_from(on("2026-09-25 02:30", "Europe/Berlin"), 1, BERLIN)

    assert doubled == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_period_begun_in_the_second_of_two_equal_hours_ends_at_that_wall_clock_time():
    second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert new_chain(second_half_past_two, MONTH, BERLIN).ends_at == on("2026-11-25 02:30", "Europe/Berlin")


def test_an_end_on_the_day_that_samoa_never_had_is_a_day_later():
    zone = ZoneInfo("Pacific/Apia")

    assert months_from(on("2011-11-30 10:00", "Pacific/Apia"), 1, zone) == on("2011-12-31 10:00", "Pacific/Apia")


def test_starts_are_cut_to_the_second():
    slot = new_chain(datetime(2026, 5, 1, 10, 0, 0, 999_999, tzinfo=UTC), DAY, BERLIN)

    assert slot.starts_at == datetime(2026, 5, 1, 10, 0, 0, tzinfo=UTC)
    assert slot.ends_at == datetime(2026, 5, 2, 10, 0, 0, tzinfo=UTC)


def test_a_month_behind_a_day_plan_begins_a_chain_of_its_own():
    day = new_chain(on("2026-01-30 12:00", "Europe/Berlin"), DAY, BERLIN)
    month = behind(day, MONTH, BERLIN)

    assert month.anchor_at == day.ends_at
    assert month.ends_at == on("2026-02-28 12:00", "Europe/Berlin")


def test_a_month_behind_one_that_was_cut_begins_a_chain_of_its_own():
    whole = new_chain(on("2026-01-31 12:00", "Europe/Berlin"), MONTH, BERLIN)
    cut = Slot(whole.starts_at, on("2026-02-10 08:00", "Europe/Berlin"), whole.anchor_at, whole.anchor_step)

    assert behind(cut, MONTH, BERLIN).ends_at == on("2026-03-10 08:00", "Europe/Berlin")


@pytest.mark.parametrize("traveller", ["Asia/Shanghai", "America/New_York"])
def test_a_month_that_ends_at_midnight_in_the_lines_zone_does_so_wherever_its_owner_is(traveller):
    zone = ZoneInfo(traveller)
    end = new_chain(on("2026-05-01 00:00", traveller), MONTH, zone).ends_at

    assert f"{end.astimezone(zone):%d %B, %H:%M:%S}" == "01 June, 00:00:00"
