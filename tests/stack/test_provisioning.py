"""The core as it is reached in truth: a worker of its own, the sandbox over HTTP, crashes between every two steps."""

from collections import defaultdict
from itertools import pairwise

from django.db import connection

from lib import queue
from plans.models import PlanPeriod
from provisioning.models import Command, CommandState
from tests.billing.ordering import order_plan, pay
from tests.cast import anna, bao, carla
from tests.provisioning.cores import LINES, tell
from tests.stack.buying import open_page
from tests.stack.running import Portal, until

WORKER = "network"


def all_accepted() -> bool:
    return set(Command.objects.values_list("state", flat=True)) == {CommandState.ACCEPTED}


def let_leases_end() -> None:
    """Of whoever died; what a worker that lives has just claimed is its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE provisioning_command SET claimed_at = now() - interval '1 hour'"
            " WHERE state = 'claimed' AND claimed_at < now() - interval '3 seconds'"
        )
        cursor.execute("UPDATE provisioning_command SET next_try_at = now() - interval '1 hour' WHERE state = 'due'")
    queue.wake("provisioning.sweep")


def told_by_line(portal: Portal) -> dict[str, list[str]]:
    """The ids of commands in the order in which the core took them, by line."""
    told = defaultdict(list)
    for call in portal.sandbox.core_calls():
        told[call["line"]].append(call["command"])
    return told


def written_by_line() -> dict[str, list[str]]:
    written = defaultdict(list)
    for line_id, pk in Command.objects.order_by("sequence").values_list("line_id", "pk"):
        written[str(line_id)].append(str(pk))
    return written


def test_what_was_paid_is_on_the_network_within_seconds(worker: Portal) -> None:
    purchase = open_page()
    worker.sandbox.pay(purchase.session_id)
    until(lambda: Command.objects.exists() and all_accepted(), seconds=10)

    line, period = purchase.buyer.lines[0], PlanPeriod.objects.get()
    there = worker.sandbox.core_lines()[str(line.pk)]
    assert (there["msisdn"], there["state"]) == (line.msisdn, "active")
    (known,) = there["periods"]
    assert (known["period"], known["ends_at"]) == (f"order:{purchase.order_id}", period.ends_at.isoformat())
    granted = {one["unit"]: one["granted"] for one in known["allowances"]}
    assert granted == dict(period.allowances.values_list("unit", "granted"))


def test_a_worker_killed_while_it_tells_leaves_exactly_one_effect(portal: Portal) -> None:
    """Once between claim and call, once between call and record."""
    portal.order_crash("provisioning.claimed kill", "provisioning.told kill")
    pay(order_plan(anna()))
    portal.start_worker(WORKER)
    queue.wake("provisioning.deliver")
    until(lambda: len(portal.crashes_left()) == 1)
    assert Command.objects.filter(state=CommandState.CLAIMED).exists()
    assert portal.sandbox.core_calls() == []

    def is_over() -> bool:
        let_leases_end()
        return all_accepted()

    until(is_over, every=0.3)
    calls = portal.sandbox.core_calls()
    new = [call["command"] for call in calls if call["is_new"]]
    assert new == [str(pk) for pk in Command.objects.order_by("sequence").values_list("pk", flat=True)]
    assert len(calls) == len(new) + 1
    assert portal.crashes_left() == []


def test_a_core_that_was_down_gets_everything_later_in_order_per_line(portal: Portal) -> None:
    buyers = [anna(), bao(), carla()]
    portal.sandbox.fault("core", "error", status=503, times=100_000)
    portal.start_worker(WORKER)
    for code in ("month-15", "day-1", "month-5"):
        for buyer in buyers:
            pay(order_plan(buyer, code))
    until(lambda: Command.objects.filter(state=CommandState.DUE, attempts__gt=0).count() == len(buyers))
    assert portal.sandbox.core_calls() == []

    portal.sandbox.mend()

    def is_over() -> bool:
        let_leases_end()
        return all_accepted()

    until(is_over, every=0.3)
    assert told_by_line(portal) == written_by_line()
    assert {len(line["periods"]) for line in portal.sandbox.core_lines().values()} == {3}


def test_two_workers_tell_one_line_one_thing_at_a_time(portal: Portal) -> None:
    portal.sandbox.fault("core", "delay", seconds=0.03, times=1000)
    for number in range(8):
        for line_id in LINES[:3]:
            tell(f"{line_id}:{number}", line_id=line_id)
    for name in ("one", "two"):
        portal.start_worker(WORKER, name=name)
    for _process in range(4):
        queue.wake("provisioning.deliver")
    until(all_accepted)

    assert told_by_line(portal) == written_by_line()
    by_line = defaultdict(list)
    for call in portal.sandbox.core_calls():
        by_line[call["line"]].append((call["began_at"], call["ended_at"]))
    for calls in by_line.values():
        assert all(ended <= began for (_began, ended), (began, _ended) in pairwise(calls))
