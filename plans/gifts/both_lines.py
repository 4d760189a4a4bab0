"""The two lines of a gift, locked, and what the core is told of both."""

from uuid import UUID

from accounts.models import Line
from plans import commands
from plans.models import Allowance, AllowanceGift
from provisioning.outbox import tell_many


def lock(*line_ids: UUID | None) -> dict[UUID, Line]:
    """By id, in the order of docs/locking.md."""
    ids = [line_id for line_id in line_ids if line_id]
    rows = Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    return {line.pk: line for line in rows}


def lock_gift(gift_id: UUID) -> tuple[AllowanceGift, dict[UUID, Line]]:
    """The gift, its lines, and then its two allowances (`source`, `received`), all locked."""
    ids = AllowanceGift.objects.values_list("from_line_id", "to_line_id").get(pk=gift_id)
    lines = lock(*ids)
    gift = AllowanceGift.objects.select_for_update(no_key=True, of=("self",)).get(pk=gift_id)
    rows = Allowance.objects.select_for_update(no_key=True, of=("self",)).select_related("period__plan", "zone")
    wanted = rows.filter(pk__in=[gift.source_id, gift.received_id]).order_by("expires_at", "id")
    found = {one.pk: one for one in wanted}
    gift.source, gift.received = found[gift.source_id], found[gift.received_id]
    return gift, lines


def tell_core(gift: AllowanceGift, lines: dict[UUID, Line], *, change: str, both: bool = True) -> None:
    """How the allowances stand now: the received one, and with `both` the period it came out of. The caller holds both lines' locks."""
    told = [commands.of_gift(gift.received, line=lines[gift.to_line_id], change=change)]
    period = gift.source.period
    if both and period:
        own = period.allowances.select_related("zone").order_by("id")
        named = f"{gift.subject}:{change}"
        line = lines[gift.from_line_id]
        told.append(commands.of_period(period, own, line=line, change=named, subject=gift.subject))
    tell_many(told)
