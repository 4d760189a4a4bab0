"""Who reads a message about a line, for sweeps: the address, language and wall clock as expressions over rows that lead to the line."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, FilteredRelation, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from notifications import quiet
from notifications.kinds import Channel

#: The name under which `to` gives each row its reader's time zone.
ZONE = "reader_zone"


class _OneOf(Func):
    """`IN` with all its values in one: hundreds of time zones make a long statement."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, *_of_django: Any, **_more: Any) -> Any:
        zone, zones = (compiler.compile(each) for each in self.source_expressions)
        return f"({zone[0]} = ANY ({zones[0]}))", [*zone[1], *zones[1]]


def awake(now: Any) -> Q:
    """Whose reader is not asleep at `now`."""
    return ~Q(_OneOf(ZONE, Value(quiet.zones_asleep(now))))


def in_the_evening(now: Any) -> Q:
    """For whose reader it is the last hour before the night."""
    return Q(_OneOf(ZONE, Value(quiet.zones_in_the_evening(now))))


@dataclass(frozen=True)
class Readers:
    """On one channel. `path` leads from a row to its line: `line__`, or nothing for lines themselves."""

    channel: Channel
    path: str = ""

    def to(self, rows: QuerySet[Any, Any]) -> Any:
        """Rows that somebody reads of: by e-mail the owner with a proven address, by SMS whoever has the line."""
        if self.channel == Channel.EMAIL:
            owned = {
                "ownerships__until_at": None,
                "ownerships__subscriber__is_active": True,
                "ownerships__subscriber__emailaddress__verified": True,
                "ownerships__subscriber__emailaddress__primary": True,
            }
            found = rows.filter(**{self.path + name: value for name, value in owned.items()})
            return found.annotate(**{ZONE: F(f"{self._owner}__time_zone")})
        is_open = Q(**{f"{self.path}ownerships__until_at": None})
        found = rows.annotate(ownership=FilteredRelation(f"{self.path}ownerships", condition=is_open))
        return found.annotate(**{ZONE: Coalesce("ownership__subscriber__time_zone", f"{self.path}time_zone")})

    @property
    def address(self) -> F:
        return F(f"{self._owner}__emailaddress__email" if self.channel == Channel.EMAIL else f"{self.path}msisdn")

    @property
    def language(self) -> F:
        return F(f"{self._owner}__language" if self.channel == Channel.EMAIL else f"{self.path}language")

    @property
    def _owner(self) -> str:
        return f"{self.path}ownerships__subscriber"
