"""A chunk of rows into the database: copied, given their lines, and taken in where they are new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from network.checking import as_copy
from network.formats import Row

_TABLES = """
    CREATE TEMP TABLE IF NOT EXISTS usage_checked (
        row bigint, reason text, record_id text, number text, used_at timestamptz, unit text, amount bigint, country text, told text,
        line_id uuid, home text, zone text, currency text
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_fresh (
        source text, record_id text, used_at timestamptz, line_id uuid, home text, zone text, currency text, unit text,
        amount bigint, country text
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_open (
        id uuid, line_id uuid, unit text, zone_id bigint, starts_at timestamptz, expires_at timestamptz, room bigint, room_abroad bigint
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_pick (
        source text, record_id text, used_at timestamptz, line_id uuid, unit text, amount bigint, country text, is_abroad boolean,
        allowance_id uuid
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_charged (
        used_at timestamptz, source text, record_id text, allowance_id uuid, amount bigint, is_abroad boolean, member_id uuid
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_member (
        id uuid, line_id uuid, subscriber_id bigint, joined_at timestamptz, left_at timestamptz, cap_bytes bigint,
        owner_line_id uuid, owner_id bigint, owner_home text
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS usage_paid (
        used_at timestamptz, source text, record_id text, booking_id uuid, amount bigint, cost_minor bigint
    ) ON COMMIT DELETE ROWS;
    CREATE INDEX IF NOT EXISTS usage_open_line ON usage_open (line_id);
    TRUNCATE usage_checked, usage_fresh, usage_open, usage_pick, usage_charged, usage_member, usage_paid;
"""

_DATE = """
    UPDATE usage_checked SET reason = CASE WHEN used_at < %(keeps_from)s THEN 'too_old' ELSE 'future' END
    WHERE reason IS NULL AND (used_at < %(keeps_from)s OR used_at > %(until)s)
"""
#: Of several lines that had the number, the one that had it then.
_FIND = """
    UPDATE usage_checked AS c SET line_id = found.id, home = found.country, zone = found.time_zone,
        currency = found.currency
    FROM (
        SELECT DISTINCT ON (seen.row) seen.row, line.id, line.country, line.time_zone, line.currency
        FROM usage_checked AS seen JOIN accounts_line AS line ON line.msisdn = seen.number
        WHERE seen.reason IS NULL
            AND (line.state NOT IN ('released', 'ported_out') OR line.state_since > seen.used_at)
        ORDER BY seen.row, line.created_at <= seen.used_at DESC, line.created_at DESC
    ) AS found
    WHERE found.row = c.row
"""
_NOT_FOUND = """
    UPDATE usage_checked AS c SET reason =
        CASE WHEN EXISTS (SELECT FROM accounts_line WHERE msisdn = c.number) THEN 'closed_line' ELSE 'unknown_number' END
    WHERE reason IS NULL AND line_id IS NULL
"""
_TAKE = """
    WITH taken AS (
        INSERT INTO network_usagerecord (used_at, source, record_id, line_id, unit, amount, country)
        SELECT DISTINCT ON (used_at, record_id) used_at, %(source)s, record_id, line_id, unit, amount, country
        FROM usage_checked WHERE reason IS NULL ORDER BY used_at, record_id, row
        ON CONFLICT DO NOTHING
        RETURNING used_at, record_id
    )
    INSERT INTO usage_fresh
    SELECT DISTINCT ON (c.used_at, c.record_id)
        %(source)s, c.record_id, c.used_at, c.line_id, c.home, c.zone, c.currency, c.unit, c.amount, c.country
    FROM taken JOIN usage_checked AS c ON c.used_at = taken.used_at AND c.record_id = taken.record_id AND c.reason IS NULL
    ORDER BY c.used_at, c.record_id, c.row
"""
_DIFFER = """
    UPDATE usage_checked AS c SET reason = 'differs'
    FROM network_usagerecord AS kept
    WHERE c.reason IS NULL AND kept.used_at = c.used_at AND kept.source = %(source)s AND kept.record_id = c.record_id
        AND (kept.line_id, kept.unit, kept.amount, kept.country) IS DISTINCT FROM (c.line_id, c.unit, c.amount, c.country)
"""
_WRONG = """
    INSERT INTO network_usagerowerror (file_id, row, reason, record_id, msisdn, told)
    SELECT %(file)s, row, reason, left(coalesce(record_id, ''), 80), left(coalesce(number, ''), 40), left(coalesce(told, ''), 80)
    FROM usage_checked WHERE reason IS NOT NULL
    ON CONFLICT (file_id, row) DO NOTHING
"""


@dataclass(frozen=True)
class Taken:
    """What became of a chunk's rows."""

    new: int
    known: int
    wrong: int


def prepare(cursor: Any) -> None:
    """The connection's own tables, in which a chunk is looked at: empty, and empty again after the commit."""
    cursor.execute(_TABLES)


def take(
    cursor: Any, rows: Sequence[Row], *, first: int, source: str, file_id: UUID, keeps_from: datetime, until: datetime
) -> Taken:
    """Take in the rows from number `first` on. Records that nobody had taken before are in `usage_fresh` until the commit."""
    with cursor.copy(
        "COPY usage_checked (row, reason, record_id, number, used_at, unit, amount, country, told) FROM STDIN"
    ) as copy:
        copy.write("".join(as_copy(first + place, row) for place, row in enumerate(rows)))
    values = {"source": source, "file": file_id, "keeps_from": keeps_from, "until": until}
    cursor.execute(_DATE, values)
    cursor.execute("ANALYZE usage_checked")
    cursor.execute(_FIND)
    cursor.execute(_NOT_FOUND)
    right = _count(cursor, "SELECT count(*) FROM usage_checked WHERE reason IS NULL")
    cursor.execute(_TAKE, values)
    new = int(cursor.rowcount)
    differing = 0
    if new < right:
        cursor.execute(_DIFFER, values)
        differing = int(cursor.rowcount)
    cursor.execute(_WRONG, values)
    return Taken(new=new, known=right - new - differing, wrong=len(rows) - right + differing)


def _count(cursor: Any, sql: str) -> int:
    cursor.execute(sql)
    return int(cursor.fetchone()[0])
