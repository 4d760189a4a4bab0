"""A subscriber as the gateway knows them: one for transfers, saved ways to pay and what is taken with them."""

from uuid import UUID

from accounts.models import Subscriber
from billing.gateways import gateway
from billing.models import GatewayCustomer, TransferAccount


def opened(subscriber: Subscriber) -> str:
    """The subscriber's customer at the gateway, made when first needed. Raises GatewayProblem.

    The row is committed before the call, and its key is the subscriber's own, so that two at once get the same.
    """
    row, _new = GatewayCustomer.objects.get_or_create(subscriber=subscriber)
    if row.customer_id:
        return row.customer_id
    customer_id = _of_transfers(subscriber) or gateway().open_account(
        email=subscriber.email, account_id=UUID(int=subscriber.pk), idempotency_key=f"customer:{subscriber.pk}"
    )
    GatewayCustomer.objects.filter(pk=row.pk, customer_id="").update(customer_id=customer_id)
    row.refresh_from_db()
    return row.customer_id


def _of_transfers(subscriber: Subscriber) -> str:
    """The customer that was made for bank transfers before there was one for everything."""
    known = TransferAccount.objects.filter(subscriber=subscriber).exclude(customer_id="")
    return known.values_list("customer_id", flat=True).first() or ""


def lock(subscriber: Subscriber) -> None:
    """Whoever changes a subscriber's saved ways to pay goes through here, one after the other. The caller is in a transaction."""
    GatewayCustomer.objects.get_or_create(subscriber=subscriber)
    GatewayCustomer.objects.select_for_update(no_key=True, of=("self",)).get(subscriber=subscriber)
