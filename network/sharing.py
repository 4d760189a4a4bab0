"""What a member's own allowances do not cover is charged to those of the group's owner, up to the member's cap (docs/groups.md).

Members are locked before allowances, so that no cap, pause or end changes while a chunk is charged; the owner's allowances are locked
together with all others, in their one order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from network.buckets import Bucket
from plans.groups.telling import CAP_LOW, CAP_REACHED

#: Data alone is shared.
_MEMBERS = """
    INSERT INTO usage_member
    SELECT member.id, member.line_id, member.subscriber_id, member.joined_at, member.left_at, member.cap_bytes,
        shared.line_id, shared.owner_id, owner.country
    FROM plans_groupmember AS member
    JOIN plans_sharinggroup AS shared ON shared.id = member.group_id
    JOIN accounts_line AS owner ON owner.id = shared.line_id
    WHERE member.line_id IN (SELECT line_id FROM usage_fresh WHERE unit = 'data')
        AND (member.left_at IS NULL OR member.left_at > (SELECT min(used_at) FROM usage_fresh))
    ORDER BY member.id
    FOR NO KEY UPDATE OF member
"""
#: What is left of the members' uses, each with the owner's plan that ran: then in the group, not paused, and both lines still whose they were.
#: The plan is looked up for each: joined, Postgres would hold every use against all plans that ran then.
_NEEDS = """
    SELECT member.id, member.owner_line_id, period.id, member.cap_bytes, used.used_at, used.source, used.record_id, used.open,
        used.country, used.country <> member.owner_home
    FROM (
        SELECT fresh.*, fresh.amount - coalesce(covered.amount, 0) AS open
        FROM usage_fresh AS fresh LEFT JOIN (
            SELECT used_at, source, record_id, sum(amount)::bigint AS amount FROM usage_charged GROUP BY used_at, source, record_id
        ) AS covered USING (used_at, source, record_id)
        WHERE fresh.unit = 'data' AND fresh.line_id IN (SELECT line_id FROM usage_member)
    ) AS used
    JOIN usage_member AS member ON member.line_id = used.line_id
        AND member.joined_at <= used.used_at AND (member.left_at IS NULL OR member.left_at > used.used_at)
    JOIN LATERAL (
        SELECT id FROM plans_planperiod WHERE line_id = member.owner_line_id AND kind = 'plan' AND cancelled_at IS NULL
            AND starts_at <= used.used_at AND ends_at > used.used_at LIMIT 1
    ) AS period ON true
    WHERE used.open > 0
        AND NOT EXISTS (SELECT FROM plans_grouppause AS pause WHERE pause.member_id = member.id
            AND pause.from_at <= used.used_at AND (pause.until_at IS NULL OR pause.until_at > used.used_at))
        AND NOT EXISTS (
            SELECT FROM (VALUES (member.line_id, member.subscriber_id), (member.owner_line_id, member.owner_id)) AS party (line_id, who)
            WHERE NOT EXISTS (SELECT FROM accounts_lineownership AS owned
                WHERE owned.line_id = party.line_id AND owned.subscriber_id = party.who
                    AND owned.from_at <= used.used_at AND (owned.until_at IS NULL OR owned.until_at > used.used_at)))
    ORDER BY used.used_at, used.source, used.record_id
"""
#: What a plan or an add-on has granted the owner: no gift, and nothing else that came without one.
_BUCKETS = """
    SELECT open.line_id, open.id, open.starts_at, open.expires_at,
        open.room - coalesce(taken.amount, 0), open.room_abroad - coalesce(taken.abroad, 0),
        array(SELECT country FROM plans_zonecountry WHERE zone_id = open.zone_id)
    FROM usage_open AS open
    JOIN plans_allowance AS allowance ON allowance.id = open.id AND allowance.period_id IS NOT NULL
    LEFT JOIN (
        SELECT allowance_id, sum(amount)::bigint AS amount, sum(amount) FILTER (WHERE is_abroad)::bigint AS abroad
        FROM usage_charged GROUP BY allowance_id
    ) AS taken ON taken.allowance_id = open.id
    WHERE open.unit = 'data' AND open.line_id IN (SELECT owner_line_id FROM usage_member)
    ORDER BY open.expires_at, open.id
"""
_SHARES = """
    SELECT member_id, period_id, used_bytes, extra_bytes FROM plans_groupshare
    WHERE member_id IN (SELECT id FROM usage_member)
"""
_TAKEN = """
    INSERT INTO usage_charged
    SELECT * FROM unnest(%(at)s::timestamptz[], %(sources)s::text[], %(records)s::text[], %(allowances)s::uuid[], %(amounts)s::bigint[],
        %(abroad)s::boolean[], %(members)s::uuid[])
