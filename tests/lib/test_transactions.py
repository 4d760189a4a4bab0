"""A whole transaction is tried again when it lost a race, on real connections, and for no other reason."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from lib.models import Alarm
from lib.transactions import TRIES, whole
from tests.plans.test_periods_race import at_once_bare

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    monkeypatch.setattr("lib.transactions.random.uniform", lambda _low, _high: 0.001)


def raise_in_postgres(sqlstate: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{sqlstate}'; END $$")


def row(kind: str = "x") -> Alarm:
    return Alarm.objects.create(kind=kind, subject="s")


@pytest.mark.parametrize("sqlstate", ["40P01", "40001", "55P03"])
def test_a_lost_race_is_run_again_from_the_start_and_what_it_wrote_before_is_gone(sqlstate):
    tries = []

    @whole
    def flow(word: str, *, number: int) -> str:
        tries.append(row().pk)
        if len(tries) < 3:
            raise_in_postgres(sqlstate)
        return f"{word} {number}"

    assert flow("done", number=7) == "done 7"
    assert len(tries) == 3
    assert list(Alarm.objects.values_list("pk", flat=True)) == tries[2:]


def test_a_race_lost_on_the_drivers_own_cursor_is_run_again_as_well():
    """Rows are copied past Django's cursors, which would have given the error another name."""
    tries = []

    @whole
    def flow() -> None:
        tries.append(row().pk)
        if len(tries) < 2:
            with connection.cursor() as cursor:
                cursor.cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '55P03'; END $$")

    flow()
    assert list(Alarm.objects.values_list("pk", flat=True)) == tries[1:]


def test_after_five_tries_it_gives_up_with_the_databases_own_error():
    tries = []

    @whole
    def flow() -> None:
        tries.append(row())
        raise_in_postgres("40P01")

    with pytest.raises(OperationalError, match="lost"):
        flow()
    assert len(tries) == TRIES == 5
    assert Alarm.objects.count() == 0


@pytest.mark.parametrize(("sqlstate", "error"), [("57014", OperationalError), ("23505", IntegrityError)])
def test_any_other_error_is_raised_at_once(sqlstate, error):
    tries = []

    @whole
    def flow() -> None:
        tries.append(row())
        raise_in_postgres(sqlstate)

    with pytest.raises(error):
        flow()
    assert len(tries) == 1
    assert Alarm.objects.count() == 0


def test_it_never_runs_inside_another_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        whole(row)()


def test_of_two_flows_in_a_deadlock_both_are_done_in_the_end():
    one, two = row("one"), row("two")
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def flow(name: str, first: Alarm, second: Alarm) -> str:
        tries.append(name)
        Alarm.objects.select_for_update().get(pk=first.pk)
        if len(tries) <= 2:
            meeting.wait(5)  # both hold one lock and want the other's
        Alarm.objects.filter(pk=second.pk).update(detail=name)
        return name

    results = at_once_bare(lambda: whole(flow)("a", one, two), lambda: whole(flow)("b", two, one))

    assert sorted(map(str, results)) == ["a", "b"]
    assert len(tries) > 2
    assert sorted(Alarm.objects.values_list("kind", "detail")) == [("one", "b"), ("two", "a")]


def test_a_lock_that_is_not_let_go_is_waited_for_again():
    held = row()
    tries: list[int] = []
    taken, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Alarm.objects.select_for_update().get(pk=held.pk)
            taken.set()
            let_go.wait(10)

    def flow() -> str:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        if len(tries) == 3:
            let_go.set()
        Alarm.objects.filter(pk=held.pk).update(detail="mine")
        return "done"

    def wait_and_flow() -> str:
        taken.wait(5)
        return whole(flow)()

    assert at_once_bare(hold, wait_and_flow) == [None, "done"]
    assert len(tries) >= 3
    held.refresh_from_db()
    assert held.detail == "mine"
