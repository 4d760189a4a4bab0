"""Which way to pay is tried next: in each round the first, then the other one; never one that a bank has told us never to try again."""

from uuid import UUID

from billing.models import AutoRenew, AutoTopUp, PaymentAttempt, PaymentMethod


def next_method(order_id: UUID | None, standing: AutoRenew | AutoTopUp, *, rounds: int) -> PaymentMethod | None:
    """After so many `rounds` that are over; None when this one is. A try without an answer comes before everything."""
    tries = list(PaymentAttempt.objects.filter(payment__order=order_id)) if order_id else []
    unanswered = next((one for one in tries if one.answered_at is None), None)
    if unanswered:
        return PaymentMethod.objects.get(pk=unanswered.method_id)
    for method in _methods(standing):
        failed = [one for one in tries if one.method_id == method.pk]
        if len(failed) <= rounds and not any(one.advice == "do_not_try_again" for one in failed):
            return method
    return None


def _methods(standing: AutoRenew | AutoTopUp) -> list[PaymentMethod]:
    """What can be paid with, the first before the other."""
    ways = PaymentMethod.objects.filter(pk__in=[standing.method_id, standing.backup_id], ended_at=None)
    return sorted(ways, key=lambda way: way.pk == standing.backup_id)