"""
_KEEP_SHARES = """
    INSERT INTO plans_groupshare AS share (member_id, period_id, used_bytes, limit_bytes)
    SELECT * FROM unnest(%(members)s::uuid[], %(periods)s::uuid[], %(amounts)s::bigint[], %(limits)s::bigint[])
    ON CONFLICT (member_id, period_id) DO UPDATE SET
        used_bytes = share.used_bytes + EXCLUDED.used_bytes, limit_bytes = EXCLUDED.limit_bytes
"""
_KEEP_USES = """
    INSERT INTO plans_groupuse AS used (member_id, allowance_id, used_bytes)
    SELECT member_id, allowance_id, sum(amount)::bigint FROM usage_charged WHERE member_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (member_id, allowance_id) DO UPDATE SET used_bytes = used.used_bytes + EXCLUDED.used_bytes
"""
#: A member in one of the owner's plan periods.
Key = tuple[UUID, UUID]


@dataclass
class Share:
    """Of a member in a plan period of the owner's: used `before` and `now`, of at most `limit`; None without."""

    limit: int | None
    before: int = 0
    now: int = 0

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.before - self.now)

    @property
    def crossed(self) -> str:
        """Which mark of the cap was passed just now; empty for none."""
        if self.limit is None or not self.now:
            return ""
        after = self.before + self.now
        if after >= self.limit:
            return CAP_REACHED
        return CAP_LOW if self.before * 5 < self.limit * 4 <= after * 5 else ""


@dataclass(frozen=True)
class _Need:
    member_id: UUID
    owner_line_id: UUID
    period_id: UUID
    cap: int | None
    at: datetime
    source: str
    record_id: str
    amount: int
    country: str
    is_abroad: bool

    @property
    def key(self) -> Key:
        return self.member_id, self.period_id


def lock(cursor: Any) -> bool:
    """Put into `usage_member` who of `usage_fresh` was in a group, locked by id. Whether there is anybody."""
    cursor.execute("SELECT EXISTS (SELECT FROM plans_groupmember)")
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(_MEMBERS)
    return bool(cursor.rowcount)


def charge(cursor: Any) -> dict[Key, str]:
    """Of what `usage_charged` leaves of members' data, put into it what the owners' allowances cover, and keep who used what.

    Returns who has come near the cap or reached it, by member and plan period.
    """
    cursor.execute("ANALYZE usage_charged, usage_member")
    cursor.execute(_NEEDS)
    needs = [_Need(*row) for row in cursor.fetchall()]
    if not needs:
        return {}
    shares = _shares(cursor, needs)
    taken = list(_played(needs, _buckets(cursor), shares))
    columns = ("at", "sources", "records", "allowances", "amounts", "abroad", "members")
    cursor.execute(_TAKEN, {name: [row[place] for row in taken] for place, name in enumerate(columns)})
    _keep(cursor, shares)
    return {key: share.crossed for key, share in shares.items() if share.crossed}


def _shares(cursor: Any, needs: Iterable[_Need]) -> dict[Key, Share]:
    cursor.execute(_SHARES)
    known = {(member_id, period_id): (used, extra) for member_id, period_id, used, extra in cursor.fetchall()}
    shares = {}
    for need in needs:
        used, extra = known.get(need.key, (0, 0))
        shares[need.key] = Share(None if need.cap is None else need.cap + extra, used)
    return shares


def _buckets(cursor: Any) -> dict[UUID, list[Bucket]]:
    """By the owner's line, first to expire first."""
    cursor.execute(_BUCKETS)
    buckets: dict[UUID, list[Bucket]] = defaultdict(list)
    for line_id, allowance_id, starts_at, expires_at, room, room_abroad, countries in cursor.fetchall():
        buckets[line_id].append(Bucket(allowance_id, starts_at, expires_at, room, room_abroad, frozenset(countries)))
    return buckets


def _played(
    needs: Iterable[_Need], buckets: dict[UUID, list[Bucket]], shares: dict[Key, Share]
) -> Iterator[tuple[Any, ...]]:
    """Each part of a use that the owner's allowances cover, in the order in which they were used."""
    for need in needs:
        share = shares[need.key]
        wanted = need.amount if share.left is None else min(need.amount, share.left)
        for bucket in buckets[need.owner_line_id]:
            if need.cap is None and bucket.room is None:
                continue  # what is unlimited is shared up to a cap alone
            part = bucket.takes(wanted, at=need.at, country=need.country, is_abroad=need.is_abroad)
            if part:
                bucket.take(part, is_abroad=need.is_abroad)
                share.now += part
                wanted -= part
                yield need.at, need.source, need.record_id, bucket.id, part, need.is_abroad, need.member_id


def _keep(cursor: Any, shares: dict[Key, Share]) -> None:
    kept = sorted((key, share) for key, share in shares.items() if share.now)
    columns = {
        "members": [member_id for (member_id, _period), _share in kept],
        "periods": [period_id for (_member, period_id), _share in kept],
        "amounts": [share.now for _key, share in kept],
        "limits": [share.limit for _key, share in kept],
    }
    cursor.execute(_KEEP_SHARES, columns)
    cursor.execute(_KEEP_USES)
