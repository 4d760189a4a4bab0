"""Lena has given a gigabyte to her daughter's number yesterday."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from accounts.models import Line
from notifications import outbox
from plans.gifts import giving, sources
from plans.gifts.giving import GiftWish

_LENA, _MIA = "+4917604069018", "+4917604069019"
_GIVEN = 1_000_000_000


def load(lines: Mapping[str, Line], *, now: datetime) -> None:
    """`lines` by number."""
    line, then = Line.objects.get(pk=lines[_LENA].pk), now - timedelta(days=1)
    wish = GiftWish(
        line=line,
        giver=line.ownerships.select_related("subscriber").get().subscriber,
        msisdn=_MIA,
        source_id=sources.of(line, now=then)[0].pk,
        amount_bytes=_GIVEN,
        form_token=uuid.uuid4(),
        address="demo",
    )
    outbox.withdraw(giving.give(wish, now=then).subject)
