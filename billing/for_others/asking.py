"""From what somebody wants to pay for another's number to the gateway's page for it. No line is looked up."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Subscriber
from billing import payer_codes
from billing.for_others import limits
from billing.for_others.targets import Target
from billing.gateways import gateway
from billing.gateways.protocol import CheckoutPage, CheckoutRequest, GatewayProblem, Refused
from billing.models import GuestState, GuestTopUp, OrderWhat
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole
from plans.models import Plan

log = structlog.get_logger(__name__)

#: Stripe wants 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create, expires_at); a minute for slow clocks.
PAGE_OPEN_FOR = timedelta(minutes=31)


class PageNotOpened(Exception):
    """The gateway did not give a page. Nothing was charged; trying again is safe."""


class FormUsed(Exception):
    """The form has been another top-up already; it must be confirmed anew."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a payer confirmed. `price` is the sum on the button; `plan` None: credit. `address` is counted and kept as a hash."""

    target: Target
    email: str
    language: str
    time_zone: str
    way: str
    price: Money
    form_token: UUID
    address: str
    plan: Plan | None = None
    payer: Subscriber | None = None
    consents: dict[str, Any] = field(default_factory=dict)


def ask(wish: Wish) -> GuestTopUp:
    """The row for `wish`; the same form gives the same row however often it is sent. Raises FormUsed, limits.TooManyTopUps."""
    if known := GuestTopUp.objects.filter(form_token=wish.form_token).first():
        return _same(known, wish)
    limits.count(address=wish.address, email=wish.email)
    try:
        with transaction.atomic():
            return _made(wish)
    except IntegrityError:
        return _same(GuestTopUp.objects.get(form_token=wish.form_token), wish)


def _made(wish: Wish) -> GuestTopUp:
    return GuestTopUp.objects.create(
        msisdn=wish.target.msisdn,
        link_id=wish.target.link_id,
        payer=wish.payer,
        email=wish.email,
        language=wish.language,
        time_zone=wish.time_zone,
        address_hash=_address_hash(wish.address),
        what=OrderWhat.PLAN if wish.plan else OrderWhat.TOP_UP,
        plan=wish.plan,
        way=wish.way,
        price_minor=wish.price.minor,
        currency=wish.price.currency,
        consents=wish.consents,
        form_token=wish.form_token,
        code_hash=payer_codes.hash_of(payer_codes.new_code(str(wish.form_token))),
        idempotency_key=f"top-up:{wish.form_token}",
        expires_at=clock.real_now() + PAGE_OPEN_FOR,
    )


def _same(known: GuestTopUp, wish: Wish) -> GuestTopUp:
    asked = (wish.target.msisdn, wish.target.link_id, wish.plan and wish.plan.pk, wish.way, wish.price)
    if asked != (known.msisdn, known.link_id, known.plan_id, known.way, known.price):
        raise FormUsed
    return known


def _address_hash(address: str) -> bytes:
    """Tells the same address again and nothing else: without the key it cannot be guessed."""
    return hmac.new(settings.SECRET_KEY.encode(), b"address:" + address.encode(), hashlib.sha256).digest()


def page(top_up: GuestTopUp, *, title: str) -> str:
    """The gateway's page, where the sum is set aside; a second click gets the same. `title`: what is paid, in the payer's language.

    Raises PageNotOpened.
    """
    if top_up.page_url:
        return top_up.page_url
    failpoint("top_up.before_call")
    try:
        opened = gateway().open_page(_request(top_up, title))
    except GatewayProblem as error:
        if isinstance(error, Refused):
            alarm("checkout.refused", subject=f"top_up:{top_up.pk}", detail=error.code)
        log.warning("top_up.no_page", top_up_id=str(top_up.pk), error=type(error).__name__)
        raise PageNotOpened from error
    failpoint("top_up.after_call")
    return _record(top_up.pk, opened)


def _request(top_up: GuestTopUp, title: str) -> CheckoutRequest:
    back = settings.PORTAL_ORIGIN + reverse("top_up_for_other", args=[payer_codes.code_of(top_up)])
    return CheckoutRequest(
        top_up_id=top_up.pk,
        order_reference=f"T-{str(top_up.pk)[-8:]}",
        title=title,
        way=top_up.way,
        price=top_up.price,
        email=top_up.email,
        language=top_up.language,
        success_url=back,
        cancel_url=back,
        expires_at=top_up.expires_at,
        idempotency_key=top_up.idempotency_key,
        sets_aside=True,
    )


@whole
def _record(top_up_id: UUID, opened: CheckoutPage) -> str:
    top_up = GuestTopUp.objects.select_for_update(no_key=True, of=("self",)).get(pk=top_up_id)
    if top_up.state == GuestState.CREATED:
        top_up.move_to(GuestState.OPEN, session_id=opened.session_id, page_url=opened.url, expires_at=opened.expires_at)
    return opened.url
