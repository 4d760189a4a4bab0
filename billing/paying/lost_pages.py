"""Payment pages and awaited transfers that we never heard of: the gateway made one, and its answer was lost."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from billing import fulfilment
from billing.gateways import gateway
from billing.gateways.protocol import GatewayProblem
from billing.models import Payment, PaymentWay
from billing.paying import transfers

log = structlog.get_logger(__name__)

#: Two clocks never agree.
_EARLIER = timedelta(hours=1)


def find(payment_id: UUID) -> bool:
    """Look for what a call that was never answered has made, by our id in its metadata, and keep its id. Whether it is known now.

    Raises GatewayProblem.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if payment.gateway_id is not None:
        return True
    if payment.way == PaymentWay.TRANSFER:
        return transfers.find_lost(payment, since=payment.created_at - _EARLIER)
    page = gateway().find_page(payment.pk, since=payment.created_at - _EARLIER)
    if page is None:
        return False
    Payment.objects.filter(pk=payment.pk, session_id=None).update(session_id=page.session_id)
    return True


def try_find(payment_id: UUID, *, now: datetime) -> bool:
    """`find`, and settle what was paid on it; a gateway that does not answer is left to the next sweep."""
    try:
        if not find(payment_id):
            return False
        fulfilment.fulfil(payment_id, now=now)
    except GatewayProblem as error:
        log.warning("lost_page.no_answer", payment_id=str(payment_id), error=type(error).__name__)
        return False
    return True
