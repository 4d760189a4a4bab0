"""Usage records from a file: against statements written by hand and sent by raw psycopg, which copy, take in, charge and count the same
rows in the same chunks, without looking whether a row is right and without an eye on allowances that run full.
"""

import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

from bench.report import Scale, progress, spread
from bench.sweep import memory_mb, without_triggers
from network import loading, partitions
from network.charging import DAYS, KEEP, OPEN, PICK, ROOMY, USED
from network.formats import COLUMNS
from plans.models import Zone
from tests.billing.ordering import load_reference_data

RECORDS = 1_000_000
RECORDS_OF_A_LINE = 10
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class NotTheSame(AssertionError):
    """Both sides leave other rows behind: the ratio means nothing."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    records: int
    lines: int
    ratios: list[float]
    seconds: float
    growth_exponent: float
    memory_growth_mb: float
    replay_ratio: float
    replay_changed: int

    def line(self) -> str:
        return json.dumps(
            {
                "name": "usage",
                "rounds": len(self.ratios),
                "records": self.records,
                "lines": self.lines,
                "of_raw": spread(self.ratios),
                "records_per_second": round(self.records / self.seconds),
                "growth_exponent": round(self.growth_exponent, 3),
                "memory_growth_mb": round(self.memory_growth_mb, 1),
                "replay_ratio": round(self.replay_ratio, 3),
                "replay_changed": self.replay_changed,
                "checked": ["same rows from both", "fsync on"],
            }
        )


def measure(scale: Scale) -> Loaded:
    """`scale.size` records, after a tenth of them. Raises NotTheSame."""
    count = scale.size or RECORDS
    lines = max(1, count // RECORDS_OF_A_LINE)
    load_reference_data()
    partitions.make(now=NOW)
    progress(f"usage: making {lines} lines and {count} records")
    with tempfile.TemporaryDirectory(prefix="portal-bench-usage-") as folder:
        small, whole = Path(folder) / "small.csv", Path(folder) / "whole.csv"
        _write(small, max(1, count // 10), lines)
        _write(whole, count, lines)
        _make(lines)
        few = _timed(lambda: _ours(small))[0]
        before = memory_mb()
        pairs = [_round(whole, number, scale.rounds) for number in range(1, scale.rounds + 1)]
        growth = memory_mb() - before
        first, kept = _timed(lambda: _ours(whole))
        _forget_files()
        began = time.perf_counter()
        _ours(whole)
        again = time.perf_counter() - began
        changed = 0 if _left() == kept else 1
    ours = statistics.median(seconds for _raw, seconds in pairs)
    return Loaded(
        records=count,
        lines=lines,
        ratios=[raw / seconds for raw, seconds in pairs],
        seconds=ours,
        growth_exponent=math.log(ours / few) / math.log(max(2, count / max(1, count // 10))),
        memory_growth_mb=growth,
        replay_ratio=again / first,
        replay_changed=changed,
    )


def _round(path: Path, number: int, of: int) -> tuple[float, float]:
    """Seconds by the clock on the wall, raw and ours."""
    order = [_raw, _ours] if number % 2 else [_ours, _raw]
    (first, first_left), (second, second_left) = [_timed(lambda work=work: work(path)) for work in order]  # type: ignore[misc]
    if first_left != second_left:
        raise NotTheSame(f"{first_left} and {second_left}")
    raw, ours = (first, second) if number % 2 else (second, first)
    progress(f"usage: round {number} of {of}: {raw / ours:.2f} of raw, {ours:.1f} s")
    return raw, ours


def _timed(work: Callable[[], object]) -> tuple[float, list[Any]]:
    _empty()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began, _left()


def _ours(path: Path) -> None:
    for _progress in loading.load(path, source="bench", now=NOW):
        pass


_STAGE = """
    CREATE TEMP TABLE IF NOT EXISTS raw_stage (
        record_id text, number text, used_at timestamptz, unit text, amount bigint, country text
    ) ON COMMIT DELETE ROWS;
