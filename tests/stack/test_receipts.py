"""From an applied order to the file in the payer's mail box, by a worker that may be killed on the way."""

import pytest

from billing.models import Receipt
from lib import clock, queue
from notifications.models import Message, MessageState
from tests.billing.giving_back import ask
from tests.billing.receiving import bought
from tests.cast import anna
from tests.stack.buying import let_leases_end
from tests.stack.invariants import broken
from tests.stack.running import Portal, until


def applied() -> None:
    """Two orders applied, and a refund granted."""
    buyer, now = anna(), clock.now()
    first, _second = bought(buyer, at=now), bought(buyer, at=now)
    ask(first, now=now, amount_minor=500, takes_back=False)


def settle_down() -> None:
    """Time goes by and beat sweeps until every receipt is in the mail."""

    def is_quiet() -> bool:
        let_leases_end()
        for task in ("billing.number_receipts", "billing.draw_receipts", "notifications.sweep"):
            queue.wake(task)
        sent = Message.objects.filter(kind="receipt", state=MessageState.ACCEPTED)
        return Receipt.objects.exclude(drawn_at=None).count() == sent.count() == 3

    until(is_quiet, every=0.5)


def assert_each_once(portal: Portal) -> None:
    by_series = [(receipt.series, receipt.number) for receipt in Receipt.objects.order_by("series", "number")]
    assert by_series == [("credit_note", 1), ("sale", 1), ("sale", 2)]
    letters = {str(letter["subject"]): str(letter["text"]) for letter in portal.sandbox.messages()}
    names = {str(receipt) for receipt in Receipt.objects.all()}
    for name in names:
        (text,) = (text for subject, text in letters.items() if subject.endswith(name))
        assert f"[Refill-{name}.pdf, " in text
    assert broken() == {}


def test_one_wake_up_numbers_draws_and_mails(worker: Portal) -> None:
    applied()
    queue.wake("billing.number_receipts")
    until(lambda: Message.objects.filter(kind="receipt", state=MessageState.ACCEPTED).count() == 3)
    assert_each_once(worker)


@pytest.mark.parametrize("step", ["receipts.locked", "receipts.numbered", "receipts.drawn"])
def test_a_worker_killed_on_the_way_leaves_each_receipt_once(worker: Portal, step: str) -> None:
    applied()
    worker.order_crash(f"{step} kill")
    queue.wake("billing.number_receipts")
    until(lambda: not worker.crashes_left())
    settle_down()
    assert_each_once(worker)
