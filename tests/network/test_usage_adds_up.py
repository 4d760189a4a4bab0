"""Whatever was used, and whoever paid for it: the pages, the list and the file come to the same, to the byte."""

import csv
import io
import re
from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line, LineOwnership
from lib import clock
from network.models import UsageRecord
from network.pages import allowance_page, charges, filters, listing, sheet, stretches, sums, usage_page
from network.pages.owned import Owned, owned
from plans.models import Allowance
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data
from tests.network import streams
from tests.network.conftest import Load
from tests.network.periods import period
from tests.network.writing import DAY, HOUR, MB, NOW, allowance, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    load_reference_data()
    monkeypatch.setattr(clock, "now", lambda: NOW)


def own_of(line: Line) -> Owned:
    return owned(LineOwnership.objects.get(line=line).subscriber, line.pk, now=NOW)


def file_of(own: Owned, wanted: filters.Wanted) -> list[dict[str, str]]:
    text = "".join(sheet.rows(own, filters.records(own, wanted), {}))
    return list(csv.DictReader(io.StringIO(text.removeprefix(sheet.MARK))))


def sum_of(own: Owned, wanted: filters.Wanted, unit: str) -> int:
    return sum(each.part for each in listing.sums(filters.records(own, wanted)) if each.unit == unit)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pots=streams.pots, uses=streams.uses, cuts=st.lists(st.integers(0, 25), max_size=2), began=st.integers(0, 30))
def test_any_stream_is_shown_as_it_was_charged(
    line: Line, pots: list[Any], uses: list[Any], cuts: list[int], began: int
) -> None:
    _forget_everything(line)
    give_credit(line, 3)
    for pot in pots:
        streams.pot_of(line, *pot)
    for bucket in Allowance.objects.filter(granted__gt=began):
        Allowance.objects.filter(pk=bucket.pk).update(used=began)
    for number, stream in enumerate(streams.files_of(uses, cuts)):
        streams.load_file(stream, number)
    own = own_of(line)
    for bucket in Allowance.objects.filter(line=line).select_related("period__plan", "zone"):
        _an_allowance_adds_up(own, bucket, began=began if (bucket.granted or 0) > began else 0)
    for stretch in (
        stretches.of_year(2026, own.zone, seen_from=own.since),
        stretches.of_month(date(2026, 11, 1), own.zone, seen_from=own.since),
        *(stretches.of_day(date(2026, 11, day), own.zone, seen_from=own.since) for day in range(19, 24)),
    ):
        _a_stretch_adds_up(own, stretch)
    _the_file_adds_up(own)


