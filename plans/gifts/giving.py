"""Giving: part of what is left of one allowance becomes an allowance of another line, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts import hold
from accounts.models import Line, LineOwnership, LineState, Subscriber
from lib.transactions import whole
from lib.uuid7 import fresh
from plans.calendar import to_second
from plans.gifts import both_lines, limits, sources, telling
from plans.gifts.refusals import CannotBeGiven, Why
from plans.models import Allowance, AllowanceGift, Unit, ZoneCountry
from plans.models.gift import STEP_BYTES, subject_of


@dataclass(frozen=True, kw_only=True)
class GiftWish:
    """What was confirmed. The same `form_token` of the same line is the same gift; `address` is where the request came from."""

    line: Line
    giver: Subscriber
    msisdn: str
    source_id: UUID
    amount_bytes: int
    form_token: UUID
    address: str


def give(wish: GiftWish, *, now: datetime) -> AllowanceGift:
    """Give once. Until now nobody has looked whether the number is one of ours; wrong ones are counted before they are looked up.

    Raises CannotBeGiven.
    """
    if known := _known(wish):
        return known
    limits.count_number(subscriber_id=wish.giver.pk, address=wish.address)
    try:
        receiver = Line.objects.live().filter(msisdn=wish.msisdn).values_list("pk", flat=True).first()
        gift = _give(wish, receiver, now=now)
    except CannotBeGiven as refusal:
        if refusal.why != Why.NUMBER:
            limits.uncount_number(subscriber_id=wish.giver.pk, address=wish.address)
        raise
    limits.uncount_number(subscriber_id=wish.giver.pk, address=wish.address)
    return gift


def check_line(line: Line, giver: Subscriber) -> None:
    """Whether anything may be given from `line` by `giver` at all. Raises CannotBeGiven."""
    if not LineOwnership.objects.filter(line=line, subscriber=giver, until_at=None).exists():
        raise CannotBeGiven(Why.NOT_OWNER)
    if line.state != LineState.ACTIVE or not line.is_identified:
        raise CannotBeGiven(Why.LINE)
    if until := hold.until(giver):
        raise CannotBeGiven(Why.HOLD, until=until)


@whole
def _give(wish: GiftWish, receiver_id: UUID | None, *, now: datetime) -> AllowanceGift:
    lines = both_lines.lock(wish.line.pk, receiver_id)
    line = lines[wish.line.pk]
    if known := _known(wish):
        return known
    check_line(line, wish.giver)
    if line.msisdn == wish.msisdn:
        raise CannotBeGiven(Why.OWN_NUMBER)
    limits.check_giver(line, wish.amount_bytes, now=now)
    source = sources.locked(line, wish.source_id, now=now)
    if source is None:
        raise CannotBeGiven(Why.SOURCE)
    if wish.amount_bytes % STEP_BYTES or not 0 < wish.amount_bytes <= (source.remaining or 0):
        raise CannotBeGiven(Why.AMOUNT)
    receiver = lines.get(receiver_id) if receiver_id else None
    if receiver is None or not _can_use(receiver, source, wish.amount_bytes, now=now):
        raise CannotBeGiven(Why.NUMBER)
    gift = _write(wish, source, receiver, now=now)
    both_lines.tell_core(gift, lines, change="given")
    telling.given(gift, lines)
    return gift


def _known(wish: GiftWish) -> AllowanceGift | None:
    return AllowanceGift.objects.filter(from_line=wish.line, form_token=wish.form_token).first()


def _can_use(receiver: Line, source: Allowance, amount_bytes: int, *, now: datetime) -> bool:
    """Whether it is in use, would work at its home, and may receive so much more today."""
    is_in_use = receiver.state == LineState.ACTIVE and receiver.is_identified
    works = ZoneCountry.objects.filter(zone=source.zone_id, country=receiver.country)
    return is_in_use and works.exists() and limits.has_room(receiver, amount_bytes, now=now)


def _write(wish: GiftWish, source: Allowance, receiver: Line, *, now: datetime) -> AllowanceGift:
    """What may be used abroad goes along as far as there is any, so that both together have no more of it than before."""
    gift_id, received_id = fresh(2)
    abroad = None if source.zone_cap is None else min(wish.amount_bytes, source.zone_cap - source.used_abroad)
    source.gifted += wish.amount_bytes
    source.zone_cap = None if source.zone_cap is None else source.zone_cap - (abroad or 0)
    source.save(update_fields=["gifted", "zone_cap"])
    received = Allowance.objects.create(
        id=received_id,
        line=receiver,
        unit=Unit.DATA,
        granted=wish.amount_bytes,
        zone=source.zone,
        zone_cap=abroad,
        starts_at=to_second(now),
        expires_at=source.expires_at,
        origin=subject_of(gift_id),
    )
    return AllowanceGift.objects.create(
        id=gift_id,
        from_line=wish.line,
        to_line=receiver,
        source=source,
        received=received,
        amount_bytes=wish.amount_bytes,
        given_by=wish.giver,
        given_at=now,
        form_token=wish.form_token,
    )
