"""Gives the demo cast what they have, through the portal's own doors: every cent is in the ledger, every period was ordered."""

import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.devices import esim
from accounts.models import Line, LineOwnership, Sim, Subscriber
from billing import ledger, orders
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Method
from billing.orders import Wish
from billing.paying import credit
from billing.standing import auto_renew
from billing.standing.auto_renew import RenewWish
from notifications import outbox
from plans import life, periods
from plans.calendar import months_from, to_second
from plans.commands import IMPORTED
from plans.models import Plan
from portal.demo import for_others, gifts, groups, tickets, usage, vouchers
from portal.demo.people import CAST, PASSWORD, Bought, Person


def load(*, now: datetime) -> list[str]:
    """The whole cast, as of `now`. The catalogue and the VAT rates are there already. Returns what is told of its vouchers and links."""
    owners: dict[str, Subscriber] = {}
    lines = {person.msisdn: _line(person) for person in CAST}
    for person in CAST:
        if person.name:
            owners[person.name] = _subscriber(person)
        if owner := owners.get(person.name or person.owner):
            _live(person, lines[person.msisdn], owner, now=now)
    groups.load(lines, now=now)
    usage.load(lines, now=now)
    gifts.load(lines, now=now)
    groups.ask(now=now)
    return [*vouchers.load(now=now), *for_others.load(now=now), *tickets.load(now=now)]


def sign_ins() -> str:
    """One line a person: how to sign in as them."""
    named = [person for person in CAST if person.name]
    rows = [f"{person.name:<6} {person.email:<18} {person.msisdn}   {person.about}" for person in named]
    nobodys = [person for person in CAST if not person.name and not person.owner]
    free = [f"{'–':<6} {'':<18} {person.msisdn}   {person.about}" for person in nobodys]
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
    Sim.objects.create(line=line, iccid=person.iccid, codes_sealed=esim.sealed_codes(person.iccid[-8:]))
    for further in person.esims:
        Sim.objects.create(
            line=line, iccid=further.iccid, kind="esim", label=further.label, device=further.device, gets_texts=False
        )
    return line


def _subscriber(person: Person) -> Subscriber:
    subscriber = Subscriber.objects.create_user(
        email=person.email, password=PASSWORD, msisdn=person.msisdn, name=person.name, language=person.language
    )
    EmailAddress.objects.create(user=subscriber, email=person.email, verified=True, primary=True)
    return subscriber


def _live(person: Person, line: Line, owner: Subscriber, *, now: datetime) -> None:
    began = now - (timedelta(days=200) + person.former * timedelta(days=31))
    LineOwnership.objects.create(line=line, subscriber=owner, from_at=began)
    plans = {plan.code: plan for plan in Plan.objects.filter(code__in=[bought.plan for bought in person.bought])}
    _open_credit(line, sum(plans[bought.plan].price_minor for bought in person.bought) + person.credit_minor, at=began)
    if person.pays_as_it_goes:
        _wake(line, at=began)
    Line.objects.filter(pk=line.pk).update(last_top_up_at=now - timedelta(days=40))
    if person.former:
        _bring_in(person.former, line, plans[person.bought[0].plan], until=now - person.bought[0].ago)
    for bought in person.bought:
        _buy(owner, line, plans[bought.plan], bought, now=now)
    if person.auto_renews:
        _renew_by_itself(owner, line, plans[person.bought[-1].plan], now=now)


@transaction.atomic
def _wake(line: Line, *, at: datetime) -> None:
    """In use by credit alone."""
    life.topped_up(Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line.pk), now=at)


@transaction.atomic
def _bring_in(count: int, line: Line, plan: Plan, *, until: datetime) -> None:
    """Month plans one after the other, up to the first that was bought here."""
    zone, end = ZoneInfo(line.time_zone), to_second(until)
    moments = [months_from(end, -back, zone) for back in range(count, -1, -1)]
    for place, (starts_at, ends_at) in enumerate(pairwise(moments)):
        slot = periods.imported_slot(line, plan, starts_at=starts_at, ends_at=ends_at)
        periods.bring_in(line=line, plan=plan, slot=slot, origin=f"{IMPORTED}{line.pk}:{place}")


def _renew_by_itself(owner: Subscriber, line: Line, plan: Plan, *, now: datetime) -> None:
    wish = RenewWish(
        line=line,
        subscriber=owner,
        plan=plan,
        method=None,
        uses_credit=True,
        shown_price_minor=plan.price_minor,
        consents={},
    )
    auto_renew.switch_on(wish, now=now)


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
