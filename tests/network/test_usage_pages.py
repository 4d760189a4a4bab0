"""The usage pages: what they count, that every figure opens the lines that make it, and that they cost the same with many uses."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Line, LineOwnership, LineState, Subscriber
from lib import clock
from network.models import UsageDay, UsageRecord
from network.pages import allowance_page, filters, listing, stretches, sums
from network.pages.owned import Owned, allowance_of, owned
from plans.models import Allowance
from tests.cast import bao, carla
from tests.counting import statements_of
from tests.network.conftest import Load
from tests.network.periods import period
from tests.network.writing import DAY, HOUR, MB, NOW, allowance, row

pytestmark = pytest.mark.django_db
GB = 1000 * MB


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def reader(line: Line) -> Client:
    client = Client()
    client.force_login(owner_of(line))
    return client


def owner_of(line: Line) -> Subscriber:
    return LineOwnership.objects.get(line=line, until_at=None).subscriber


def own_of(line: Line) -> Owned:
    return owned(owner_of(line), line.pk, now=NOW)


def path(line: Line, rest: str = "") -> str:
    return f"/lines/{line.pk}/usage/{rest}"


def text_of(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\xa0", " ")


def many(line: Line, count: int) -> list[str]:
    countries = ["DE", "FR", "IT"]
    return [
        row(f"m{number}", at=NOW - timedelta(minutes=number * 2), amount=MB + number, country=countries[number % 3])
        for number in range(count)
    ]


def test_a_reader_without_usage_is_told_that_it_will_stand_here(line: Line, reader: Client) -> None:
    assert "Nothing used yet" in text_of(reader, path(line))
    assert "Nothing used yet" in text_of(reader, path(line, "records/"))


def test_the_day_the_month_and_the_year_count_the_same_uses(line: Line, load: Load, reader: Client) -> None:
    allowance(line, 10 * GB)
    load([row("a", at=NOW - HOUR, amount=1_234_567), row("b", at=NOW - 2 * HOUR, amount=2 * GB, country="FR")])
    for show in ("day", "month", "year"):
        page = text_of(reader, path(line, f"?show={show}"))
        assert "2,001,234,567 bytes" in page, show
        assert "France" in page, show


def test_a_figure_opens_the_uses_that_make_it(line: Line, load: Load, reader: Client) -> None:
    allowance(line, 10 * GB)
    load([row("a", at=NOW - HOUR, amount=3 * MB), row("b", at=NOW - 2 * DAY, amount=5 * MB, country="FR")])
    html = reader.get(path(line, "?show=month")).content.decode()
    links = set(re.findall(r'href="(/lines/[^"]*/records/[^"]*)"', html))
    day = next(link for link in links if "since=2026-11-21&amp;until=2026-11-21" in link).replace("&amp;", "&")
    page = text_of(reader, day)
    assert "1 use" in page
    assert "5,000,000 bytes" in page
    france = next(link for link in links if "country=FR" in link).replace("&amp;", "&")
    assert "5,000,000 bytes" in text_of(reader, france)


def test_an_allowance_adds_up_to_the_byte_with_what_it_began_with(line: Line, load: Load, reader: Client) -> None:
    own_plan = period(line, starts_at=NOW - 10 * DAY, ends_at=NOW + 10 * DAY)
    bucket = allowance(line, 10 * GB, used=300 * MB, gifted=GB, period=own_plan)
    load([row("a", amount=1_234_567), row("b", amount=7, at=NOW - HOUR)])
    bucket.refresh_from_db()
    own = own_of(line)
    terms = allowance_page.facts(own, allowance_of(own, bucket.pk), now=NOW)["terms"]
    assert [(term.words, term.amount) for term in terms] == [
        ("Granted", 10 * GB),
        ("Used", -1_234_574),
        ("Used before this portal counted it", -300 * MB),
        ("Given to others", -GB),
    ]
    assert sum(term.amount for term in terms) == bucket.remaining
    page = text_of(reader, path(line, f"allowances/{bucket.pk}/"))
    assert "8,698,765,426 bytes" in page


def test_what_nobody_paid_for_is_told_and_opened(line: Line, load: Load, reader: Client) -> None:
    bucket = allowance(line, 10 * MB)
    load([row("a", amount=12 * MB)])
    page = text_of(reader, path(line, f"allowances/{bucket.pk}/"))
    assert "2 MB went through without being covered" in page
    page = text_of(reader, path(line, f"records/?paid=nobody&during={bucket.pk}"))
    assert "2,000,000 bytes" in page
    assert "of uses of 12 MB" in page


def test_a_use_shows_each_part_of_how_it_was_paid(line: Line, load: Load) -> None:
    allowance(line, 10 * MB, ends=NOW + DAY)
    allowance(line, 5 * MB, ends=NOW + 2 * DAY)
    load([row("a", amount=18 * MB)])
    own = own_of(line)
    found = listing.with_charges(filters.records(own, filters.Wanted())).get()
    parts = listing.paid_parts(own, found, {})
    assert sorted(part.amount for part in parts) == [3 * MB, 5 * MB, 10 * MB]


def test_pages_ask_the_same_of_the_database_with_ten_and_with_ten_thousand_uses(
    line: Line, load: Load, reader: Client
) -> None:
    bucket = allowance(line, 100 * GB)
    load(many(line, 10))
    pages = [path(line, f"?show={show}") for show in ("day", "month", "year")]
    pages += [path(line, f"allowances/{bucket.pk}/"), path(line, "records/")]
    pages += [path(line, f"records/?allowance={bucket.pk}&country=abroad")]
    few = [len(statements_of(reader, page)) for page in pages]
    load(many(line, 10_000), name="more.csv")
    assert UsageRecord.objects.count() == 10_000
    assert [len(statements_of(reader, page)) for page in pages] == few
    assert max(few) <= 16, few


def test_a_stranger_and_the_owner_before_get_nothing(line: Line, load: Load) -> None:
    bucket = allowance(line)
    load([row("a")])
    former, heir = owner_of(line), carla()
    LineOwnership.objects.filter(line=line).update(until_at=NOW - HOUR)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=NOW - HOUR)
    client = Client()
    client.force_login(former)
    for rest in ("", "records/", "records.csv", f"allowances/{bucket.pk}/"):
        assert client.get(path(line, rest)).status_code == 404


def test_a_new_owner_sees_what_was_used_since_it_is_theirs_and_no_more(line: Line, load: Load) -> None:
    """It came to Carla at noon of a day on which Anna had used it, too."""
    bucket = allowance(line, 10 * GB)
    noon = NOW - 2 * DAY
    load([row("hers", at=noon - HOUR, amount=3 * MB), row("before", at=noon - 2 * DAY, amount=9 * MB)])
    load([row("his", at=noon + HOUR, amount=5 * MB), row("later", at=NOW - HOUR, amount=MB)], name="b.csv")
    heir = carla()
    LineOwnership.objects.filter(line=line).update(until_at=noon)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=noon)
    own = owned(heir, line.pk, now=NOW)
    for stretch in (
        stretches.of_month(date(2026, 11, 1), own.zone, seen_from=own.since),
        stretches.of_year(2026, own.zone, seen_from=own.since),
    ):
        parts, _edges = sums.parts_of(own, stretch)
        assert sums.total_of(parts).amount == 6 * MB
    day = stretches.of_day(noon.date(), own.zone, seen_from=own.since)
    assert sums.total_of(sums.parts_of(own, day)[0]).amount == 5 * MB
    found = filters.records(own, filters.Wanted())
    assert set(found.values_list("record_id", flat=True)) == {"his", "later"}
    bucket.refresh_from_db()
    terms = allowance_page.facts(own, bucket, now=NOW)["terms"]
    assert [(term.words, term.amount) for term in terms[1:]] == [
        ("Used", -6 * MB),
        ("Used before the number came to you", -12 * MB),
    ]


def test_the_first_day_of_an_owner_whose_uses_are_forgotten_is_left_out_and_said(line: Line) -> None:
    heir = carla()
    long_ago = datetime(2026, 3, 10, 12, tzinfo=UTC)
    LineOwnership.objects.filter(line=line).update(until_at=long_ago)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=long_ago)
    for day, amount in ((9, 1), (10, 10), (11, 100)):
        UsageDay.objects.create(
            line=line, day=date(2026, 3, day), unit="data", country="DE", amount=amount * MB, records_count=1
        )
    client = Client()
    client.force_login(heir)
    page = text_of(client, path(line, "?show=month&of=2026-03"))
    assert "100,000,000 bytes" in page
    assert "On Tue 10 Mar the number came to you" in page


def test_ids_of_others_are_not_found(line: Line, load: Load, reader: Client) -> None:
    other = bao().lines[0]
    theirs = allowance(other)
    allowance(line)
    load([row("a")])
    assert reader.get(path(other)).status_code == 404
    assert reader.get(path(line, f"allowances/{theirs.pk}/")).status_code == 404
    for query in (f"allowance={theirs.pk}", f"during={uuid4()}", f"period={uuid4()}"):
        assert reader.get(path(line, f"records/?{query}")).status_code == 404, query


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=2026-11-20&until=2026-11-10", "This day is before the first one."),
        ("since=yesterday", "Enter a day, such as 2026-11-30."),
        ("until=9999-12-31", "Enter a day, such as 2026-11-30."),
        ("unit=smoke", "Choose one of the list."),
        ("allowance=12", "This address is incomplete."),
        ("hour=9999-12-31T23:59:59Z", "This address is incomplete."),
    ],
)
def test_a_filter_that_cannot_be_followed_is_said_and_kept(
    query: str, says: str, line: Line, load: Load, reader: Client
) -> None:
    load([row("a")])
    answer = reader.get(path(line, f"records/?{query}&country=DE"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert says in html
    assert '<option value="DE" selected>' in html
    assert reader.get(path(line, f"records.csv?{query}")).status_code == 422


def test_pages_of_the_list_hold_each_use_once_whatever_comes_in_meanwhile(
    line: Line, load: Load, reader: Client
) -> None:
    load(many(line, 120))
    first = reader.get(path(line, "records/?country=abroad")).context
    load([row("new", at=NOW, country="FR")], name="new.csv")
    second = reader.get(path(line, "records/" + first["older"])).context
    seen = [use.at for use in first["uses"] + second["uses"]]
    assert len(seen) == len(set(seen)) == 80
    assert seen == sorted(seen, reverse=True)
    assert second["older"] == ""
    back = reader.get(path(line, "records/" + second["newer"])).context
    assert [use.at for use in back["uses"]] == [use.at for use in first["uses"]]
    assert back["newer"] != ""


@pytest.mark.parametrize(
    "junk", ["before=~", "before=x~y~z", "after=2026-11-01~a~b", "before=2026-11-01T00:00:00Z~%00~x"]
)
def test_a_place_in_the_list_that_is_none_shows_its_beginning(
    junk: str, line: Line, load: Load, reader: Client
) -> None:
    load([row("a")])
    assert len(reader.get(path(line, f"records/?{junk}")).context["uses"]) == 1


def test_days_are_the_line_s_and_it_is_said_when_the_reader_s_differ(line: Line, load: Load, reader: Client) -> None:
    """23:30 UTC is the next day in Berlin."""
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    load([row("late", at=late, amount=MB)])
    own = own_of(line)
    day = stretches.of_day(date(2026, 11, 21), own.zone, seen_from=own.since)
    assert sums.total_of(sums.parts_of(own, day)[0]).amount == MB
    found = filters.records(own, filters.Wanted(since=date(2026, 11, 21), until=date(2026, 11, 21)))
    assert found.count() == 1
    Subscriber.objects.update(time_zone="Asia/Shanghai")
    assert "the time in Berlin" in text_of(reader, path(line))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 1), 24)])
def test_a_day_has_as_many_hours_as_its_clock(day: date, hours: int, line: Line) -> None:
    own = own_of(line)
    stretch = stretches.of_day(day, own.zone, seen_from=own.since)
    assert len(stretch.slots) == hours
    assert stretch.slots[-1].ends_at == stretches.midnight(day + DAY, own.zone)


def test_a_plan_counts_from_its_first_second_to_its_last(line: Line, load: Load, reader: Client) -> None:
    """Both of its edge days have uses that are not of it."""
    allowance(line, 10 * GB)
    starts_at = datetime(2026, 10, 20, 12, tzinfo=UTC)
    ran = period(line, starts_at=starts_at, ends_at=starts_at + 31 * DAY)
    uses = [("b", starts_at - HOUR), ("c", starts_at), ("d", starts_at + 30 * DAY), ("e", ran.ends_at - HOUR)]
    load([row(name, at=at, amount=MB) for name, at in [*uses, ("f", ran.ends_at)]])
    own = own_of(line)
    parts, _edges = sums.parts_of(own, stretches.of_period(ran, own.zone, seen_from=own.since))
    assert sums.total_of(parts).amount == 3 * MB
    assert filters.records(own, filters.Wanted(period=ran)).count() == 3
    assert "Month 15" in text_of(reader, path(line, f"?show=period&of={ran.pk}"))


def test_junk_in_the_address_shows_the_month(line: Line, load: Load, reader: Client) -> None:
    load([row("a")])
    for query in (
        "show=%00&of=%00",
        "show=month&of=2026-13",
        "show=period&of=x",
        "show=year&of=99999",
        "show=day&of=-1-1",
    ):
        assert reader.get(path(line, f"?{query}")).status_code == 200, query


def test_a_day_whose_single_uses_are_forgotten_is_shown_in_its_month(line: Line, reader: Client) -> None:
    UsageDay.objects.create(line=line, day=date(2026, 2, 3), unit="data", country="DE", amount=MB, records_count=1)
    page = reader.get(path(line, "?show=day&of=2026-02-03"))
    html = page.content.decode()
    assert "February 2026" in html
    assert "/records/" not in html
    assert "1 MB" in html.replace("\xa0", " ")


def test_home_leads_to_what_makes_each_of_its_figures(line: Line, reader: Client) -> None:
    ran = period(line, starts_at=NOW - DAY, ends_at=NOW + 29 * DAY)
    buckets = [allowance(line, 10 * GB, period=ran), allowance(line, 6000, unit="voice", period=ran)]
    html = reader.get("/home/").content.decode()
    for bucket in buckets:
        assert path(line, f"allowances/{bucket.pk}/") in html
        assert reader.get(path(line, f"allowances/{bucket.pk}/")).status_code == 200
    assert reader.get("/usage/", follow=True).redirect_chain == [(path(line), 302)]


@pytest.mark.parametrize(("used", "is_offered"), [(79, False), (80, True), (100, True)])
def test_add_ons_are_offered_where_little_is_left_and_only_there(
    used: int, is_offered: bool, line: Line, reader: Client
) -> None:
    Line.objects.get(pk=line.pk).move_to(LineState.ACTIVE, reason="test")
    ran = period(line, starts_at=NOW - DAY, ends_at=NOW + 29 * DAY)
    bucket = allowance(line, 100 * MB, used=used * MB, period=ran)
    for page in (path(line), path(line, f"allowances/{bucket.pk}/")):
        assert ("Add · €5.00" in text_of(reader, page)) == is_offered
    assert Allowance.objects.get().used == used * MB


def test_unlimited_says_that_it_goes_on_more_slowly(line: Line, load: Load, reader: Client) -> None:
    bucket = allowance(line, None)
    load([row("a", amount=3 * MB)])
    page = text_of(reader, path(line, f"allowances/{bucket.pk}/"))
    assert "Now at 64 kbit/s" in page
    assert "From now on it goes on at 64 kbit/s" in page


def weight(client: Client, url: str) -> int:
    return len(client.get(url).content)


def test_a_month_and_a_year_of_use_every_day_stay_light_and_quick(line: Line, reader: Client) -> None:
    days = [
        UsageDay(line=line, day=day, unit=unit, country=country, amount=123_456_789, records_count=9)
        for day in (NOW.date() - DAY * number for number in range(365))
        for unit in ("data", "voice", "texts")
        for country in ("DE", "FR", "IT", "CH", "US")
    ]
    UsageDay.objects.bulk_create(days)
    for query in ("show=month&of=2026-10", "show=year"):
        assert weight(reader, path(line, f"?{query}")) < 100_000, query
    assert min(seconds_of_processor(reader, path(line, "?show=year")) for _round in range(3)) < 0.15


def seconds_of_processor(client: Client, url: str) -> float:
    began = time.process_time()
    assert client.get(url).status_code == 200
    return time.process_time() - began


def test_statements_are_few(line: Line, load: Load, reader: Client) -> None:
    bucket = allowance(line, 10 * GB)
    load([row("a")])
    found: dict[str, Any] = {
        page: len(statements_of(reader, path(line, page)))
        for page in ("?show=day", "?show=month", "?show=year", "records/", f"allowances/{bucket.pk}/")
    }
    assert max(found.values()) <= 15, found
