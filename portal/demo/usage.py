"""What the cast has used by now: the sandbox's network makes the records, and they come in by the same door as any operator's.

So every figure is the sum of its records, and from then on the network goes on where the past ends.
"""

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

from accounts.models import Line
from lib.http import CONNECT_SECONDS, post_json, refuse_inside_transaction
from network import loading, partitions
from notifications import outbox
from plans.models import Allowance, GroupMember, PlanKind, Unit
from portal.demo.people import CAST, Person

#: As USAGE_KEYS names it in the demo: what is handed in later comes from the same one.
SOURCE = "network"
#: How long somebody without a plan has used credit.
WITHOUT_PLAN = timedelta(days=60)
_READ_SECONDS = 60


class NetworkAway(Exception):
    """The sandbox does not play the network, or does not answer."""


def load(lines: Mapping[str, Line], *, now: datetime) -> None:
    """`lines` by number. Raises NetworkAway, requests.ConnectionError."""
    now = now.replace(microsecond=0)
    _name(lines, now=now, with_shared=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "past.csv"
        path.write_bytes(_past())
        for _progress in loading.load(path, source=SOURCE, now=now):
            pass
    _name(lines, now=now, with_shared=False)
    _keep_quiet(lines.values())


def _name(lines: Mapping[str, Line], *, now: datetime, with_shared: bool) -> None:
    """`with_shared`: what members may use of their group goes with it, for the past; from then on the core is told. Raises NetworkAway."""
    played = [person for person in CAST if person.habit]
    players = [_player(person, lines[person.msisdn], now=now, with_shared=with_shared) for person in played]
    named = post_json(f"{settings.SANDBOX_URL}/network/players", {"players": players})
    if not named.ok:
        raise NetworkAway(named.text[:200])


def _player(person: Person, line: Line, *, now: datetime, with_shared: bool) -> dict[str, Any]:
    """As the sandbox's README has it."""
    allowances = list(Allowance.objects.filter(line=line).order_by("starts_at"))
    begun = allowances[0].starts_at if allowances else now - WITHOUT_PLAN
    running = [one for one in allowances if one.unit == Unit.DATA and one.starts_at <= now < one.expires_at]
    share = {}
    if person.data_share and running and running[-1].granted:
        amount = int(running[-1].granted * person.data_share)
        share = {"share": {"since": _told(running[-1].starts_at), "data": amount}}
    return {
        "number": person.msisdn,
        "habit": person.habit,
        "time_zone": line.time_zone,
        "home": line.country,
        "since": _told(max(begun, partitions.keeps_from(now))),
        "until": _told(now),
        "grants": [
            {
                "unit": one.unit,
                "starts_at": _told(one.starts_at),
                "ends_at": _told(one.expires_at),
                "amount": one.granted,
            }
            for one in allowances
        ]
        + (_shared(line) if with_shared else []),
        "pays_as_it_goes": person.pays_as_it_goes,
        **share,
    }


def _shared(line: Line) -> list[dict[str, Any]]:
    """Of the data of the owner's plans, up to the cap, since the line joined."""
    return [
        {
            "unit": "data",
            "starts_at": _told(max(one.starts_at, member.joined_at)),
            "ends_at": _told(one.expires_at),
            "amount": member.cap_bytes,
        }
        for member in GroupMember.objects.filter(line=line).select_related("group")
        for one in Allowance.objects.filter(
            line=member.group.line_id, unit=Unit.DATA, period__kind=PlanKind.PLAN, expires_at__gt=member.joined_at
        )
    ]


def _past() -> bytes:
    """Raises NetworkAway, requests.ConnectionError."""
    refuse_inside_transaction()
    answer = requests.get(f"{settings.SANDBOX_URL}/network/past.csv", timeout=(CONNECT_SECONDS, _READ_SECONDS))
    if not answer.ok:
        raise NetworkAway(answer.text[:200])
    return answer.content


def _keep_quiet(lines: Iterable[Line]) -> None:
    """What somebody used up days ago is no news now, and is not told later either."""
    for allowance in Allowance.objects.filter(line__in=list(lines)):
        outbox.withdraw(f"period:{allowance.period_id}")


def _told(moment: datetime) -> str:
    return moment.isoformat()
