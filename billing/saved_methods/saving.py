"""Keeping a way to pay: with an order, or on a page of its own. Only what its owner has agreed to is kept."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Subscriber
from billing.gateways import gateway
from billing.gateways.facts import MethodFact
from billing.gateways.protocol import CheckoutPage, GatewayProblem
from billing.gateways.saved import SavingFact, SavingRequest, SavingState
from billing.models import AutoRenew, AutoTopUp, PaymentMethod, SavedState, SavedWay, SavingPage
from billing.saved_methods import customers
from lib import clock, queue
from lib.brand import brand
from lib.failpoints import failpoint
from lib.rows import write
from lib.transactions import whole

log = structlog.get_logger(__name__)

#: Stripe wants 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create, expires_at); a minute for slow clocks.
PAGE_OPEN_FOR = timedelta(minutes=31)
#: A page about to close is not shown again.
NEARLY_CLOSED = timedelta(minutes=2)
#: A page of which no notice came is asked for this often.
ASK_EVERY = timedelta(minutes=2)
#: What the text that is agreed to is called in the brand's versions.
TEXT = "keep-method"
BATCH = 200


class PageNotOpened(Exception):
    """The gateway did not give a page. Nothing was saved; trying again is safe."""


def consent(*, language: str, at: datetime) -> dict[str, str]:
    """What is kept of an agreement to be kept: which text, its version and language, and when."""
    return {
        "text": TEXT,
        "text_version": brand().versions[TEXT],
        "language": language,
        "at": at.isoformat(),
    }


def keep(subscriber: Subscriber, fact: MethodFact, *, consent: Mapping[str, Any], now: datetime) -> PaymentMethod:
    """The row of a way to pay that the gateway keeps for `subscriber`; the first is used first. Joins the caller's transaction.

    The same card or PayPal account is listed once: of two, the one that is good for longer stays and takes over what rests on
    the other, which is forgotten at the gateway.
    """
    with transaction.atomic():
        customers.lock(subscriber)
        if known := PaymentMethod.objects.filter(gateway_id=fact.gateway_id, subscriber=subscriber).first():
            return known
        mine = PaymentMethod.objects.filter(subscriber=subscriber, state=SavedState.SAVED)
        twin = mine.filter(way=fact.way, fingerprint=fact.fingerprint).exclude(fingerprint="").first()
        method = PaymentMethod.objects.create(
            subscriber=subscriber,
            way=SavedWay(fact.way),
            gateway_id=fact.gateway_id,
            label=fact.label[:60],
            fingerprint=fact.fingerprint,
            expires_on=last_day(fact.expires),
            consent=dict(consent),
            saved_at=now,
            is_default=twin is None and not mine.filter(is_default=True).exists(),
        )
        return method if twin is None else _one_of(twin, method, now=now)


def last_day(expires: tuple[int, int] | None) -> date | None:
    """The last day of a card's last month."""
    if expires is None:
        return None
    year, month = expires
    return date(year, month, calendar.monthrange(year, month)[1])


def _one_of(old: PaymentMethod, new: PaymentMethod, *, now: datetime) -> PaymentMethod:
    stays, goes = (new, old) if (new.expires_on or date.max) > (old.expires_on or date.max) else (old, new)
    flags = {"is_default": goes.is_default, "is_backup": goes.is_backup}
    goes.move_to(SavedState.REMOVED, ended_at=now, is_default=False, is_backup=False)
    if stays is new:
        for name, value in flags.items():
            setattr(new, name, value)
        write(new, *flags)
        for standing in (AutoRenew, AutoTopUp):
            rests = standing.objects.filter(off_at=None)
            rests.filter(method=old).update(method=new)
            rests.filter(backup=old).update(backup=new)
    queue.after_commit("billing.forget_method", method_id=str(goes.pk))
    return stays


