"""A gateway of a test's own, whose books begin empty, and the night's comparison on a clock that has gone on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from pytest_django import Settings

from billing import fulfilment, inbox
from billing.gateways import gateway
from billing.giving_back import disputes, refunds
from billing.models import EventState, GatewayCursor, Order, Payment, Refund, WebhookEvent
from billing.reconciliation import nightly
from lib import clock
from tests.billing.ordering import load_reference_data
from tests.billing.planting import money_rows, open_differences
from tests.conftest import free_port
from tests.sandbox_process import Sandbox
from tests.stack.buying import Purchase, open_page

TWO_DAYS = timedelta(days=2)


@pytest.fixture
def world(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox with empty books that sends no notices; the catalogue is on sale."""
    sandbox = Sandbox(tmp_path / "sandbox", port=free_port())
    settings.STRIPE_API_BASE = sandbox.url
    gateway.cache_clear()
    load_reference_data()
    try:
        sandbox.start()
        yield sandbox
    finally:
        sandbox.stop()
        gateway.cache_clear()


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """So much time has gone by for whoever asks for the real time."""
    with patch.object(clock, "real_now", lambda: datetime.now(UTC) + by):
        yield


def bought(world: Sandbox, purchase: Purchase | None = None) -> Payment:
    """A plan of 15.00 that was paid on its page, and booked."""
    purchase = purchase or open_page()
    world.pay(purchase.session_id)
    return fulfilment.fulfil(Payment.objects.get(session_id=purchase.session_id).pk, now=clock.now())


def sent_back(world: Sandbox, refund: Refund) -> Refund:
    """The gateway has been told, and has said what became of it."""
    refunds.follow(refund.pk, now=clock.now())
    refund.refresh_from_db()
    return refund


def disputed(world: Sandbox, payment: Payment, outcome: str = "", **how: object) -> str:
    """A payer's bank takes the money, and decides."""
    case: str = world.dispute(str(payment.intent_id), **how)["dispute"]
    disputes.follow(case, now=clock.now())
    if outcome:
        world.end_dispute(case, outcome)
        disputes.follow(case, now=clock.now())
    return case


def night(after: timedelta = TWO_DAYS) -> dict[str, str]:
    """What the comparison says so much later, by subject."""
    with later(after):
        found = {difference.subject: difference.detail for difference in nightly.reconcile(now=clock.now())}
    GatewayCursor.objects.update(reached_at=clock.real_now())  # the gateway's own clock has stayed
    assert found == open_differences()
    return found


def night_that_mends_nothing() -> dict[str, str]:
    """The same; no row changed in which money stands but the gateway's own fees and payouts."""
    night()
    before = money_rows()
    found = night()
    assert money_rows() == before
    return found


def handle_events() -> None:
    """What a worker would do with what was kept."""
    while waiting := WebhookEvent.objects.filter(state=EventState.RECEIVED, attempts=0).order_by("id").first():
        inbox.handle(waiting.pk, now=clock.now())


def state_of(order: Order | Purchase) -> str:
    return str(Order.objects.values_list("state", flat=True).get(pk=getattr(order, "order_id", None) or order.pk))  # type: ignore[union-attr]
