"""Sign-ups that nobody proved do not keep an e-mail address taken."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Consent, Subscriber

UNPROVEN_FOR = timedelta(days=2)
CODES_WORK_FOR = timedelta(minutes=15)
BATCH = 200


def forget_unverified(*, real_now: datetime) -> int:
    """Delete accounts that have neither proven number nor e-mail after two days and own nothing. Returns how many."""
    return _forget(_unproven(before=real_now - UNPROVEN_FOR))


def forget_unproven(email: str, *, real_now: datetime) -> int:
    """Free an e-mail address that somebody typed and did not prove while their codes worked. Returns how many accounts went."""
    return _forget(_unproven(before=real_now - CODES_WORK_FOR).filter(email__iexact=email))


def _unproven(*, before: datetime) -> QuerySet[Subscriber]:
    found = Subscriber.objects.filter(msisdn=None, is_staff=False, created_at__lt=before, ownerships=None)
    return found.exclude(emailaddress__verified=True)


def _forget(found: QuerySet[Subscriber]) -> int:
    with transaction.atomic():
        ids = list(found.values_list("pk", flat=True)[:BATCH])
        Consent.objects.filter(subscriber__in=ids).delete()
        Subscriber.objects.filter(pk__in=ids).delete()
    return len(ids)