"""
_TAKE = """
    WITH taken AS (
        INSERT INTO network_usagerecord (used_at, source, record_id, line_id, unit, amount, country)
        SELECT used_at, 'bench', record_id, line.id, unit, amount, stage.country
        FROM raw_stage AS stage JOIN accounts_line AS line ON line.msisdn = stage.number
        ON CONFLICT DO NOTHING RETURNING used_at, source, record_id, line_id, unit, amount, country
    )
    INSERT INTO usage_fresh
    SELECT source, record_id, used_at, line_id, line.country, line.time_zone, line.currency, unit, amount, taken.country
    FROM taken JOIN accounts_line AS line ON line.id = taken.line_id
"""


def _raw(path: Path) -> None:
    """By hand: the same chunks, the same locks, the same rows."""
    from network import staging

    connection.ensure_connection()
    raw = connection.connection
    with path.open("rb") as file:
        next(file)
        while chunk := b"".join(islice(file, loading.CHUNK)):
            with raw.transaction(), raw.cursor() as cursor:
                staging.prepare(cursor)
                cursor.execute(_STAGE)
                with cursor.copy("COPY raw_stage FROM STDIN (FORMAT csv)") as copy:
                    copy.write(chunk)
                cursor.execute(_TAKE)
                cursor.execute("ANALYZE usage_fresh")
                cursor.execute(OPEN)
                cursor.execute("ANALYZE usage_open")
                cursor.execute(PICK)
                cursor.execute(ROOMY, {"lines": [], "units": []})
                cursor.execute("ANALYZE usage_charged")
                for statement in (KEEP, USED, DAYS):
                    cursor.execute(statement)


def _left() -> list[Any]:
    """What both sides leave behind, in short."""
    found = []
    for table, columns in _SAID.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*), sum(hashtextextended({columns}, 0)) FROM {table}")  # noqa: S608
            found.append((table, *cursor.fetchone()))
    return found


_SAID = {
    "network_usagerecord": "record_id || line_id || amount || overrun",
    "network_usagecharge": "record_id || allowance_id || amount",
    "network_usageday": "line_id::text || day || amount || records_count",
    "plans_allowance": "id::text || used",
}


def _forget_files() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE network_usagefile, network_usagerowerror")


def _empty() -> None:
    """Nothing used yet, and no dead rows of another round."""
    with without_triggers() as cursor:
        cursor.execute("TRUNCATE network_usagerecord, network_usagecharge, network_usageday")
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS kept AS SELECT * FROM plans_allowance")
        cursor.execute("TRUNCATE plans_allowance CASCADE")
        cursor.execute("INSERT INTO plans_allowance SELECT * FROM kept")
        cursor.execute("ANALYZE plans_allowance")
    _forget_files()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def _make(lines: int) -> None:
    """Lines with an allowance of data each, half of them with another one behind it."""
    values = {"lines": lines, "zone": Zone.objects.get(code="eu").pk, "now": NOW}
    with without_triggers() as cursor:
        for statement in _LINES:
            cursor.execute(statement, values)
        cursor.execute("ANALYZE accounts_line, plans_allowance")


_LINES = (
    """INSERT INTO accounts_line (id, msisdn, country, currency, time_zone, language, label, identity, state, state_reason)
        SELECT md5('usage' || n)::uuid, '+49161' || (10000000 + n), 'DE', 'EUR', 'Europe/Berlin', 'en', '', 'not_needed', 'active', ''
        FROM generate_series(0, %(lines)s - 1) AS n""",
    """INSERT INTO plans_allowance (id, line_id, unit, granted, used, used_abroad, gifted, starts_at, expires_at, zone_id, origin)
        SELECT md5('usage' || n || ':' || which)::uuid, md5('usage' || n)::uuid, 'data', 15000000000, 0, 0, 0,
            %(now)s - interval '20 days', %(now)s + (10 + which) * interval '1 day', %(zone)s, 'bench:' || n || ':' || which
        FROM generate_series(0, %(lines)s - 1) AS n, generate_series(0, n %% 2) AS which""",
)


def _write(path: Path, count: int, lines: int) -> None:
    """Uses of the last ten days, in the order in which a network would tell of them."""
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(_rows(count, lines))


def _rows(count: int, lines: int) -> Iterator[str]:
    first = NOW - timedelta(days=10)
    step = timedelta(days=9, hours=20) / count
    for number in range(count):
        at = first + step * number
        line = number * 7919 % lines
        yield f"u{number},+49161{10_000_000 + line},{at:%Y-%m-%dT%H:%M:%SZ},data,{1_000_000 + number % 977},DE\n"
