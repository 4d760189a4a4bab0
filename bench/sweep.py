"""The sweep of reminders over many lines, three in a hundred of which are due: against one statement a channel, written by hand and
sent by raw psycopg, that finds and writes the same messages.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from bench.report import Scale, progress, spread
from notifications.models import Message
from plans import reminders
from plans.models import Plan
from tests.billing.ordering import load_reference_data

LINES = 1_000_000
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Of a hundred lines so many end within the day, the rest later; each has an owner with a proven e-mail.
DUE_OF_HUNDRED = 3


class NotTheSame(AssertionError):
    """The hand-written statements write other messages than the sweep: the ratio means nothing."""


@dataclass(frozen=True, kw_only=True)
class Swept:
    lines: int
    written: int
    ratios: list[float]
    seconds: float
    statements: dict[str, int]
    memory_growth_mb: float
    second_run_inserted: int

    def line(self) -> str:
        return json.dumps(
            {
                "name": "sweep",
                "rounds": len(self.ratios),
                "lines": self.lines,
                "messages": self.written,
                "times_raw": spread(self.ratios),
                "seconds": round(self.seconds, 2),
                "statements": self.statements,
                "memory_growth_mb": round(self.memory_growth_mb, 1),
                "second_run_inserted": self.second_run_inserted,
                "checked": ["same messages from both", "fsync on"],
            }
        )


def measure(scale: Scale) -> Swept:
    """`scale.size` lines, after a tenth of them. Raises NotTheSame."""
    count = scale.size or LINES
    few = max(1, count // 10)
    load_reference_data()
    _empty()
    progress(f"sweep: making {few} lines")
    _make(0, few)
    reminders.remind(now=NOW)  # everything that is loaded once is loaded
    statements = {str(few): _statements(_ours)}
    before = memory_mb()
    progress(f"sweep: making {count} lines")
    _make(few, count)
    statements[str(count)] = _statements(_ours)
    growth = memory_mb() - before
    again = reminders.remind(now=NOW)
    rounds = [_round(number, scale.rounds) for number in range(1, scale.rounds + 1)]
    return Swept(
        lines=count,
        written=Message.objects.count(),
        ratios=[ours / raw for raw, ours in rounds],
        seconds=statistics.median(ours for _raw, ours in rounds),
        statements=statements,
        memory_growth_mb=growth,
        second_run_inserted=again,
    )


def _round(number: int, of: int) -> tuple[float, float]:
    """Seconds by the clock on the wall, raw and ours: what costs is Postgres's work, not this process's."""
    raw, ours = (_raw, _ours) if number % 2 else (_ours, _raw)
    first, first_rows = _timed(raw)
    second, second_rows = _timed(ours)
    if first_rows != second_rows:
        raise NotTheSame(f"{first_rows} and {second_rows}")
    pair = (first, second) if number % 2 else (second, first)
    progress(f"sweep: round {number} of {of}: {pair[1] / pair[0]:.2f} times raw")
    return pair


def _timed(work: Callable[[], object]) -> tuple[float, list[Any]]:
    _empty()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel, count(*), md5(string_agg(key || address || context::text, ',' ORDER BY key)) "
            "FROM notifications_message GROUP BY channel ORDER BY channel"
        )
        return seconds, cursor.fetchall()


def _ours() -> None:
    reminders.remind(now=NOW)


_COLUMNS = (
    "kind, channel, address, language, time_zone, context, key, subject, state, due_at, next_try_at, not_after, "
    "provider, provider_reference, error_code, sent_title, sent_text, attempts"
)
_BODY = """
    SELECT 'expiry_reminder', '{channel}', {address}, {language}, {zone},
        jsonb_build_object('plan', plan.name, 'msisdn', line.msisdn, 'ends_at', period.ends_at,
            'price', jsonb_build_object('minor', plan.price_minor, 'currency', plan.currency),
            'url', 'http://localhost:8000/plans/' || plan.code || '/order/'),
        'period:' || period.id || ':expiry_reminder:{channel}', 'period:' || period.id, 'due', now(), now(), period.ends_at,
        '', '', '', '', '', 0
    FROM plans_planperiod period
    JOIN accounts_line line ON line.id = period.line_id
    JOIN plans_plan plan ON plan.id = period.plan_id
    JOIN accounts_lineownership owned ON owned.line_id = line.id AND owned.until_at IS NULL
    JOIN accounts_subscriber person ON person.id = owned.subscriber_id
    {mail}
    WHERE period.kind = 'plan' AND period.cancelled_at IS NULL AND period.starts_at <= %(now)s
        AND period.ends_at > %(now)s AND period.ends_at <= %(now)s + interval '1 day'
        AND line.state IN ('active', 'grace', 'suspended')
        AND NOT EXISTS (
            SELECT FROM plans_planperiod later WHERE later.line_id = period.line_id AND later.kind = 'plan'
                AND later.cancelled_at IS NULL AND later.ends_at > period.ends_at)
    ON CONFLICT (key) DO NOTHING
