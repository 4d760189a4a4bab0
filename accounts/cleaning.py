"""Sign-ups that nobody proved do not keep an e-mail address taken."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Consent, Subscriber

UNPROVEN_FOR = timedelta(days=2)
BATCH = 200


def forget_unverified(*, real_now: datetime) -> int:
    """Delete accounts that have neither proven number nor e-mail after two days and own nothing. Returns how many."""
    stale = Subscriber.objects.filter(
        msisdn=None,
        is_staff=False,
        created_at__lt=real_now - UNPROVEN_FOR,
        ownerships=None,
    ).exclude(emailaddress__verified=True)
    with transaction.atomic():
        ids = list(stale.values_list("pk", flat=True)[:BATCH])
        Consent.objects.filter(subscriber__in=ids).delete()
        Subscriber.objects.filter(pk__in=ids).delete()
    return len(ids)
