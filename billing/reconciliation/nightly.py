"""Once a night, in this order: our own tables, the gateway's events, its balance, its payouts, and all of it as one sum."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from billing.gateways.protocol import GatewayProblem
from billing.giving_back import dashboard_refunds
from billing.models import GatewayCursor, MoveKind, Refund
from billing.paying import lost_pages
from billing.reconciliation import balance, events, moves, stored
from billing.reconciliation.differences import Difference
from lib import clock, queue
from lib.alarm import alarm

log = structlog.get_logger(__name__)

#: When night is, in `BOOKS_TIME_ZONE`.
HOUR = 3
#: Whoever takes this long has died, or the gateway did not answer: somebody tries again.
LEASE = timedelta(hours=1)
_NIGHT = "night"


def reconcile_if_due(*, now: datetime) -> bool:
    """Compare everything unless this night's comparison is done or somebody is at it. False when there was nothing to do.

    A gateway that does not answer raises an alarm, and is asked again after `LEASE`.
    """
    night = _claim()
    if night is None:
        return False
    try:
        found = reconcile(now=now)
    except GatewayProblem as error:
        alarm("reconciliation.no_answer", subject=f"night:{night}", detail=type(error).__name__)
        return True
    GatewayCursor.objects.filter(name=_NIGHT).update(position=night)
    log.info("reconciled", night=night, differences=len(found))
    return True


def compare_again() -> None:
    """Let the next look at `reconcile_if_due` find that it is due, if night has come today."""
    GatewayCursor.objects.filter(name=_NIGHT).update(position="", moved_at=None)


def reconcile(*, now: datetime) -> list[Difference]:
    """Compare everything now; returns what differs. What our own tables say is told even when the gateway does not answer.

    Raises billing.gateways.protocol.GatewayProblem.
    """
    real = clock.real_now()
    found = stored.compare(now=now)
    events.read()
    moves.read(until=real)
    told, lacking = balance.compare_moves(now=now, read_until=real)
    found += told
    found += balance.compare_entries(now=now, read_until=real)
    found += balance.compare_payouts(now=now, read_until=real)
    found += balance.compare_totals(now=now, read_until=clock.real_now())
    for row in lacking:
        _ask_again(row, now=now)
    return found


def _claim() -> str | None:
    """The present night, ours for `LEASE`; None when it has not come, is done, or is somebody else's."""
    real = clock.real_now()
    local = real.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE))
    night = f"{local:%Y-%m-%d}"
    if local.hour < HOUR:
        return None
    with transaction.atomic():
        GatewayCursor.objects.get_or_create(name=_NIGHT)
        row = GatewayCursor.objects.select_for_update(no_key=True).get(name=_NIGHT)
        if row.position >= night or (row.moved_at and row.moved_at > real - LEASE):
            return None
        row.moved_at = real
        row.save(update_fields=["moved_at"])
    return night


def _ask_again(row: dict[str, Any], *, now: datetime) -> None:
    """The gateway's money that our books lack, of something of ours: its news are lost, so somebody looks as if they had come now."""
    try:
        if row["kind"] == MoveKind.PAYMENT and row["payment_id"]:
            lost_pages.find(row["payment_id"])
            queue.wake("billing.fulfil", payment_id=str(row["payment_id"]))
        elif row["kind"] in {MoveKind.REFUND, MoveKind.REFUND_FAILED}:
            _ask_about_refund(row, now=now)
        elif row["kind"] in {MoveKind.DISPUTE, MoveKind.DISPUTE_WON}:
            queue.wake("billing.follow_dispute", gateway_id=row["object_id"])
    except GatewayProblem as error:
        log.warning("reconciliation.no_answer", move=row["gateway_id"], error=type(error).__name__)


def _ask_about_refund(row: dict[str, Any], *, now: datetime) -> None:
    known = Refund.objects.filter(Q(gateway_id=row["object_id"]) | Q(pk=row["refund_id"])).first()
    if known:
        queue.wake("billing.follow_refund", refund_id=str(known.pk))
    else:
        dashboard_refunds.adopt(row["object_id"], now=now)
