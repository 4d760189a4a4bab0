"""The gateway's events since they were last read, kept as if each had come as a notice: for notices that were lost."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from billing import inbox
from billing.gateways import gateway
from billing.gateways.protocol import GatewayProblem, Notice
from billing.models import Payment, WebhookEvent
from billing.reconciliation.cursors import Reading
from lib import clock
from lib.alarm import alarm

log = structlog.get_logger(__name__)

#: The gateway lists 30 days (docs.stripe.com/api/events); a little less, for clocks that differ.
KEPT_FOR = timedelta(days=30) - timedelta(minutes=5)
READING = Reading("events", step=timedelta(minutes=15), overlap=timedelta(minutes=15))


def read() -> int:
    """Keep every event we have not heard of; a worker is woken for each. Returns how many are new.

    Raises billing.gateways.protocol.GatewayProblem when there is no answer; what was kept until then stays.
    """
    real = clock.real_now()
    _tell_what_is_lost(real)
    new = 0
    for since, until in READING.windows(until=real, first=_first(real)):
        for page in gateway().events(since=since, until=until):
            new += _keep(page)
    return new


def try_read() -> bool:
    """`read`, leaving a gateway that does not answer to the next time. False when it did not."""
    try:
        new = read()
    except GatewayProblem as error:
        log.warning("events.no_answer", error=type(error).__name__)
        return False
    if new:
        log.info("events.caught_up", new=new)
    return True


def _keep(page: Iterable[Notice]) -> int:
    known = set(
        WebhookEvent.objects.filter(event_id__in=[notice.event_id for notice in page]).values_list(
            "event_id", flat=True
        )
    )
    return sum(inbox.keep(notice) for notice in page if notice.event_id not in known)


def _first(real: datetime) -> datetime:
    """Where the first reading begins: at our first payment; nothing before it is about us."""
    oldest = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return max(real - KEPT_FOR, (oldest or real) - READING.overlap)


def _tell_what_is_lost(real: datetime) -> None:
    reached = READING.reached_at
    if reached is not None and reached < real - KEPT_FOR:
        alarm(
            "reconciliation.events_lost",
            subject="cursor:events",
            detail=f"not read since {reached:%Y-%m-%d %H:%M} UTC, longer than the gateway keeps them",
        )
