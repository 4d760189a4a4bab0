"""A plan became dearer: whoever renews it by itself hears of it well before anything is taken at the new price."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from accounts.models import Line
from billing.models import AutoRenew
from billing.standing import telling
from lib.money import Money
from lib.rows import write
from lib.transactions import whole

#: A plan that ends before is not renewed at the new price: its owner hears that, too.
AHEAD = timedelta(days=14)
BATCH = 200


def announce(*, now: datetime) -> int:
    """Tell of every price that has risen and was not told yet. Returns how many were told."""
    dearer = AutoRenew.objects.filter(off_at=None, plan__price_minor__gt=F("price_minor"))
    news = dearer.exclude(Q(told_price_minor__isnull=False) & Q(told_price_minor=F("plan__price_minor")))
    found = list(news.order_by("pk").values_list("pk", "line_id")[:BATCH])
    return sum(_announce(pk, line_id=line_id, now=now) for pk, line_id in found)


@whole
def _announce(auto_renew_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    rows = AutoRenew.objects.select_for_update(no_key=True, of=("self",)).select_related("plan", "subscriber")
    auto_renew = rows.get(pk=auto_renew_id)
    price = Money(auto_renew.plan.price_minor, auto_renew.currency)
    is_news = auto_renew.is_on and price.minor > auto_renew.price_minor and price.minor != auto_renew.told_price_minor
    if not is_news:
        return False
    auto_renew.line = line
    auto_renew.told_price_minor, auto_renew.told_good_from = price.minor, now + AHEAD
    write(auto_renew, "told_price_minor", "told_good_from")
    telling.new_price(auto_renew, price=price, good_from=now + AHEAD)
    return True
