"""The usage pages: drawn by what draws them, from uses that nobody made."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms

from lib.wording import GIGABYTE, MEGABYTE
from network.pages import stretches
from network.pages.links import Links
from network.pages.stretches import Stretch
from network.pages.sums import Part, Total
from network.pages.units import Marks, Share, named, use_of
from tests.look import sample_pace as pace

NOW = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = NOW - 900 * DAY
BUCKET = UUID(int=21)


def own(line: Any) -> Any:
    links = Links(line.id, NOW - 150 * DAY)
    return Like(
        line=Like(**vars(line), pk=line.id), since=LONG_AGO, kept_from=links.kept_from, zone=BERLIN, links=links
    )


def parts(stretch: Stretch, unit: str, size: int, *, abroad: bool = True, until: datetime = NOW) -> list[Part]:
    """Something for most bars, by a rule that looks like life."""
    found = []
    for place, slot in enumerate(stretch.slots):
        if slot.starts_at < until and place % 9 != 5:
            amount = size * (3 + (place * 7 + place * place) % 11) // 8
            found.append(Part(slot.key, unit, "DE", Total(amount=amount, records=3 + place % 5)))
            if abroad and place % 10 in {7, 8}:
                found.append(Part(slot.key, unit, "FR", Total(amount=amount // 2, records=2)))
                found.append(Part(slot.key, unit, "BA", Total(amount=amount // 5, records=1)))
    return found


def uses(line: Any, stretch: Stretch, **marks: Any) -> list[Any]:
    sizes = {"data": 500 * MEGABYTE, "voice": 500, "texts": 3}
    mine, names = own(line), named(stretch)
    return [
        use_of(mine, stretch, unit, parts(stretch, unit, size, abroad=unit != "texts"), names, Marks(**marks if unit == "data" else {}))
        for unit, size in sizes.items()
    ]  # fmt: skip


def way(words: str, *, is_here: bool = False, more: str = "") -> Like:
    return Like(words=words, url="#", is_here=is_here, more=more)


def tabs(here: str) -> list[Like]:
    return [way(words, is_here=words == here) for words in ("Today", "This plan", "Month", "Year")]


def page(line: Any, bucket: Any, stretch: Stretch, *, here: str, title: str, **more: Any) -> dict[str, Any]:
    main = bucket("data", 6_400_000_000, 15 * GIGABYTE, expires_at=NOW + 6 * DAY)
    buckets = [
        Like(title=name, url="#", bucket=bucket(unit, left, granted, expires_at=NOW + 6 * DAY))
        for name, unit, left, granted in [
            ("Minutes", "voice", 12_720, 30_000), ("Texts", "texts", None, None), ("More 5", "data", 4_200_000_000, 5 * GIGABYTE)
        ]
    ]  # fmt: skip
    return {
        "place": "usage",
        "line": line,
        "lines": [line],
        "is_chosen": True,
        "period": Like(plan=Like(title="Month 15"), ends_at=NOW + 6 * DAY),
        "main": main,
        "main_url": "#",
        "buckets": buckets,
        "offers": [],
        "low_words": "",
        "tabs": tabs(here),
        "title": title,
        "stretch": stretch,
        "before": way("October 2026"),
        "after": None,
        "earlier": [way("Month 15", more="Fri 25 Sep to Sun 25 Oct, 14:20"), way("Week 4", more="Thu 10 Sep to Thu 17 Sep, 09:12")],
        "uses": uses(line, stretch),
        "has_any": True,
        "notes": [],
        "records_url": "#",
        "zone_words": "",
    } | more  # fmt: skip


def period(line: Any, bucket: Any, **more: Any) -> dict[str, Any]:
    ran = Like(pk=UUID(int=31), starts_at=NOW - 24 * DAY, ends_at=NOW + 6 * DAY, plan=Like(title="Month 15"))
    stretch = stretches.of_period(ran, BERLIN, seen_from=LONG_AGO)  # type: ignore[arg-type]
    found = uses(line, stretch, pace=15 * GIGABYTE // 30, used_up=(NOW - 2 * DAY).date())
    found[0].paid[:] = [
        Share("Month 15", 10_240_000_000, "#"),
        Share("More 5", 800_000_000, "#"),
        Share("Paid from credit", 120_000_000, "#", 30),
        Share("Not covered, and not charged", 20_000_000, "#"),
    ]
    return page(line, bucket, stretch, here="This plan", title="Month 15", uses=found) | more


def today(line: Any, bucket: Any) -> dict[str, Any]:
    stretch = stretches.of_day(NOW.date(), BERLIN, seen_from=LONG_AGO)
    words = "Days and times here are those of your number: the time in Berlin."
    return page(
        line,
        bucket,
        stretch,
        here="Today",
        title="Today, Tue 24 Nov",
        before=way("Mon 23 Nov"),
        zone_words=words,
        **pace.forecast("likely", now=NOW),
    )


def year(line: Any, bucket: Any) -> dict[str, Any]:
    stretch = stretches.of_year(2026, BERLIN, seen_from=LONG_AGO)
    note = "On Tue 10 Mar the number came to you; what was used that day is not counted."
    return page(line, bucket, stretch, here="Year", title="2026", before=way("2025"), notes=[note])


def quarter(line: Any, bucket: Any) -> dict[str, Any]:
    ran = Like(
        pk=UUID(int=31),
        starts_at=NOW - 80 * DAY,
        ends_at=NOW + 12 * DAY,
        plan=Like(title="Donaudampfschifffahrtsgesellschaftskapitän 90"),
    )
    stretch = stretches.of_period(ran, BERLIN, seen_from=LONG_AGO)  # type: ignore[arg-type]
    return page(line, bucket, stretch, here="This plan", title=ran.plan.title, main=None, period=None)


def nothing(line: Any, bucket: Any) -> dict[str, Any]:
    stretch = stretches.of_month(date(2026, 11, 1), BERLIN, seen_from=LONG_AGO)
    more = {"uses": [], "has_any": False, "earlier": [], "before": None, "main": None, "period": None, "buckets": []}
    return page(line, bucket, stretch, here="Month", title="November 2026", **more)


def add_ons(offer: Any) -> list[Like]:
    return [offer(5, 500, name="More 5"), offer(2, 990, name="World 2")]


def low(line: Any, bucket: Any, offer: Any) -> dict[str, Any]:
    main = bucket("data", 0, 15 * GIGABYTE, expires_at=NOW + 6 * DAY, says="used up")
    return period(line, bucket, main=main, offers=add_ons(offer), low_words="It is used up")


def allowance(line: Any, bucket: Any, **more: Any) -> dict[str, Any]:
    begins, ends = NOW - 24 * DAY, NOW + 6 * DAY
    life: Any = Like(pk=BUCKET, starts_at=begins, expires_at=ends)
    stretch = stretches.of_life(life, BERLIN, seen_from=LONG_AGO, now=NOW)
    drawn = parts(stretch, "data", 500 * MEGABYTE)
    use = use_of(own(line), stretch, "data", drawn, named(stretch), Marks(pace=15 * GIGABYTE // 30))
    used = use.total.amount
    row = Like(
        id=BUCKET, unit="data", granted=25 * GIGABYTE, used=used, used_abroad=1_345_678_901, zone_cap=10 * GIGABYTE, frozen_at=None,
        starts_at=begins, expires_at=ends, zone=Like(title="European Union"), full_speed_amount=None, speed_after_kbit=None,
    )  # fmt: skip
    left = row.granted - used - GIGABYTE - 1_345_678
    return {
        "place": "usage", "line": line, "lines": [line], "is_chosen": True, "allowance": row, "title": "Month 15 · Data",
        "bucket": bucket("data", left, row.granted), "is_over": False, "is_ahead": False, "remaining": left, "fast_left": None,
        "terms": [
            Like(words="Granted", amount=row.granted, url="#", count=None),
            Like(words="Used", amount=-used, url="#", count=412),
            Like(words="Used before this portal counted it", amount=-1_345_678, url="", count=None),
            Like(words="Given to others", amount=-GIGABYTE, url="", count=None),
        ],
        "use": use, "uncovered": 0, "uncovered_url": "", "offers": [], "low_words": "", "zone_words": "",
    } | more  # fmt: skip


def allowance_slow(line: Any, bucket: Any, offer: Any) -> dict[str, Any]:
    found = allowance(line, bucket)
    found["allowance"].granted = None
    found["allowance"].speed_after_kbit = 512
    words = "From now on it goes on at 512 kbit/s"
    more = {"remaining": None, "fast_left": 0, "terms": [Like(words="Used", amount=40 * GIGABYTE, url="#", count=1412)]}
    return (
        found | more | {"low_words": words, "offers": add_ons(offer), "uncovered": 20 * MEGABYTE, "uncovered_url": "#"}
    )


def allowance_unused(line: Any, bucket: Any) -> dict[str, Any]:
    found = allowance(line, bucket)
    terms = [found["terms"][0], Like(words="Used", amount=0, url="", count=0)]
    left = found["allowance"].granted
    return found | {"use": None, "terms": terms, "remaining": left, "bucket": bucket("data", left, left)}


class SampleFilters(forms.Form):
    """As the list's own (network.pages.filters), without a database."""

    unit = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), ("data", "Data")])
    country = forms.ChoiceField(label="Where", required=False, choices=[("", "Everywhere"), ("FR", "France")])
    paid = forms.ChoiceField(label="How it was paid", required=False, choices=[("", "Everything")])
    allowance = forms.ChoiceField(label="Plan or add-on", required=False, choices=[("", "Every plan and add-on")])
    since = forms.DateField(label="From day", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To day", required=False, widget=forms.DateInput({"type": "date"}))
    period = forms.UUIDField(required=False, widget=forms.HiddenInput)


def records(line: Any, data: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    form = SampleFilters(data or {"unit": "data"})
    paid = [Like(words="Month 15", amount=5 * MEGABYTE, cost="")]
    split = [
        Like(words="Month 15", amount=3 * MEGABYTE, cost=""),
        Like(words="Paid from credit", amount=900_000, cost="€0.02"),
        Like(words="Not covered, and not charged", amount=100_000, cost=""),
    ]
    rows = [
        Like(day="Tue 24 Nov", time=f"{17 - place:02}:2{place % 10}", unit=unit, what=what, where=where, amount=amount, paid=split if place == 3 else paid, is_split=place == 3)
        for place, (unit, what, where, amount) in enumerate(
            [("data", "Data", "Germany", 5 * MEGABYTE), ("voice", "Minutes", "Bosnia & Herzegovina", 212), ("texts", "Texts", "Germany", 1), ("data", "Data", "France", 4 * MEGABYTE)] * 3
        )
    ]  # fmt: skip
    sums = [
        Like(unit="data", title="Data", part=6_452_318_221, amount=6_500_000_000, is_part=True, cost_minor=32, records=412),
        Like(unit="voice", title="Minutes", part=12_734, amount=12_734, is_part=False, cost_minor=0, records=1),
    ]  # fmt: skip
    return {
        "place": "usage", "line": line, "lines": [line], "form": form, "wanted": Like(), "is_filtered": True, "sums": sums, "uses": rows,
        "chips": ["Data", "Bosnia & Herzegovina", "Tue 24 Nov", "while Month 15 ran"], "csv_query": "unit=data", "newer": "?after=x",
        "older": "?before=x", "kept_from": NOW - 150 * DAY, "is_older_known": True, "months_url": "#", "has_any": True, "zone_words": "",
    } | more  # fmt: skip


def records_wrong(line: Any) -> dict[str, Any]:
    found = records(line, {"since": "yesterday"}, wanted=None, uses=[], sums=[], chips=[])
    found["form"].fields["since"].widget.input_type = "text"
    return found


def records_none(line: Any) -> dict[str, Any]:
    return records(line, uses=[], sums=[], newer="", older="")


def records_first(line: Any) -> dict[str, Any]:
    empty = {"uses": [], "sums": [], "newer": "", "older": "", "is_filtered": False, "has_any": False, "chips": []}
    return records(line, {}, **empty, kept_from=None)


def pages(line: Any, other: Any, bucket: Any, offer: Any) -> dict[str, Any]:
    """Template and context by name; `other` is a line with a long name, whose days are Shanghai's."""
    usage, one, single = "network/usage.html", "network/allowance.html", "network/records.html"
    return {
        "usage-period": (usage, lambda: period(line, bucket)),
        "usage-today": (usage, lambda: today(line, bucket)),
        "usage-year": (usage, lambda: year(line, bucket)),
        "usage-quarter": (usage, lambda: quarter(other, bucket) | {"lines": [line, other]}),
        "usage-nothing": (usage, lambda: nothing(line, bucket)),
        "usage-low": (usage, lambda: low(line, bucket, offer)),
        "usage-low-other-line": (usage, lambda: low(line, bucket, offer) | {"is_chosen": False}),
        "usage-allowance": (one, lambda: allowance(line, bucket)),
        "usage-allowance-slow": (one, lambda: allowance_slow(other, bucket, offer)),
        "usage-allowance-unused": (one, lambda: allowance_unused(line, bucket)),
        "usage-records": (single, lambda: records(line)),
        "usage-records-wrong": (single, lambda: records_wrong(line)),
        "usage-records-none": (single, lambda: records_none(line)),
        "usage-records-first": (single, lambda: records_first(line)),
    }
