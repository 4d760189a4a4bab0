"""The usage pages of a line that is used a lot: what each costs this process, and how many statements, with few uses and with many."""

import json
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client

from accounts.models import Line
from bench.report import Scale, progress
from bench.sweep import without_triggers
from lib import clock
from network import partitions
from network.models import UsageDay
from plans.models import Allowance, Plan, PlanPeriod, Zone
from tests.billing.ordering import load_reference_data
from tests.cast import anna
from tests.counting import statements_of

RECORDS = 10_000
FEW = 10
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNTRIES = ("DE", "FR", "IT", "US", "CH")


@dataclass(frozen=True)
class Page:
    cpu_ms: float
    wall_ms: float
    kilobytes: float
    statements: int
    statements_of_few: int


@dataclass(frozen=True)
class Pages:
    records: int
    rounds: int
    pages: dict[str, Page]

    def line(self) -> str:
        told = {name: vars(page) for name, page in self.pages.items()}
        return json.dumps({"name": "usage_pages", "rounds": self.rounds, "records": self.records, "pages": told})


def measure(scale: Scale) -> Pages:
    """A year of every unit in five countries every day, and `scale.size` uses in the running plan."""
    clock.now = lambda: NOW
    count = scale.size or RECORDS
    load_reference_data()
    partitions.make(now=NOW)
    line = anna().lines[0]
    bucket = _year(line)
    client = Client(headers={"host": "localhost"})
    client.force_login(line.ownerships.get().subscriber)
    paths = _paths(line, bucket)
    _use(line, bucket, FEW)
    few = {name: len(statements_of(client, path)) for name, path in paths.items()}
    _use(line, bucket, count)
    pages = {}
    for name, path in paths.items():
        pages[name] = _timed(client, path, rounds=scale.rounds, few=few[name])
        progress(f"usage_pages: {name}: {pages[name].cpu_ms:.0f} ms of cpu")
    return Pages(records=count, rounds=scale.rounds, pages=pages)


def _paths(line: Line, bucket: Allowance) -> dict[str, str]:
    of_line = f"/lines/{line.pk}/usage/"
    return {
        "today": f"{of_line}?show=day",
        "period": f"{of_line}?show=period",
        "month": f"{of_line}?show=month",
        "year": f"{of_line}?show=year",
        "allowance": f"{of_line}allowances/{bucket.pk}/",
        "records": f"{of_line}records/",
        "records_of_allowance": f"{of_line}records/?allowance={bucket.pk}&country=abroad",
        "csv": f"{of_line}records.csv",
    }


def _timed(client: Client, path: str, *, rounds: int, few: int) -> Page:
    statements = len(statements_of(client, path))
    cpu, wall, size = [], [], 0
    for _round in range(rounds):
        began, began_cpu = time.perf_counter(), time.process_time()
        size = len(client.get(path).getvalue())
        cpu.append(time.process_time() - began_cpu)
        wall.append(time.perf_counter() - began)
    return Page(
        cpu_ms=round(statistics.median(cpu) * 1000, 1),
        wall_ms=round(statistics.median(wall) * 1000, 1),
        kilobytes=round(size / 1000, 1),
        statements=statements,
        statements_of_few=few,
    )


def _year(line: Line) -> Allowance:
    """Days of a year; a plan that runs, with the allowance that the uses are taken from."""
    UsageDay.objects.bulk_create(
        [
            UsageDay(line=line, day=(NOW - timedelta(days=number)).date(), unit=unit, country=country, amount=50_000_000, records_count=9)
            for number in range(365)
            for unit in ("data", "voice", "texts")
            for country in COUNTRIES
        ]
    )  # fmt: skip
    times: dict[str, Any] = {"starts_at": NOW - timedelta(days=20)}
    period = PlanPeriod.objects.create(
        id="019a0000-0000-7000-8000-0000000000a1", line=line, plan=Plan.objects.get(code="month-15"), kind="plan",
        ends_at=NOW + timedelta(days=10), anchor_at=times["starts_at"], origin="bench:pages", **times,
    )  # fmt: skip
    return Allowance.objects.create(
        id="019a0000-0000-7000-8000-0000000000a2", line=line, period=period, unit="data", granted=10**12,
        expires_at=NOW + timedelta(days=10), zone=Zone.objects.get(code="world"), origin="bench:pages", **times,
    )  # fmt: skip


def _use(line: Line, bucket: Allowance, count: int) -> None:
    """Uses over the last twenty days, each charged."""
    with without_triggers() as cursor:
        for statement in _USES:
            cursor.execute(statement, {"line": line.pk, "bucket": bucket.pk, "now": NOW, "count": count})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE network_usagerecord, network_usagecharge, network_usageday")


_USES = (
    "DELETE FROM network_usagerecord",
    "DELETE FROM network_usagecharge",
    """INSERT INTO network_usagerecord (used_at, source, record_id, line_id, unit, amount, country)
        SELECT %(now)s - n * (interval '19 days' / %(count)s), 'bench', 'p' || n, %(line)s, 'data', 1000000 + n,
            (ARRAY['DE', 'FR', 'IT', 'US', 'CH'])[1 + n %% 5] FROM generate_series(1, %(count)s) AS n""",
    """INSERT INTO network_usagecharge (used_at, source, record_id, allowance_id, amount)
        SELECT used_at, source, record_id, %(bucket)s, amount FROM network_usagerecord""",
    "UPDATE plans_allowance SET used = (SELECT sum(amount) FROM network_usagecharge) WHERE id = %(bucket)s",
)
