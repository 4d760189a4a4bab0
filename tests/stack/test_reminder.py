"""Somebody whose plan is about to end is reminded, once; somebody who has renewed is not; and the end itself is told."""

from datetime import datetime, timedelta

from accounts.models import Subscriber
from lib import clock, queue
from plans.models import PlanPeriod
from tests.cast import anna
from tests.stack.buying import open_page, wait_for_apply, wait_for_messages
from tests.stack.running import Portal, until
from tests.waking import awake_after, awake_before


def turn_to(portal: Portal, moment: datetime) -> None:
    portal.sandbox.turn_clock(int((moment - clock.real_now()).total_seconds()))


def bought(portal: Portal, buyer: Subscriber | None = None) -> PlanPeriod:
    purchase = open_page(buyer)
    portal.sandbox.pay(purchase.session_id)
    wait_for_apply(purchase)
    wait_for_messages(portal)
    portal.sandbox.forget_messages()
    period = PlanPeriod.objects.order_by("starts_at").last()
    assert period
    return period


def remind(portal: Portal) -> list[str]:
    """What beat wakes every minute; the texts that arrived since the inbox was emptied."""
    queue.wake("billing.remind_of_ends")
    queue.wake("billing.remind_of_ends")
    until(lambda: portal.log("worker").count("Task billing.remind_of_ends") >= 2)
    wait_for_messages(portal)
    return sorted(
        f"{message['channel']}: {message['subject'] or message['text']}" for message in portal.sandbox.messages()
    )


def test_the_day_before_the_end_an_sms_and_a_mail_come_once_and_after_it_the_news_that_it_ended(worker: Portal) -> None:
    buyer = anna()
    buyer.emailaddress_set.create(email=buyer.email, verified=True, primary=True)
    period = bought(worker, buyer)
    turn_to(worker, awake_before(period.ends_at))
    reminded = until(lambda: remind(worker))
    assert len(reminded) == 2
    assert all("Month 15" in line and "ends" in line for line in reminded)
    assert remind(worker) == reminded
    worker.sandbox.forget_messages()
    turn_to(worker, awake_after(period.ends_at + timedelta(minutes=1)))
    ended = until(lambda: remind(worker))
    assert len(ended) == 2
    assert all("ended" in line for line in ended)


def test_nobody_is_reminded_whose_next_period_is_paid(worker: Portal) -> None:
    first = bought(worker)
    bought(worker, Subscriber.objects.get())
    turn_to(worker, awake_before(first.ends_at))
    assert remind(worker) == []
    turn_to(worker, awake_after(first.ends_at + timedelta(minutes=1)))
    assert remind(worker) == []
