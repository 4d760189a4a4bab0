"""Use by use, newest first, with what the chosen ones come to and how each was paid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Sum
from django.db.models.functions import JSONObject
from django.http import QueryDict
from django.utils.translation import gettext as _

from lib import wording
from lib.money import format_money
from network.models import UsageCharge, UsageRecord
from network.pages import charges, choosing, filters, usage_page
from network.pages.filters import FilterForm, Wanted
from network.pages.owned import Owned
from network.pages.stretches import midnight
from plans.models import Allowance, Unit

PAGE_SIZE = 50
ORDER = ("-used_at", "-source", "-record_id")


@dataclass(frozen=True)
class Place:
    """A use as the edge of a page: what is older or newer than it follows, whatever came in meanwhile."""

    used_at: datetime
    source: str
    record_id: str

    def __str__(self) -> str:
        return f"{self.used_at.isoformat()}~{self.source}~{self.record_id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """None for what is none."""
        at, _tilde, rest = text.partition("~")
        source, tilde, record_id = rest.partition("~")
        try:
            used_at = datetime.fromisoformat(at)
        except ValueError:
            return None
        is_whole = tilde and used_at.tzinfo and "\x00" not in rest
        return cls(used_at, source, record_id) if is_whole else None


@dataclass(frozen=True)
class Paid:
    """A part of a use: what covered it, or that nothing did."""

    words: str
    amount: int
    cost: str = ""


@dataclass(frozen=True)
class Use:
    at: datetime
    day: str
    time: str
    unit: str
    what: str
    where: str
    is_abroad: bool
    amount: int
    paid: list[Paid]

    @property
    def is_split(self) -> bool:
        """Several paid for it."""
        return len(self.paid) > 1


@dataclass(frozen=True)
class UnitSum:
    """Of what was chosen: `part` is what of the uses is meant, `amount` all of them."""

    unit: str
    title: str
    part: int
    amount: int
    cost_minor: int
    records: int

    @property
    def is_part(self) -> bool:
        return self.part != self.amount


def facts(own: Owned, asked: QueryDict, *, now: datetime) -> tuple[dict[str, Any], bool]:
    """The context of the page, and whether the filters can be followed; the same number of statements however many uses there are.

    Raises Http404 for an allowance or a plan of somebody else's.
    """
    allowances = filters.allowances_of(own)
    form = FilterForm(asked, own=own, allowances=allowances)
    first = choosing.first_day(own)
    context = {
        "place": "usage",
        "line": own.line,
        "form": form,
        "kept_from": own.kept_from if own.since < own.kept_from else None,
        "has_any": first is not None,
        "is_older_known": first is not None and first < own.opens_from.astimezone(own.zone).date(),
        "months_url": own.links.page("year"),
        **usage_page.zone_words(own, now=now),
    }
    if not form.is_valid():
        return context | {"wanted": None, "uses": [], "is_filtered": True}, False
    wanted = filters.wanted_of(form.cleaned_data, own, allowances)
    found = filters.records(own, wanted)
    return context | {
        "wanted": wanted,
        "is_filtered": not wanted.is_everything,
        "sums": sums(found),
        "chips": chips(own, wanted),
        "csv_query": urlencode(query_of(asked)),
        **page(own, found, allowances, asked, now=now),
    }, True


def sums(found: QuerySet[UsageRecord]) -> list[UnitSum]:
    """One statement."""
    rows = found.values("unit").annotate(
        parts=Sum("part"), all=Sum("amount"), cost=Sum("cost_minor"), uses=Count("*")
    )  # fmt: skip
    by_unit = {row["unit"]: row for row in rows}
    return [
        UnitSum(unit, unit.label.capitalize(), int(row["parts"]), int(row["all"]), int(row["cost"]), row["uses"])
        for unit in Unit
        if (row := by_unit.get(unit))
    ]


def page(
    own: Owned, found: QuerySet[UsageRecord], allowances: Sequence[Allowance], asked: QueryDict, *, now: datetime
) -> dict[str, Any]:
    """The uses beside a place in the list, and the ways on; one statement."""
    older_than, newer_than = Place.read(asked.get("before", "")), Place.read(asked.get("after", ""))
    rows = _beside(with_charges(found), older_than, newer_than)
    is_more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    is_back = newer_than is not None and older_than is None
    if is_back:
        rows.reverse()
    has_newer = is_more if is_back else older_than is not None
    has_older = True if is_back else is_more
    rest = query_of(asked)
    return {
        "uses": [_use(own, row, titles_of(allowances), now=now) for row in rows],
        "newer": _url(rest, "after", rows[0]) if rows and has_newer else "",
        "older": _url(rest, "before", rows[-1]) if rows and has_older else "",
    }


def with_charges(found: QuerySet[UsageRecord]) -> QuerySet[UsageRecord]:
    """Each use with `charges`, what allowances covered of it."""
    key = {name: OuterRef(name) for name in ("used_at", "source", "record_id")}
    taken = UsageCharge.objects.filter(**key).order_by("allowance_id")
    return found.annotate(
        charges=ArraySubquery(
            taken.values(said=JSONObject(allowance="allowance_id", amount="amount", member="member_id"))
        )
    )


def titles_of(allowances: Iterable[Allowance]) -> dict[UUID, str]:
    return {row.pk: charges.title(row) for row in allowances}


def paid_parts(own: Owned, row: Any, titles: Mapping[UUID, str]) -> list[Paid]:
    """How a use was paid; the parts add up to it."""
    found = [Paid(_covered_by(each, titles), each["amount"]) for each in row.charges]
    if row.by_credit:
        cost = format_money(row.cost_minor, own.line.currency)
        found.append(Paid(_("Paid from credit"), row.by_credit, cost))
    if row.overrun:
        found.append(Paid(_("Not covered, and not charged"), row.overrun))
    return found


def _covered_by(charge: Mapping[str, Any], titles: Mapping[UUID, str]) -> str:
    if charge["member"]:
        return _("From your sharing group")
    return titles.get(UUID(charge["allowance"]), _("An earlier plan or add-on"))


def chips(own: Owned, wanted: Wanted) -> list[str]:
    """What was chosen, in words: by the form or by the figure that was opened."""
    home = {"country": wording.country_in_words(own.line.country)}
    places = {"": "", filters.ABROAD: _("everywhere but %(country)s") % home}
    found = [
        Unit(wanted.unit).label.capitalize() if wanted.unit else "",
        places.get(wanted.country, wording.country_in_words(wanted.country)),
        dict(filters.ways()).get(wanted.paid, ""),
        charges.full_title(wanted.allowance) if wanted.allowance else "",
        *_times(own, wanted),
    ]
    return [chip for chip in found if chip]


def _times(own: Owned, wanted: Wanted) -> list[str]:
    found = []
    days = [
        wording.date_in_words(midnight(day, own.zone), zone=own.zone) if day else ""
        for day in (wanted.since, wanted.until)
    ]
    if wanted.since and wanted.since == wanted.until:
        found.append(days[0])
    elif wanted.since or wanted.until:
        found.append(_("%(start)s to %(end)s") % {"start": days[0] or "…", "end": days[1] or "…"})
    if wanted.period:
        found.append(_("while %(plan)s ran") % {"plan": wanted.period.plan.title})
    if wanted.during:
        found.append(_("while %(allowance)s could be used") % {"allowance": charges.full_title(wanted.during)})
    if wanted.hour:
        start = {"hour": wording.moment_in_words(wanted.hour, zone=own.zone)}
        found.append(_("within an hour from %(hour)s") % start)
    return found


def query_of(asked: QueryDict) -> dict[str, str]:
    """The filters, without the place in the list."""
    return {name: str(asked[name]) for name in FilterForm.base_fields if asked.get(name)}


def _beside(found: QuerySet[Any], older_than: Place | None, newer_than: Place | None) -> list[Any]:
    if older_than:
        key = (older_than.used_at, older_than.source, older_than.record_id)
        found = found.filter(pk__lt=key, used_at__lte=older_than.used_at)
    elif newer_than:
        key = (newer_than.used_at, newer_than.source, newer_than.record_id)
        found = found.filter(pk__gt=key, used_at__gte=newer_than.used_at)
        return list(found.order_by(*(name.lstrip("-") for name in ORDER))[: PAGE_SIZE + 1])
    return list(found.order_by(*ORDER)[: PAGE_SIZE + 1])


def _url(rest: dict[str, str], name: str, row: Any) -> str:
    place = Place(row.used_at, row.source, row.record_id)
    return f"?{urlencode({**rest, name: str(place)})}"


def _use(own: Owned, row: Any, titles: Mapping[UUID, str], *, now: datetime) -> Use:
    local = row.used_at.astimezone(own.zone)
    return Use(
        at=row.used_at,
        day=wording.date_in_words(local, zone=own.zone, now=now),
        time=f"{local:%H:%M}",
        unit=row.unit,
        what=Unit(row.unit).label.capitalize(),
        where=wording.country_in_words(row.country),
        is_abroad=row.country != own.line.country,
        amount=row.amount,
        paid=paid_parts(own, row, titles),
    )
