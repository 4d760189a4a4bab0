"""An allowance while uses are played against it, one after the other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass
class Bucket:
    """`room`: None without limit; `room_abroad`: of which outside the home country."""

    id: UUID
    starts_at: datetime
    expires_at: datetime
    room: int | None
    room_abroad: int | None
    countries: frozenset[str]

    def takes(self, wanted: int, *, at: datetime, country: str, is_abroad: bool) -> int:
        """How much of a use it can still cover."""
        if not self.starts_at <= at < self.expires_at or country not in self.countries:
            return 0
        rooms = [self.room, self.room_abroad if is_abroad else None]
        return max(0, min([wanted, *(room for room in rooms if room is not None)]))

    def take(self, amount: int, *, is_abroad: bool) -> None:
        if self.room is not None:
            self.room -= amount
        if is_abroad and self.room_abroad is not None:
            self.room_abroad -= amount
