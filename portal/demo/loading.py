"""Gives the demo cast what they have, through the portal's own doors: every cent is in the ledger, every period was ordered."""

import uuid
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import BigIntegerField, F, FloatField, Value
from django.db.models.functions import Cast, Floor

from accounts.models import Line, LineOwnership, Sim, Subscriber
from billing import ledger, orders
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Method
from billing.orders import Wish
from billing.paying import credit
from notifications import outbox
from plans.models import Allowance, Plan
from portal.demo import for_others, vouchers
from portal.demo.people import CAST, PASSWORD, Bought, Person


def load(*, now: datetime) -> list[str]:
    """The whole cast, as of `now`. The catalogue and the VAT rates are there already. Returns what is told of its vouchers and links."""
    for person in CAST:
        line = _line(person)
        if person.name:
            _live(person, line, now=now)
    return [*vouchers.load(now=now), *for_others.load(now=now)]


def sign_ins() -> str:
    """One line a person: how to sign in as them."""
    named = [person for person in CAST if person.name]
    rows = [f"{person.name:<6} {person.email:<18} {person.msisdn}   {person.about}" for person in named]
    free = [f"{'–':<6} {'':<18} {person.msisdn}   {person.about}" for person in CAST if not person.name]
    return "\n".join([*rows, *free, f"Password of all: {PASSWORD}. Codes arrive in the inbox."])


def _line(person: Person) -> Line:
    line = Line.objects.create(
        msisdn=person.msisdn,
        country="DE",
        currency="EUR",
        time_zone="Europe/Berlin",
        language=person.language,
        label=person.label,
    )
    Sim.objects.create(line=line, iccid=person.iccid)
    return line


def _live(person: Person, line: Line, *, now: datetime) -> None:
    subscriber = Subscriber.objects.create_user(
        email=person.email, password=PASSWORD, msisdn=person.msisdn, name=person.name, language=person.language
    )
    EmailAddress.objects.create(user=subscriber, email=person.email, verified=True, primary=True)
    began = now - timedelta(days=200)
    LineOwnership.objects.create(line=line, subscriber=subscriber, from_at=began)
    plans = {plan.code: plan for plan in Plan.objects.filter(code__in=[bought.plan for bought in person.bought])}
    _open_credit(line, sum(plans[bought.plan].price_minor for bought in person.bought) + person.credit_minor, at=began)
    Line.objects.filter(pk=line.pk).update(last_top_up_at=now - timedelta(days=40))
    for bought in person.bought:
        _buy(subscriber, line, plans[bought.plan], bought, now=now)


def _open_credit(line: Line, minor: int, *, at: datetime) -> None:
    if not minor:
        return
    pots = ledger.pots(AccountKind.OPENING, AccountKind.CREDIT_PAID, currency=line.currency, line=line)
    with transaction.atomic():
        ledger.post(
            Posting(
                kind=EntryKind.OPENING,
                source=pots[AccountKind.OPENING],
                target=pots[AccountKind.CREDIT_PAID],
                amount_minor=minor,
                key=f"opening:{line.pk}",
                event_at=at,
                actor="demo",
            )
        )


def _buy(subscriber: Subscriber, line: Line, plan: Plan, bought: Bought, *, now: datetime) -> None:
    then = now - bought.ago
    wish = Wish(
        line=line,
        buyer=subscriber,
        method=Method.CREDIT,
        form_token=uuid.uuid4(),
        shown_price_minor=plan.price_minor,
        plan=plan,
    )
    order = orders.place(wish, now=then)
    order = credit.pay(order.pk, line_id=line.pk, actor="demo", now=then)
    outbox.withdraw(order.subject)
    for unit, share in bought.used.items():
        used = Cast(Floor(Cast(F("granted"), FloatField()) * Value(share)), BigIntegerField())
        Allowance.objects.filter(origin=order.subject, unit=unit, granted__isnull=False).update(used=used)
