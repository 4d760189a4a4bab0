"""Two at once on the same line, on real connections: the line's lock decides, the database would refuse the rest."""

import itertools
import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Line
from plans import periods
from plans.models import Allowance, Plan, PlanPeriod
from tests import cast
from tests.plans.conftest import NOON, load_the_catalogue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line() -> Line:
    load_the_catalogue()
    return cast.anna().lines.get()


def at_once(*calls: Callable[[], object]) -> list[object]:
    """As `at_once_bare`, each call in a transaction."""
    return at_once_bare(*(transaction.atomic(call) for call in calls))


def at_once_bare(*calls: Callable[[], object]) -> list[object]:
    """The results, or the errors, of all `calls` begun together, each on a connection of its own."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(index: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            results[index] = call()
        except Exception as error:  # noqa: BLE001  handed to the test
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def giving(give: Callable[..., PlanPeriod], code: str, origin: str, line_id: UUID) -> Callable[[], PlanPeriod]:
    def call() -> PlanPeriod:
        return give(line=Line.objects.get(pk=line_id), plan=Plan.objects.get(code=code), now=NOON, origin=origin)

    return call


def test_of_two_that_begin_at_once_one_begins_and_one_is_told_that_a_plan_runs(line):
    results = at_once(*(giving(periods.begin, "month-15", f"order:{number}", line.pk) for number in range(2)))

    assert sorted(type(result).__name__ for result in results) == ["PlanPeriod", "PlanRunning"]
    assert PlanPeriod.objects.count() == 1
    assert Allowance.objects.count() == 3


def test_ten_that_queue_at_once_stand_one_behind_the_other(line):
    results = at_once(*(giving(periods.queue, "month-15", f"order:{number}", line.pk) for number in range(10)))

    assert [type(result).__name__ for result in results] == ["PlanPeriod"] * 10
    standing = list(PlanPeriod.objects.order_by("starts_at"))
    assert [period.anchor_step for period in standing] == list(range(1, 11))
    assert all(one.ends_at == two.starts_at for one, two in itertools.pairwise(standing))


def test_ten_with_the_same_origin_give_one_period(line):
    results = at_once(*(giving(periods.queue, "month-15", "order:1", line.pk) for _number in range(10)))

    assert {type(result).__name__ for result in results} == {"PlanPeriod"}
    assert PlanPeriod.objects.count() == 1
    assert Allowance.objects.count() == 3


def test_starting_now_against_queueing_ends_in_one_row_without_gaps(line):
    with transaction.atomic():
        periods.begin(line=line, plan=Plan.objects.get(code="month-15"), now=NOON, origin="order:0")
    calls = [
        giving(periods.start_now if number % 2 else periods.queue, "month-5", f"order:{number}", line.pk)
        for number in range(1, 7)
    ]

    results = at_once(*calls)

    assert {type(result).__name__ for result in results} == {"PlanPeriod"}
    standing = list(PlanPeriod.objects.order_by("starts_at"))
    assert len(standing) == 7
    assert all(one.ends_at == two.starts_at for one, two in itertools.pairwise(standing))
