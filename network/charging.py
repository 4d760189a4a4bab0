"""Charges records to what was valid when they happened: inside the zone, first to expire first, one use after the other.

Almost every line has room: all its records fit the allowance they meet first, and the order does not matter. Those are charged by one
statement for all lines. A line whose allowance would run full among them is played use by use. Both give the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from network import beyond, sharing
from network.beyond import UNCOVERED
from network.buckets import Bucket
from network.telling import LOW, USED_UP, tell
from plans.groups import telling as group_telling

_OPEN = """
    INSERT INTO usage_open
    SELECT id, line_id, unit, zone_id, starts_at, expires_at, granted - used - gifted, zone_cap - used_abroad
    FROM plans_allowance AS a
    WHERE line_id IN ({lines}) AND frozen_at IS NULL
        AND expires_at > (SELECT min(used_at) FROM usage_fresh)
    ORDER BY expires_at, id
    FOR NO KEY UPDATE OF a
"""
#: Whatever else changes allowances locks them in this order (docs/locking.md).
OPEN = _OPEN.format(lines="SELECT line_id FROM usage_fresh")
#: With those of the owners of groups, whose turn comes after the members' own.
_OPEN_SHARED = _OPEN.format(lines="SELECT line_id FROM usage_fresh UNION SELECT owner_line_id FROM usage_member")
PICK = """
    INSERT INTO usage_pick
    SELECT fresh.source, fresh.record_id, fresh.used_at, fresh.line_id, fresh.unit, fresh.amount, fresh.country,
        fresh.country <> fresh.home, picked.id
    FROM usage_fresh AS fresh LEFT JOIN LATERAL (
        SELECT open.id FROM usage_open AS open
        JOIN plans_zonecountry AS works ON works.zone_id = open.zone_id AND works.country = fresh.country
        WHERE open.line_id = fresh.line_id AND open.unit = fresh.unit
            AND open.starts_at <= fresh.used_at AND open.expires_at > fresh.used_at AND (open.room IS NULL OR open.room > 0)
            AND (fresh.country = fresh.home OR open.room_abroad IS NULL OR open.room_abroad > 0)
        ORDER BY open.expires_at, open.id LIMIT 1
    ) AS picked ON true
"""
_TIGHT = """
    SELECT DISTINCT wanted.line_id, wanted.unit FROM (
        SELECT allowance_id, line_id, unit, sum(amount) AS amount, sum(amount) FILTER (WHERE is_abroad) AS abroad
        FROM usage_pick WHERE allowance_id IS NOT NULL GROUP BY allowance_id, line_id, unit
    ) AS wanted JOIN usage_open AS open ON open.id = wanted.allowance_id
    WHERE wanted.amount > open.room OR wanted.abroad > open.room_abroad
"""
ROOMY = """
    INSERT INTO usage_charged
    SELECT used_at, source, record_id, allowance_id, amount, is_abroad FROM usage_pick
    WHERE allowance_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM unnest(%(lines)s::uuid[], %(units)s::text[]) AS tight (line_id, unit)
            WHERE tight.line_id = usage_pick.line_id AND tight.unit = usage_pick.unit)
"""
_USES = """
    SELECT pick.used_at, pick.source, pick.record_id, pick.line_id, pick.unit, pick.amount, pick.is_abroad, pick.country
    FROM usage_pick AS pick
    JOIN unnest(%(lines)s::uuid[], %(units)s::text[]) AS tight (line_id, unit) USING (line_id, unit)
    ORDER BY pick.used_at, pick.source, pick.record_id
"""
_BUCKETS = """
    SELECT open.id, open.line_id, open.unit, open.starts_at, open.expires_at, open.room, open.room_abroad,
        array(SELECT country FROM plans_zonecountry WHERE zone_id = open.zone_id)
    FROM usage_open AS open
    JOIN unnest(%(lines)s::uuid[], %(units)s::text[]) AS tight (line_id, unit) USING (line_id, unit)
    ORDER BY open.expires_at, open.id
"""
_PLAYED = """
    INSERT INTO usage_charged
    SELECT * FROM unnest(%(at)s::timestamptz[], %(sources)s::text[], %(records)s::text[], %(allowances)s::uuid[], %(amounts)s::bigint[],
        %(abroad)s::boolean[])
"""
KEEP = """
    INSERT INTO network_usagecharge (used_at, source, record_id, allowance_id, amount, member_id)
    SELECT used_at, source, record_id, allowance_id, amount, member_id FROM usage_charged ORDER BY used_at, source, record_id
