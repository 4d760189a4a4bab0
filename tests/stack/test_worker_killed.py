"""SIGKILL between the steps: what was half done is undone or done again, and nobody notices but the log."""

import pytest

from billing.models import LedgerEntry
from notifications.models import Message, MessageState
from plans.models import PlanPeriod
from tests.stack.buying import (
    Purchase,
    assert_applied_once,
    let_leases_end,
    open_page,
    settle_down,
    sweep,
    wait_for_messages,
)
from tests.stack.running import Portal, until

TOLD = ["email payment_received", "email renewed", "sms renewed"]


def pay_and_recover(portal: Portal, purchase: Purchase) -> None:
    """The crash happens, time goes by, beat sweeps until all is quiet."""
    portal.sandbox.pay(purchase.session_id)
    until(lambda: not portal.crashes_left())
    settle_down(purchase)


@pytest.mark.parametrize(
    "step",
    [
        "fulfil.before_ask",
        "fulfil.after_ask",
        "settle.booked",
        "apply.earned",
        "settle.before_commit",
        "fulfil.after_commit",
    ],
)
def test_a_worker_killed_while_it_applies_leaves_one_application(worker: Portal, step: str) -> None:
    worker.order_crash(f"{step} kill")
    purchase = open_page()
    pay_and_recover(worker, purchase)
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD


@pytest.mark.parametrize("step", ["settle.booked", "settle.before_commit"])
def test_half_an_application_is_none(portal: Portal, step: str) -> None:
    """Right after the crash, before anybody repairs it."""
    portal.sandbox.fault("webhook", "drop", times=50)
    portal.order_crash(f"{step} kill")
    purchase = open_page()
    portal.sandbox.pay(purchase.session_id)
    running = portal.start_worker()
    let_leases_end()
    sweep()
    until(lambda: not portal.crashes_left())
    running.kill()
    running.stop()
    assert not purchase.is_applied()
    assert not LedgerEntry.objects.exists()
    assert not PlanPeriod.objects.exists()
    assert not Message.objects.exists()


def test_the_whole_worker_killed_and_another_started_finishes_the_order(portal: Portal) -> None:
    first = portal.start_worker()
    portal.order_crash("fulfil.after_ask kill")
    purchase = open_page()
    portal.sandbox.pay(purchase.session_id)
    until(lambda: not portal.crashes_left())
    first.kill()
    first.stop()
    portal.start_worker()
    settle_down(purchase)
    assert_applied_once(portal, purchase)
    assert wait_for_messages(portal) == TOLD


def test_a_web_server_killed_after_it_kept_a_notice_gets_it_again(worker: Portal) -> None:
    worker.order_crash("inbox.kept kill")
    purchase = open_page()
    pay_and_recover(worker, purchase)
    assert_applied_once(worker, purchase)
    assert wait_for_messages(worker) == TOLD


def test_messages_whose_worker_died_before_sending_come_once_or_are_openly_unknown(worker: Portal) -> None:
    worker.order_crash("delivery.claimed kill")
    purchase = open_page()
    pay_and_recover(worker, purchase)
    assert_applied_once(worker, purchase)
    assert_at_most_once(wait_for_messages(worker))


def test_a_message_whose_worker_died_after_sending_arrives_once(worker: Portal) -> None:
    worker.order_crash("delivery.sent kill")
    purchase = open_page()
    pay_and_recover(worker, purchase)
    assert_applied_once(worker, purchase)
    assert_at_most_once(wait_for_messages(worker), was_sent=True)
    assert {state for channel, state in states() if channel == "email"} == {MessageState.ACCEPTED}


def assert_at_most_once(arrived: list[str], *, was_sent: bool = False) -> None:
    """Every e-mail came; the SMS came or is openly unknown."""
    assert [kind for kind in arrived if kind.startswith("email")] == TOLD[:2]
    sms = dict(states())["sms"]
    possible = {(MessageState.ACCEPTED, 1), (MessageState.UNKNOWN, 0), (MessageState.UNKNOWN, int(was_sent))}
    assert (sms, arrived.count("sms renewed")) in possible


def states() -> list[tuple[str, str]]:
    return list(Message.objects.values_list("channel", "state"))
