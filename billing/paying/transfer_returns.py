"""Money of a transfer that was not used goes back to the bank account it came from."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import F

from accounts.models import Subscriber
from billing.gateways import gateway
from billing.gateways.facts import RefundFact, RefundFactState
from billing.gateways.protocol import GatewayProblem, Refused
from billing.models import RefundState, TransferAccount, TransferReturn
from billing.paying import transfer_accounts
from lib import clock, queue
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

log = structlog.get_logger(__name__)

_WAITING = (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.PENDING, RefundState.NEEDS_PAYER)
_GONE = (RefundState.FAILED, RefundState.CANCELLED)


class NothingUnused(Exception):
    """Everything that came in was used, or is on its way back already."""


def ask(account: TransferAccount, *, subscriber: Subscriber) -> TransferReturn:
    """Send back all that is unused. A second click while one is on its way finds it. Raises NothingUnused."""
    found = _ask(account.pk, actor=f"subscriber:{subscriber.pk}")
    queue.after_commit("billing.follow_transfer_return", return_id=str(found.pk))
    return found


@whole
def _ask(account_id: UUID, *, actor: str) -> TransferReturn:
    account = TransferAccount.objects.select_for_update(no_key=True, of=("self",)).get(pk=account_id)
    waiting = account.returns.filter(state__in=(RefundState.REQUESTED, RefundState.SUBMITTED)).first()
    if waiting:
        return waiting
    if not account.available_minor:
        raise NothingUnused
    number = account.returns.count() + 1
    return TransferReturn.objects.create(
        account=account,
        amount_minor=account.available_minor,
        idempotency_key=f"return:{account.pk}:{number}",
        asked_by=actor,
    )


def follow(return_id: UUID) -> None:
    """Tell the gateway, or ask what became of it. Raises GatewayProblem when there is no answer."""
    row = TransferReturn.objects.select_related("account").get(pk=return_id)
    if row.state in _GONE or row.state == RefundState.SUCCEEDED:
        return
    TransferReturn.objects.filter(pk=return_id).update(attempts=F("attempts") + 1, asked_at=clock.real_now())
    fact = gateway().refund_fact(row.gateway_id) if row.gateway_id else _sent(row)
    failpoint("transfer_return.after_call")
    _settle(return_id, fact)
    transfer_accounts.mirror(row.account.customer_id)


def _sent(row: TransferReturn) -> RefundFact:
    """Keys are forgotten after a day: a second call looks the return up first."""
    if row.attempts and (known := gateway().find_return(row.pk, since=row.created_at - timedelta(minutes=5))):
        return known
    try:
        return gateway().send_back(
            row.account.customer_id,
            Money(row.amount_minor, row.account.currency),
            return_id=row.pk,
            idempotency_key=row.idempotency_key,
        )
    except Refused as error:
        return RefundFact(gateway_id="", state=RefundFactState.FAILED, failure_code=error.code)


@whole
def _settle(return_id: UUID, fact: RefundFact) -> None:
    row = TransferReturn.objects.select_for_update(no_key=True, of=("self",)).get(pk=return_id)
    after = RefundState(fact.state)
    if after == row.state or row.state in _GONE:
        return
    if row.state == RefundState.REQUESTED:
        row.move_to(RefundState.SUBMITTED)
    row.move_to(after, gateway_id=fact.gateway_id or row.gateway_id, failure_code=fact.failure_code[:60])
    if after in _GONE:
        alarm("transfer_return.failed", subject=f"transfer_return:{row.pk}", detail=row.failure_code)


def try_follow(return_id: UUID) -> bool:
    """`follow`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        follow(return_id)
    except GatewayProblem as error:
        log.warning("transfer_return.no_answer", return_id=str(return_id), error=type(error).__name__)
        return False
    return True


def due() -> list[UUID]:
    """Returns that are not at their end and that nobody has asked about for ten minutes."""
    quiet = clock.real_now() - timedelta(minutes=10)
    waiting = TransferReturn.objects.filter(state__in=_WAITING).exclude(asked_at__gt=quiet)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:200])
