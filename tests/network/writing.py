"""Rows and files as a mediation system writes them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Line
from lib.uuid7 import fresh
from plans.models import Allowance, Zone

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEADER = "record_id,number,used_at,unit,amount,country\n"
MB = 1_000_000


def row(
    record: str = "r1", *, number: str = "+4917604069011", at: datetime = NOW - DAY, unit: str = "data", amount: Any = 5 * MB,
    country: str = "DE",
) -> str:  # fmt: skip
    return f"{record},{number},{at.isoformat().replace('+00:00', 'Z')},{unit},{amount},{country}"


def as_csv(rows: Iterable[str]) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def allowance(
    line: Line, granted: int | None = 100 * MB, *, unit: str = "data", begins: datetime = NOW - 10 * DAY,
    ends: datetime = NOW + 10 * DAY, zone: str = "eu", cap: int | None = None, **more: Any,
) -> Allowance:  # fmt: skip
    slow = {"full_speed_amount": MB, "speed_after_kbit": 64} if granted is None and unit == "data" else {}
    return Allowance.objects.create(
        id=fresh(1)[0], line=line, unit=unit, granted=granted, starts_at=begins, expires_at=ends,
        zone=Zone.objects.get(code=zone), zone_cap=cap, origin=f"test:{fresh(1)[0]}", **slow, **more,
    )  # fmt: skip
