"""Lines with plans, and gifts between them, through the portal's own doors."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Line, LineState, Subscriber
from plans import periods
from plans.gifts import giving, undoing
from plans.gifts.giving import GiftWish
from plans.models import Allowance, AllowanceGift, Plan, Unit
from tests import cast

GB, HALF = 1_000_000_000, 500_000_000


def without_limits(settings: Any) -> None:
    """As often and as much as anybody wants."""
    settings.GIFTS_A_DAY, settings.GIFT_BYTES_A_DAY, settings.GIFT_RECEIVED_BYTES_A_DAY = 100, 100 * GB, 100 * GB
    settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR = settings.GIFT_WRONG_NUMBERS_PER_ADDRESS_HOUR = 1000


def four_with_data(*, since: datetime) -> list[Subscriber]:
    """Each with the 15 GB of a month."""
    people = [cast.anna(), cast.bao(), cast.carla(), cast.emma()]
    for person in people:
        start(person.lines[0], "month-15", now=since)
    return people


def data_of(person: Subscriber) -> Allowance:
    """Of their plan, not what they were given."""
    return Allowance.objects.get(line=person.lines[0], unit="data", period__isnull=False)


def wake(line: Line) -> Line:
    """In use, by credit alone."""
    line.move_to(LineState.ACTIVE, reason="test")
    return line


def start(line: Line, code: str, *, now: datetime) -> Allowance:
    """The data of a plan or add-on that begins now."""
    plan = Plan.objects.select_related("zone").get(code=code)
    begin = periods.add_on if plan.kind == "add_on" else periods.queue
    with transaction.atomic():
        period = begin(line=line, plan=plan, now=now, origin=f"test:{uuid.uuid4()}")
    return Allowance.objects.get(period=period, unit=Unit.DATA)


def wish(giver: Subscriber, to: str, source: Allowance, amount: int = GB, **more: Any) -> GiftWish:
    facts = {"form_token": uuid.uuid4(), "address": "192.0.2.1", "line": giver.lines[0], **more}
    return GiftWish(giver=giver, msisdn=to, source_id=source.pk, amount_bytes=amount, **facts)


def give(
    giver: Subscriber, to: str, source: Allowance, amount: int = GB, *, now: datetime, **more: Any
) -> AllowanceGift:
    return giving.give(wish(giver, to, source, amount, **more), now=now)


def undo(gift: AllowanceGift, *, now: datetime) -> AllowanceGift:
    return undoing.undo(gift.pk, gift.given_by, now=now)


def use(one: Allowance, amount: int) -> None:
    """So much of it is used, as if charged."""
    one.refresh_from_db()
    one.used += amount
    one.save(update_fields=["used"])


def figures(one: Allowance) -> tuple[int | None, int, int]:
    """Granted, used, given on."""
    one.refresh_from_db()
    return one.granted, one.used, one.gifted
