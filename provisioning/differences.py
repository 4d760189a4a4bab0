"""Where the core's books and ours differ, as rows for staff: new ones are opened, those that are found no more are closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from provisioning.claims import LEASE
from provisioning.models import OPEN_STATES, Command, Difference, DifferenceKind


@dataclass(frozen=True, kw_only=True)
class Found:
    """A difference of this moment."""

    line_id: UUID
    msisdn: str
    kind: DifferenceKind
    about: str = ""
    ours: str = ""
    theirs: str = ""

    @property
    def name(self) -> tuple[UUID, str, str]:
        return self.line_id, self.kind.value, self.about


@dataclass(frozen=True)
class Stretch:
    """Lines whose ids lie behind `after` and up to `upto`; None: without that end."""

    after: UUID | None
    upto: UUID | None

    def holds(self, field: str) -> Q:
        ends = {f"{field}__gt": self.after, f"{field}__lte": self.upto}
        return Q(**{name: value for name, value in ends.items() if value is not None})


def settle(found: Sequence[Found], stretch: Stretch, *, restless: Collection[UUID], now: datetime) -> int:
    """Open what is new of `found`, close what is open in the stretch and not found any more; `restless` lines are left as they are.
    Returns how many are new.
    """
    with transaction.atomic():
        open_rows = Difference.objects.select_for_update(no_key=True).filter(stretch.holds("line_id"), closed_at=None)
        known = {(row.line_id, row.kind, row.about): row for row in open_rows.exclude(line_id__in=restless)}
        there = {one.name: one for one in found}
        gone = [row.pk for name, row in known.items() if name not in there]
        Difference.objects.filter(pk__in=gone).update(closed_at=now)
        for name in known.keys() & there.keys():
            _follow(known[name], there[name])
        new = [_row(one, now=now) for name, one in there.items() if name not in known]
        Difference.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def restless(stretch: Stretch, *, since: datetime) -> set[UUID]:
    """Lines about which something is on its way, or was when the core was asked at `since` (real time): what it said of them is old."""
    on_the_way = Q(state__in=OPEN_STATES) | Q(claimed_at__gte=since - LEASE)
    return set(Command.objects.filter(on_the_way, stretch.holds("line_id")).values_list("line_id", flat=True))


def _follow(row: Difference, found: Found) -> None:
    if (row.ours, row.theirs) != (found.ours, found.theirs):
        row.ours, row.theirs = found.ours, found.theirs
        row.save(update_fields=["ours", "theirs"])


def _row(found: Found, *, now: datetime) -> Difference:
    return Difference(
        line_id=found.line_id,
        msisdn=found.msisdn,
        kind=found.kind,
        about=found.about,
        ours=found.ours,
        theirs=found.theirs,
        found_at=now,
    )
