"""What a line used day by day, as it is read for its owner."""

from datetime import date, timedelta
from typing import Any

from accounts.models import LineOwnership
from network.models import UsageDay
from network.used_days import data_column
from tests import cast
from tests.plans.conftest import NOON
from tests.plans.walking_days import at

TODAY = date(2026, 5, 15)
DAY = timedelta(days=1)


def used(line: Any, ago: int, amount: int, *, unit: str = "data", country: str = "DE", **more: int) -> None:
    day = TODAY - ago * DAY
    UsageDay.objects.create(line=line, day=day, unit=unit, country=country, amount=amount, records_count=1, **more)


def read(line: Any, reader: Any = None) -> list[dict[str, Any]]:
    """The column, read with something else."""
    reader = reader or line.ownerships.get(until_at=None).subscriber
    column = data_column(line, reader, now=NOON, days=56)
    owned = LineOwnership.objects.filter(line=line).annotate(used=column).values_list("used", flat=True)
    return sorted(owned.first() or [], key=lambda row: (row["day"], row["amount"]))


def test_each_country_of_a_day_has_its_row_and_only_data_counts(line):
    used(line, 1, 500)
    used(line, 1, 20, country="FR", overrun=5, by_credit=8)
    used(line, 2, 90, unit="voice")
    used(line, 3, 7)

    assert read(line) == [
        {"day": "2026-05-12", "amount": 7, "covered": 7},
        {"day": "2026-05-14", "amount": 20, "covered": 7},
        {"day": "2026-05-14", "amount": 500, "covered": 500},
    ]


def test_no_use_and_old_use_and_that_of_another_line_are_nothing(line):
    used(line, 57, 7)
    used(cast.bao().lines[0], 1, 9)

    assert read(line) == []


def test_a_new_owner_reads_nothing_of_the_former_one_not_even_of_the_day_it_changed_hands(line):
    for ago in range(10):
        used(line, ago, 10 + ago)
    heir, changed = cast.bao(), at(TODAY - 4 * DAY, 9)
    LineOwnership.objects.filter(line=line).update(until_at=changed)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=changed)

    assert [row["amount"] for row in read(line, heir)] == [13, 12, 11, 10]


def test_who_does_not_own_the_line_reads_nothing(line):
    used(line, 1, 500)

    assert read(line, cast.bao()) == []