def _forget_everything(line: Line) -> None:
    streams.forget_everything(line)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("network_usagecreditcharge", "billing_credituse", "billing_ledgerentry", "billing_ledgeraccount"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET session_replication_role = origin")


def _an_allowance_adds_up(own: Owned, bucket: Allowance, *, began: int) -> None:
    facts = allowance_page.facts(own, bucket, now=NOW)
    terms = facts["terms"]
    if bucket.granted is None:
        assert sum(term.amount for term in terms) == bucket.used
    else:
        assert sum(term.amount for term in terms) == bucket.remaining
    shown = facts["use"].total.amount if facts["use"] else 0
    assert shown == bucket.used - began == sum_of(own, filters.Wanted(allowance=bucket), bucket.unit)
    assert facts["uncovered"] == sum_of(own, filters.Wanted(paid=filters.NOBODY, during=bucket), bucket.unit)


def _a_stretch_adds_up(own: Owned, stretch: stretches.Stretch) -> None:
    parts, _edges = sums.parts_of(own, stretch)
    for use in usage_page.uses(own, stretch, parts, charges.by_allowance(own, stretch)):
        unit, total = use.unit, use.total
        days = {name: value for name, value in stretch.filters.items() if name in {"since", "until"}}
        wanted = {way: filters.Wanted(unit=unit, paid=way, **days) for way in ("", "allowance", "credit", "nobody")}
        found = {way: sum_of(own, each, unit) for way, each in wanted.items()}
        assert (total.amount, total.covered, total.by_credit, total.overrun) == tuple(found.values())
        assert sum(share.amount for share in use.paid) == total.amount
        assert sum(share.amount for share in use.where) in {0, total.amount}
        assert sum(each.total.amount for each in use.rows) == total.amount
        assert total.records == filters.records(own, wanted[""]).count()
        assert total.cost_minor == sum(each.cost_minor for each in listing.sums(filters.records(own, wanted[""])))


def _the_file_adds_up(own: Owned) -> None:
    by_unit: dict[str, int] = defaultdict(int)
    rows = file_of(own, filters.Wanted())
    for each in rows:
        parts = [int(each[name]) for name in ("From plans and add-ons", "From credit", "Not covered")]
        assert sum(parts) == int(each["How much"])
        by_unit[each["What"]] += int(each["How much"])
    assert len(rows) == UsageRecord.objects.count()
    told = {each.title: each.amount for each in listing.sums(filters.records(own, filters.Wanted()))}
    assert by_unit == told


def test_use_paid_from_credit_is_shown_with_what_it_cost_and_can_be_chosen(line: Line, load: Load) -> None:
    """Beyond the allowance a GB costs €2.50 in the EU."""
    give_credit(line, 500)
    allowance(line, 400 * MB)
    load([row("a", amount=800 * MB), row("b", amount=10 * MB, at=NOW - 2 * DAY)])
    own = own_of(line)
    [total] = listing.sums(filters.records(own, filters.Wanted(paid=filters.CREDIT)))
    assert (total.part, total.cost_minor, total.records) == (410 * MB, 102, 1)
    client = Client()
    client.force_login(own.reader)
    html = client.get(f"/lines/{line.pk}/usage/?show=month").content.decode()
    assert "€1.02" in html
    assert "paid=credit" in html
    statement = client.get("/credit/").content.decode()
    opened = re.search(r'href="([^"]+paid=credit[^"]+)"', statement)
    assert opened
    uses = client.get(opened[1].replace("&amp;", "&")).content.decode().replace("\xa0", " ")
    assert "410,000,000 bytes" in uses


def test_the_file_holds_what_was_chosen_and_says_when_by_the_line_s_clock(line: Line, load: Load) -> None:
    allowance(line, 100 * MB)
    load(
        [
            row("=cmd|' /C calc'!A0".replace(" ", ""), country="FR", at=NOW - HOUR),
            row("b"),
            row("c", unit="texts", amount=1),
        ]
    )
    client = Client()
    client.force_login(own_of(line).reader)
    answer = client.get(f"/lines/{line.pk}/usage/records.csv?country=FR")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [found] = list(csv.DictReader(io.StringIO(text)))
    assert answer["Content-Disposition"] == 'attachment; filename="usage-2026-11-23.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert found["Time"] == "2026-11-23T12:00:00+01:00"
    assert found["Record"] == "'=cmd|'/C" + "calc'!A0"
    assert (found["How much"], found["Counted in"], found["Country"], found["Not covered"]) == (
        "5000000",
        "bytes",
        "FR",
        "0",
    )


def test_the_file_s_name_and_head_are_in_the_reader_s_language(line: Line, load: Load) -> None:
    load([row("a")])
    client = Client()
    own = own_of(line)
    type(own.reader).objects.update(language="zh-hans")
    client.force_login(type(own.reader).objects.get(pk=own.reader.pk))
    answer = client.get(f"/lines/{line.pk}/usage/records.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "德国" in text


def test_filters_come_with_the_link_to_the_file(line: Line, load: Load) -> None:
    load([row("a"), row("b", country="FR")])
    asked = QueryDict("unit=data&country=FR&before=x&other=y")
    facts, is_right = listing.facts(own_of(line), asked, now=NOW)
    assert is_right
    assert facts["csv_query"] == "unit=data&country=FR"


@pytest.mark.parametrize("days", [1, 31, 92])
def test_each_bar_and_each_share_opens_exactly_what_it_shows(days: int, line: Line, load: Load) -> None:
    """By hours, days and weeks, over the change of clocks, from a plan that neither begins nor ends at midnight."""
    give_credit(line, 500)
    ran = period(line, starts_at=NOW - DAY * days + 5 * HOUR, ends_at=NOW + 5 * HOUR)
    bucket = allowance(line, 900 * MB, begins=ran.starts_at, ends=ran.ends_at, period=ran)
    step = (ran.ends_at - ran.starts_at) / 60
    uses = [
        row(f"u{number}", at=ran.starts_at + step * (number - 5), amount=14 * MB + number, country="DFIU"[number % 4] + "ERTS"[number % 4])
        for number in range(60)
    ]  # fmt: skip
    load([each for each, number in zip(uses, range(60), strict=True) if ran.starts_at + step * (number - 5) < NOW])
    client = Client()
    client.force_login(own_of(line).reader)
    own = own_of(line)
    of_plan = usage_page.facts(own, show="period", of=str(ran.pk), now=NOW)["uses"]
    of_allowance = allowance_page.facts(own, Allowance.objects.get(pk=bucket.pk), now=NOW)["use"]
    opened = 0
    for use in [*of_plan, of_allowance]:
        shown = [(each.url, each.total.amount) for each in use.rows] + [
            (each.url, each.amount) for each in use.where + use.paid
        ]
        for url, amount in [*shown, (use.url, use.total.amount)]:
            [total] = client.get(url).context["sums"]
            assert total.part == amount, url
            opened += 1
    assert opened > 10
    assert sum(len(use.rows) for use in of_plan) <= 32