def start(
    subscriber: Subscriber, *, way: SavedWay, consent: Mapping[str, Any], goes_on: str, currency: str, language: str
) -> str:
    """The gateway's page on which `way` is saved and nothing is paid; a second click gets the same. `goes_on`: the path of ours
    that its reader comes from. Raises PageNotOpened.
    """
    page = _page(subscriber, way=way, consent=consent, goes_on=goes_on)
    if page.page_url:
        return page.page_url
    back = settings.PORTAL_ORIGIN + reverse("way_to_pay_saved", args=[page.pk])
    try:
        opened = gateway().open_saving_page(
            SavingRequest(
                saving_id=page.pk,
                customer_id=customers.opened(subscriber),
                way=page.way,
                language=language,
                currency=currency,
                success_url=back,
                cancel_url=back,
                expires_at=page.expires_at,
                idempotency_key=page.idempotency_key,
            )
        )
    except GatewayProblem as error:
        log.warning("saving.no_page", saving_id=str(page.pk), error=type(error).__name__)
        raise PageNotOpened from error
    failpoint("saving.after_call")
    return _record(page, opened)


@whole
def _page(subscriber: Subscriber, *, way: SavedWay, consent: Mapping[str, Any], goes_on: str) -> SavingPage:
    customers.lock(subscriber)
    closes = clock.real_now() + NEARLY_CLOSED
    mine = SavingPage.objects.filter(subscriber=subscriber, ended_at=None, expires_at__gt=closes)
    if known := mine.filter(way=way, goes_on=goes_on).exclude(page_url="").first():
        return known
    number = SavingPage.objects.filter(subscriber=subscriber).count() + 1
    return SavingPage.objects.create(
        subscriber=subscriber,
        way=way,
        consent=dict(consent),
        goes_on=goes_on,
        idempotency_key=f"saving:{subscriber.pk}:{number}",
        expires_at=clock.real_now() + PAGE_OPEN_FOR,
    )


def _record(page: SavingPage, opened: CheckoutPage) -> str:
    known = {"session_id": opened.session_id, "page_url": opened.url, "expires_at": opened.expires_at}
    SavingPage.objects.filter(pk=page.pk).update(**known)
    return opened.url


def finish(page_id: UUID, *, now: datetime) -> SavingPage:
    """Ask what became of a page, and keep what was saved on it. Idempotent. Raises GatewayProblem."""
    page = SavingPage.objects.get(pk=page_id)
    if page.ended_at or page.session_id is None:
        return page
    SavingPage.objects.filter(pk=page_id).update(asked_at=clock.real_now())
    fact = gateway().saving_fact(page.session_id)
    failpoint("saving.after_ask")
    return _settle(page_id, subscriber=page.subscriber, fact=fact, now=now)


@whole
def _settle(page_id: UUID, *, subscriber: Subscriber, fact: SavingFact, now: datetime) -> SavingPage:
    customers.lock(subscriber)
    page = SavingPage.objects.select_for_update(no_key=True, of=("self",)).get(pk=page_id)
    if page.ended_at or fact.state == SavingState.OPEN:
        return page
    if fact.method is not None:
        page.method = keep(subscriber, fact.method, consent=page.consent, now=now)
    page.ended_at = now
    write(page, "method", "ended_at")
    return page


def try_finish(page_id: UUID, *, now: datetime) -> bool:
    """`finish`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        finish(page_id, now=now)
    except GatewayProblem as error:
        log.warning("saving.no_answer", saving_id=str(page_id), error=type(error).__name__)
        return False
    return True


def due() -> list[UUID]:
    """Pages whose end we may have missed, longest unasked first."""
    quiet = clock.real_now() - ASK_EVERY
    waiting = SavingPage.objects.filter(Q(asked_at=None) | Q(asked_at__lte=quiet), ended_at=None)
    waiting = waiting.exclude(session_id=None).filter(created_at__lte=quiet)
    return list(waiting.order_by(F("asked_at").asc(nulls_first=True)).values_list("pk", flat=True)[:BATCH])
