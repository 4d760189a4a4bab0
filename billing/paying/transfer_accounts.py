"""A payer's own bank account at the gateway: made when first needed, mirrored whenever somebody looks."""

from datetime import datetime

from django.db import transaction

from accounts.models import Subscriber
from billing.gateways import gateway
from billing.gateways.transfers import Movement
from billing.models import Payment, TransferAccount, TransferMovement
from billing.saved_methods import customers
from lib import clock


def opened(subscriber: Subscriber, currency: str) -> TransferAccount:
    """The subscriber's account in `currency`, known to the gateway. Raises GatewayProblem.

    All currencies of a subscriber are one customer at the gateway.
    """
    account, _new = TransferAccount.objects.get_or_create(subscriber=subscriber, currency=currency)
    if account.customer_id:
        return account
    customer_id = customers.opened(subscriber)
    TransferAccount.objects.filter(pk=account.pk, customer_id="").update(customer_id=customer_id)
    account.refresh_from_db()
    return account


def mirror(customer_id: str) -> list[TransferAccount]:
    """Ask what came in and what is unused, and keep it; the customer's accounts as they are now. Raises GatewayProblem."""
    unused, movements = gateway().unused(customer_id), gateway().movements(customer_id)
    return _kept(customer_id, unused, movements)


@transaction.atomic
def _kept(customer_id: str, unused: dict[str, int], movements: list[Movement]) -> list[TransferAccount]:
    rows = TransferAccount.objects.select_for_update(no_key=True, of=("self",)).filter(customer_id=customer_id)
    accounts = {row.currency: row for row in rows.order_by("pk")}
    if not accounts:
        return []
    subscriber_id = next(iter(accounts.values())).subscriber_id
    currencies = set(unused) | {movement.amount.currency for movement in movements}
    for currency in currencies - accounts.keys():
        accounts[currency] = TransferAccount.objects.create(
            subscriber_id=subscriber_id, currency=currency, customer_id=customer_id
        )
    for currency, account in accounts.items():
        account.available_minor, account.asked_at = unused.get(currency, 0), clock.real_now()
        account.save(update_fields=["available_minor", "asked_at"])
    intents = {movement.intent_id for movement in movements if movement.intent_id}
    payments = dict(Payment.objects.filter(intent_id__in=intents).values_list("intent_id", "pk"))
    TransferMovement.objects.bulk_create(
        (
            TransferMovement(
                account=accounts[movement.amount.currency],
                gateway_id=movement.gateway_id,
                kind=movement.kind,
                amount_minor=movement.amount.minor,
                payment_id=payments.get(movement.intent_id),
                happened_at=movement.happened_at,
            )
            for movement in reversed(movements)
        ),
        ignore_conflicts=True,
    )
    return list(accounts.values())


def unused_of(subscriber: Subscriber) -> list[TransferAccount]:
    """The subscriber's accounts with money that was not used, as last asked."""
    return list(subscriber.transfer_accounts.filter(available_minor__gt=0).order_by("currency"))


def last_arrival(account: TransferAccount) -> datetime | None:
    """When money last came in."""
    arrived = account.movements.filter(kind="funded").order_by("-happened_at").first()
    return arrived.happened_at if arrived else None