"""
#: Of those that have passed four fifths of what they grant, or all of it (at full speed), which it was.
USED = """
    WITH moved AS (
    UPDATE plans_allowance AS a SET used = a.used + taken.amount, used_abroad = a.used_abroad + taken.abroad
    FROM (
        SELECT allowance_id, sum(amount)::bigint AS amount, coalesce(sum(amount) FILTER (WHERE is_abroad), 0)::bigint AS abroad
        FROM usage_charged GROUP BY allowance_id
    ) AS taken WHERE taken.allowance_id = a.id
    RETURNING a.id, old.used + old.gifted AS before, new.used + new.gifted AS after, coalesce(a.granted, a.full_speed_amount) AS whole
    )
    SELECT id, after >= whole FROM moved
    WHERE (before < whole AND after >= whole) OR (before * 5 < whole * 4 AND after * 5 >= whole * 4)
"""
DAYS = f"""
    INSERT INTO network_usageday AS day (line_id, day, unit, country, amount, overrun, records_count)
    SELECT line_id, (used_at AT TIME ZONE zone)::date, unit, country, sum(amount)::bigint, sum(overrun)::bigint, count(*)
    FROM ({UNCOVERED}) AS used GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (line_id, day, unit, country) DO UPDATE SET
        amount = day.amount + EXCLUDED.amount, overrun = day.overrun + EXCLUDED.overrun,
        records_count = day.records_count + EXCLUDED.records_count
"""  # noqa: S608
_OVERRUN = f"""
    UPDATE network_usagerecord AS record SET overrun = used.overrun
    FROM ({UNCOVERED}) AS used
    WHERE used.overrun > 0 AND record.used_at = used.used_at AND record.source = used.source AND record.record_id = used.record_id
"""  # noqa: S608


#: Whether there is anything that no allowance covered.
_IS_MORE = "SELECT (SELECT sum(amount) FROM usage_fresh) > (SELECT coalesce(sum(amount), 0) FROM usage_charged)"


def charge(cursor: Any, *, now: datetime, also: Collection[UUID] = ()) -> None:
    """Charge what is in `usage_fresh`, and tell who has little left. Joins the caller's transaction; the allowances it may touch, the
    members of groups, and lines whose credit it may take (`also` among them), are locked until its end. Raises network.beyond.NotLocked.

    Postgres knows nothing of a table that was filled in the same transaction, and would go through it once for each row.
    """
    cursor.execute("ANALYZE usage_fresh")
    purses = beyond.lock(cursor, also=also)
    is_shared = sharing.lock(cursor)
    cursor.execute(_OPEN_SHARED if is_shared else OPEN)
    cursor.execute("ANALYZE usage_open")
    cursor.execute(PICK)
    cursor.execute(_TIGHT)
    tight = cursor.fetchall()
    pairs = {"lines": [line_id for line_id, _unit in tight], "units": [unit for _line, unit in tight]}
    cursor.execute(ROOMY, pairs)
    if tight:
        _play(cursor, pairs)
    capped = sharing.charge(cursor) if is_shared else {}
    cursor.execute("ANALYZE usage_charged")
    cursor.execute(KEEP)
    cursor.execute(USED)
    crossed = {allowance_id: USED_UP if is_over else LOW for allowance_id, is_over in cursor.fetchall()}
    cursor.execute(_IS_MORE)
    is_more = cursor.fetchone()[0]
    if is_more:
        beyond.pay(cursor, purses, now=now)
        cursor.execute(_OVERRUN)
    cursor.execute(DAYS)
    if is_more:
        beyond.keep(cursor)
    if crossed:
        tell(crossed, now=now)
    if capped:
        group_telling.tell_caps(capped, now=now)


def _play(cursor: Any, pairs: dict[str, Any]) -> None:
    cursor.execute(_BUCKETS, pairs)
    buckets: dict[tuple[UUID, str], list[Bucket]] = defaultdict(list)
    for allowance_id, line_id, unit, starts_at, expires_at, room, room_abroad, countries in cursor.fetchall():
        buckets[line_id, unit].append(
            Bucket(allowance_id, starts_at, expires_at, room, room_abroad, frozenset(countries))
        )
    cursor.execute(_USES, pairs)
    taken = list(_played(cursor.fetchall(), buckets))
    columns = ("at", "sources", "records", "allowances", "amounts", "abroad")
    cursor.execute(_PLAYED, dict(zip(columns, map(list, zip(*taken, strict=True)), strict=True)))


def _played(uses: Iterable[Any], buckets: dict[tuple[UUID, str], list[Bucket]]) -> Iterator[tuple[Any, ...]]:
    """Each part of a use that an allowance covers, in the order in which they were used."""
    for at, source, record_id, line_id, unit, amount, is_abroad, country in uses:
        left = amount
        for bucket in buckets[line_id, unit]:
            part = bucket.takes(left, at=at, country=country, is_abroad=is_abroad)
            if part:
                bucket.take(part, is_abroad=is_abroad)
                left -= part
                yield at, source, record_id, bucket.id, part, is_abroad
            if not left:
                break
