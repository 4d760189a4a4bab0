"""How often one may pay for others. Before the payment page: by address, e-mail, and all together, whatever the number. After
the payer's bank has set the money aside: by card, number and e-mail; what came to nothing counts three times, so that nobody
learns many numbers by trying. docs/adr/0013 tells why.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Case, IntegerField, Q, QuerySet, Sum, Value, When

from billing.models import GuestState, GuestTopUp
from lib import clock
from lib.alarm import alarm
from lib.limits import Cap, over

_HOUR = 3600
_DAY = timedelta(days=1)
#: What a try that came to nothing counts as.
RELEASED_COUNTS = 3


class TooManyTopUps(Exception):
    """A cap is reached; nothing was asked of the gateway."""


def count(*, address: str, email: str) -> None:
    """Count one payment page that is asked for. Raises TooManyTopUps."""
    caps = [
        (Cap("for_others_address", settings.FOR_OTHERS_PER_ADDRESS_HOUR, _HOUR), address),
        (Cap("for_others_email", settings.FOR_OTHERS_PER_EMAIL_HOUR, _HOUR), email.lower()),
        (Cap("for_others", settings.FOR_OTHERS_PER_HOUR, _HOUR), "all"),
    ]
    for cap, key in caps:
        if over(cap, key):
            if cap.name == "for_others" and cache.add("for_others:alarm", 1, timeout=_HOUR):
                alarm("top_up.too_many", subject="for_others", detail=f"more than {cap.limit} in an hour")
            raise TooManyTopUps


def is_over(top_up: GuestTopUp) -> bool:
    """Whether this card, this number or link, or this e-mail has had its share of the last day."""
    since = clock.real_now() - _DAY
    same = [Q(email__iexact=top_up.email), Q(link=top_up.link) if top_up.link_id else Q(msisdn=top_up.msisdn)]
    if top_up.fingerprint:
        same.append(Q(fingerprint=top_up.fingerprint))
    others = GuestTopUp.objects.exclude(pk=top_up.pk)
    return any(_weight(others.filter(which), since=since) >= settings.FOR_OTHERS_PER_DAY for which in same)


def _weight(top_ups: QuerySet[GuestTopUp], *, since: datetime) -> int:
    decided = top_ups.filter(created_at__gte=since, state__in=(GuestState.TAKEN, GuestState.RELEASED))
    counts = Case(When(state=GuestState.RELEASED, then=Value(RELEASED_COUNTS)), default=Value(1))
    total: int = decided.aggregate(total=Sum(counts, default=0, output_field=IntegerField()))["total"]
    return total
