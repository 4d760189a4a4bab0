"""The names of actors (`staff:7`, `subscriber:3`, `outside:kiosks`, `gateway`, `system`), asked for once a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField, Func, OuterRef, Subquery
from django.utils.translation import gettext as _

from lib.admin.deeds import deed_in_words
from lib.models import Audit

STAFF = "staff:"
_SUBSCRIBER = "subscriber:"
_SELLER = "outside:"


class _StaffNumber(Func):
    template = "substring(%(expressions)s from '^staff:([0-9]{1,18})$')::bigint"
    output_field = BigIntegerField()


def staff_name(path: str) -> Subquery:
    """For lists: the name of the staff in the column `path`, by the same query; null for other actors."""
    people = get_user_model()._default_manager.filter(pk=_StaffNumber(OuterRef(path)))
    return Subquery(people.values("name")[:1])


@dataclass(frozen=True)
class NamedDeed:
    """An audit row with the name of whoever did it, and what they did in words."""

    row: Audit
    name: str
    words: str


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Actor -> how to call them; one query for all staff among them. Subscribers stay numbers."""
    wanted = set(actors)
    ids = {int(number) for actor in wanted if (number := actor.removeprefix(STAFF)) != actor and number.isdigit()}
    found = get_user_model()._default_manager.in_bulk(ids) if ids else {}
    return {actor: _name(actor, found) for actor in wanted}


def name_of(actor: str) -> str:
    """`names_of` for one."""
    return names_of([actor])[actor]


def named(rows: Iterable[Audit]) -> list[NamedDeed]:
    """Audit rows with their names."""
    found = list(rows)
    names = names_of(row.actor for row in found)
    return [NamedDeed(row, names[row.actor], deed_in_words(row.deed)) for row in found]


def _name(actor: str, staff: dict[Any, Any]) -> str:
    number = actor.removeprefix(STAFF)
    if number != actor and number.isdigit():
        return str(staff.get(int(number), actor))
    if actor.startswith(_SUBSCRIBER):
        return _("subscriber #%(number)s") % {"number": actor.removeprefix(_SUBSCRIBER)}
    if actor.startswith(_SELLER):
        return _("seller %(name)s") % {"name": actor.removeprefix(_SELLER)}
    return {"gateway": _("the gateway"), "payer": _("the payer"), "system": _("by itself"), "": "–"}.get(actor, actor)
