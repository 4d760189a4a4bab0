"""What a use is charged to: valid then, inside the zone, first to expire first, to the byte; and the same as an independent model."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line
from network import loading
from network.models import UsageCharge, UsageDay, UsageRecord
from plans.models import Allowance
from tests.network.conftest import Load
from tests.network.model import play
from tests.network.streams import files_of, forget_everything, load_file, pot_of, pots, uses
from tests.network.writing import DAY, HOUR, NOW, allowance, row

pytestmark = pytest.mark.django_db


def used_of(*buckets: Allowance) -> list[int]:
    rows = Allowance.objects.in_bulk([bucket.pk for bucket in buckets])
    return [rows[bucket.pk].used for bucket in buckets]


def test_what_expires_first_is_used_first_and_a_use_may_be_split(line: Line, load: Load) -> None:
    later, first = allowance(line, 100, ends=NOW + 9 * DAY), allowance(line, 30, ends=NOW + DAY)
    load([row("a", amount=20), row("b", amount=25, at=NOW - HOUR)])
    assert used_of(first, later) == [30, 15]
    assert sorted(UsageCharge.objects.filter(record_id="b").values_list("amount", flat=True)) == [10, 15]


def test_what_no_allowance_covers_is_recorded_and_charged_to_nobody(line: Line, load: Load) -> None:
    bucket = allowance(line, 30)
    load([row("a", amount=50)])
    load([row("b", amount=7)], name="later.csv")
    assert used_of(bucket) == [30]
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == {"a": 20, "b": 7}
    assert UsageDay.objects.get().overrun == 27


def test_outside_the_zone_before_its_time_of_another_unit_or_frozen_it_is_not_used(line: Line, load: Load) -> None:
    bucket = allowance(line, 1000, begins=NOW - 2 * DAY)
    frozen = allowance(line, 1000, ends=NOW + HOUR, frozen_at=NOW)
    load([row("us", country="US"), row("early", at=NOW - 3 * DAY), row("call", unit="voice", amount=60)])
    assert used_of(bucket, frozen) == [0, 0]
    assert UsageRecord.objects.filter(overrun__gt=0).count() == 3


def test_outside_the_home_country_only_up_to_the_cap(line: Line, load: Load) -> None:
    bucket = allowance(line, 100, cap=40)
    load([row("fr", amount=30, country="FR"), row("it", amount=30, country="IT", at=NOW - HOUR), row("de", amount=50)])
    assert used_of(bucket) == [90]
    bucket.refresh_from_db()
    assert bucket.used_abroad == 40
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == {"fr": 0, "it": 20, "de": 0}


def test_unlimited_takes_everything(line: Line, load: Load) -> None:
    bucket = allowance(line, None)
    load([row("a", amount=9_999_999_999_999), row("b", amount=1)])
    assert used_of(bucket) == [10**13]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pots=pots, uses=uses, cuts=st.lists(st.integers(0, 25), max_size=2), chunk=st.integers(1, 9))
def test_any_stream_in_any_files_comes_to_what_the_model_says(
    line: Line, pots: list[Any], uses: list[Any], cuts: list[int], chunk: int
) -> None:
    """Each file is played after the other, as they come: late records meet what is left."""
    forget_everything(line)
    model = [pot_of(line, *pot) for pot in pots]
    streams = files_of(uses, cuts)
    over: dict[str, int] = {}
    before = loading.CHUNK
    loading.CHUNK = chunk
    try:
        for number, stream in enumerate(streams):
            load_file(stream, number)
            for start in range(0, len(stream), chunk):
                over |= play(model, stream[start : start + chunk], home="DE")
    finally:
        loading.CHUNK = before
    found = {row.pk: (row.used, row.used_abroad) for row in Allowance.objects.all()}
    assert found == {pot.name: (pot.used, pot.used_abroad) for pot in model}
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == over
    charged = sum(UsageCharge.objects.values_list("amount", flat=True))
    assert charged == sum(pot.used for pot in model)
    days = UsageDay.objects.values_list("amount", "overrun", "records_count")
    assert [sum(column) for column in zip(*days, strict=True)] == [
        sum(use.amount for stream in streams for use in stream), sum(over.values()), len(uses)
    ]  # fmt: skip
