"""Which notices of outages and planned works a page tells of. Read once for all pages, kept for half a minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from redis.exceptions import RedisError

from lib import audit, clock
from support.authority import Staff
from support.models import Notice, NoticeKind, NoticePlace

log = structlog.get_logger(__name__)

KEPT_SECONDS = 30
_KEY = "support:notices"
#: Where each page belongs; pages that are not here tell of nothing, those of help of everything.
_PLACES = {
    "landing": NoticePlace.LANDING,
    "dashboard": NoticePlace.HOME,
    "plan_list": NoticePlace.PLANS,
    "plan_summary": NoticePlace.PLANS,
    "order_review": NoticePlace.ORDERS,
    "order": NoticePlace.ORDERS,
    "orders": NoticePlace.ORDERS,
    "top_up": NoticePlace.ORDERS,
    "order_pay_another_way": NoticePlace.ORDERS,
    "order_transfer": NoticePlace.ORDERS,
    "top_up_a_number": NoticePlace.ORDERS,
    "top_up_for_other": NoticePlace.ORDERS,
}
_EVERYWHERE = ("contact", "help", "help_new", "ticket")


@dataclass(frozen=True)
class Shown:
    """A notice as its reader sees it."""

    is_outage: bool
    text: str
    language: str
    from_at: datetime
    until_at: datetime | None
    is_ahead: bool


def context(request: HttpRequest) -> dict[str, Any]:
    """For every page's template: asked for only by those that show it."""
    return {"service_notices": lambda: of_page(request)}


def of_page(request: HttpRequest) -> list[Shown]:
    """What the page of this request tells of."""
    match = request.resolver_match
    name = match.url_name if match else ""
    place = _PLACES.get(name or "")
    if place is None and name not in _EVERYWHERE:
        return []
    now = clock.now()
    return [told(row, now=now) for row in _standing(now) if place is None or place in row["places"]]


def told(row: Mapping[str, Any], *, now: datetime) -> Shown:
    """In the reader's language, else in English."""
    texts: dict[str, str] = row["texts"]
    own = get_language() or "en"
    language = own if texts.get(own) else "en"
    return Shown(
        is_outage=row["kind"] == NoticeKind.OUTAGE,
        text=texts[language],
        language=language,
        from_at=row["from_at"],
        until_at=row["until_at"],
        is_ahead=row["from_at"] > now,
    )


def _standing(now: datetime) -> list[dict[str, Any]]:
    """Asked of the database when the cache knows nothing, or is away. What is over is never told, however old the cache is."""
    try:
        kept: list[dict[str, Any]] | None = cache.get(_KEY)
        if kept is None:
            kept = _read(now)
            cache.set(_KEY, kept, timeout=KEPT_SECONDS)
    except (RedisError, OSError) as error:
        log.warning("notices.no_cache", error=type(error).__name__)
        kept = _read(now)
    return [row for row in kept if row["until_at"] is None or row["until_at"] > now]


def _read(now: datetime) -> list[dict[str, Any]]:
    fields = ("kind", "texts", "places", "from_at", "until_at")
    return list(Notice.objects.shown_at(now).values(*fields))


@transaction.atomic
def make(notice: Notice, *, by: Staff, now: datetime) -> Notice:
    """Pages tell of it from its time on."""
    notice.made_by, notice.made_at = by.actor, now
    notice.save(force_insert=True)
    audit.record("notice.made", actor=by.actor, subject=f"notice:{notice.pk}", address=by.address)
    transaction.on_commit(forget)
    return notice


@transaction.atomic
def end(notice_id: int, *, by: Staff, now: datetime) -> None:
    """It is over, or will not be. Ended already, it stays as it is."""
    notice = Notice.objects.select_for_update(no_key=True).get(pk=notice_id)
    if notice.until_at is None or notice.until_at > now:
        notice.from_at = min(notice.from_at, now)
        notice.until_at = now
        notice.save(update_fields=["from_at", "until_at"])
        audit.record("notice.ended", actor=by.actor, subject=f"notice:{notice.pk}", address=by.address)
    transaction.on_commit(forget)


def forget() -> None:
    """What pages have kept is read anew."""
    try:
        cache.delete(_KEY)
    except (RedisError, OSError) as error:
        log.warning("notices.no_cache", error=type(error).__name__)