"""
_MAIL = """JOIN account_emailaddress mail ON mail.user_id = person.id AND mail.verified AND mail."primary" """


def _raw() -> None:
    """By hand, one a channel, without locks and without a second look."""
    own = {
        "sms": {"address": "line.msisdn", "language": "line.language", "zone": "person.time_zone", "mail": ""},
        "email": {"address": "mail.email", "language": "person.language", "zone": "person.time_zone", "mail": _MAIL},
    }
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        for channel, parts in own.items():
            body = _BODY.format(channel=channel, **parts)
            cursor.execute(f"INSERT INTO notifications_message ({_COLUMNS}) {body}", {"now": NOW})


def _statements(work: Callable[[], object]) -> int:
    """How many it takes, without transaction control, when everything is still to be written."""
    _empty()
    seen: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        work()
    return len([sql for sql in seen if not sql.startswith(("SAVEPOINT", "RELEASE", "SET"))])


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_message CASCADE")


def _make(first: int, end: int) -> None:
    """Lines `first` to `end`, each with its owner and a plan period, in five statements."""
    plan = Plan.objects.get(code="month-15")
    values = {"first": first, "last": end - 1, "plan": plan.pk, "now": NOW, "due": DUE_OF_HUNDRED}
    with without_triggers() as cursor:
        for statement in _LINES:
            cursor.execute(statement, values)
        cursor.execute("ANALYZE accounts_line, plans_planperiod, accounts_lineownership, accounts_subscriber")


_SERIES = "generate_series(%(first)s::int, %(last)s::int) AS n"
_LINES = (
    f"""INSERT INTO accounts_subscriber (id, password, is_superuser, email, msisdn_pending, name, language, time_zone, is_active, is_staff)
        SELECT 10000000 + n, '', false, 'sweep' || n || '@example.com', '', '', 'en', 'Europe/Berlin', true, false FROM {_SERIES}""",  # noqa: S608
    f"""INSERT INTO account_emailaddress (email, verified, "primary", user_id)
        SELECT 'sweep' || n || '@example.com', true, true, 10000000 + n FROM {_SERIES}""",  # noqa: S608
    f"""INSERT INTO accounts_line (id, msisdn, country, currency, time_zone, language, label, identity, state, state_reason)
        SELECT md5(n::text)::uuid, '+49160' || (10000000 + n), 'DE', 'EUR', 'Europe/Berlin', 'en',
            '', 'not_needed', 'active', '' FROM {_SERIES}""",  # noqa: S608
    f"""INSERT INTO accounts_lineownership (line_id, subscriber_id, from_at)
        SELECT md5(n::text)::uuid, 10000000 + n, %(now)s - interval '60 days' FROM {_SERIES}""",  # noqa: S608
    f"""INSERT INTO plans_planperiod (line_id, plan_id, kind, starts_at, ends_at, anchor_at, anchor_step, origin)
        SELECT md5(n::text)::uuid, %(plan)s, 'plan', ends - interval '30 days', ends,
            ends - interval '30 days', 1, 'sweep:' || n
        FROM {_SERIES}, LATERAL (SELECT %(now)s + CASE WHEN n %% 100 < %(due)s
            THEN interval '1 hour' + n %% 60 * interval '1 minute' ELSE interval '8 days' + n %% 20 * interval '1 day' END AS ends) AS at""",  # noqa: S608
)


@contextmanager
def without_triggers() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


def memory_mb() -> float:
    """Of this process, resident (Linux, proc(5))."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000
