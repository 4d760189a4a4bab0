"""Sharing groups as owners and members see them: drawn by what draws the page, from people nobody knows."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lib.wording import GIGABYTE, MEGABYTE
from plans.groups import page, words
from plans.groups.column import Shared
from plans.groups.forms import AskForm, CapForm, CodeForm, InviteForm, JoinForm, StartForm
from plans.groups.rules import Why
from plans.groups.shared import Pool, Share

NOW = datetime.now(UTC).replace(hour=13, minute=20, second=0, microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG = "Donaudampfschifffahrtsgesellschaftskapitän"[:40]
_NAMES = ("Ben", "Mia", LONG, "奶奶", "Tablet")
_USED = (1_830_000_000, 412 * MEGABYTE, 3_200_000_000, 0, 90 * MEGABYTE)
_CAPS = (5 * GIGABYTE, GIGABYTE, 3_500_000_000, 2 * GIGABYTE, None)


def pool(granted: int | None = 40 * GIGABYTE, used: int = 17_432_000_000, *, gifted: int = 0) -> Pool:
    left = None if granted is None else granted - used - gifted
    bucket: Any = Like(granted=granted, remaining=left, used=used, gifted=gifted, zone=Like(title="European Union"))
    period: Any = Like(ends_at=NOW + 17 * DAY)
    return Pool(period, [bucket], {UUID(int=place): used for place, used in enumerate(_USED, start=1) if used})


def members(count: int = 5) -> list[Any]:
    """The last one is paused."""
    return [
        Like(
            pk=UUID(int=place),
            id=UUID(int=place),
            shows=name,
            left_at=None,
            joined_at=NOW - 30 * DAY,
            line=Like(msisdn=f"+49176040690{20 + place}"),
        )
        for place, name in enumerate(_NAMES[:count], start=1)
    ]


def row(place: int, member: Any, *, is_paused: bool = False) -> page.Row:
    cap, extra = _CAPS[place], 500 * MEGABYTE if place == 2 else 0
    limit = None if cap is None else cap
    used = limit if place == 2 and limit is not None else _USED[place]
    return page.Row(member, Share(used, limit, extra), is_paused)


def _base(line: Any, lines: list[Any]) -> dict[str, Any]:
    return {"place": "home", "line": line, "lines": lines, "at_most": 5, "has_room": True}


def none(line: Any, lines: list[Any], *, is_out_of_use: bool = False) -> dict[str, Any]:
    return _base(line, lines) | {"form": StartForm(initial={"shows": "Anna"}), "is_out_of_use": is_out_of_use}


def owner(line: Any, lines: list[Any], count: int = 2, **more: Any) -> dict[str, Any]:
    some, shared = members(count), pool(gifted=500 * MEGABYTE)
    left = [*some, Like(pk=UUID(int=5), shows="", left_at=NOW)]
    context = {
        "group": Like(shows="Anna"),
        "pool": shared,
        "slices": page.slices(shared, left),
        "rows": [row(place, member, is_paused=place == 3) for place, member in enumerate(some)],
        "asks": [],
        "invites": [],
        "invite_form": InviteForm(),
    }
    return _base(line, lines) | context | more


def owner_full(line: Any, lines: list[Any]) -> dict[str, Any]:
    asks = [
        Like(id=UUID(int=31), member=Like(shows=LONG), amount_bytes=GIGABYTE, decides_at=NOW + 20 * HOUR),
        Like(id=UUID(int=32), member=Like(shows="Mia"), amount_bytes=500 * MEGABYTE, decides_at=NOW + 2 * HOUR),
    ]
    return owner(line, lines, 5, asks=asks, has_room=False)


def owner_new(line: Any, lines: list[Any]) -> dict[str, Any]:
    """Nobody has joined, a code is out, and the wish for another was refused."""
    invites = [
        Like(id=UUID(int=41), made_at=NOW - HOUR, expires_at=NOW + 7 * DAY, cap_bytes=5 * GIGABYTE),
        Like(id=UUID(int=42), made_at=NOW - DAY, expires_at=NOW + 6 * DAY, cap_bytes=None),
    ]
    fresh = Pool(pool().period, pool(used=0).allowances, {})
    more = {"pool": fresh, "slices": page.slices(fresh, []), "invite_form": InviteForm({"cap": "1.3"})}
    return owner(line, lines, 0, invites=invites, **more)


def owner_without_plan(line: Any, lines: list[Any]) -> dict[str, Any]:
    return owner(line, lines, 2, pool=None, slices=[])


def owner_unlimited(line: Any, lines: list[Any]) -> dict[str, Any]:
    shared = pool(None)
    return owner(line, lines, 5, pool=shared, slices=page.slices(shared, members()))


def member(line: Any, lines: list[Any], **more: Any) -> dict[str, Any]:
    some = Like(shows="Ben", group=Like(shows="Lena"))
    context = {
        "member": some,
        "owner_number": "+49•••••9018",
        "pool": pool(),
        "share": Share(1_830_000_000, 5 * GIGABYTE, 0),
        "left": 3_170_000_000,
        "is_short": False,
        "zones": ["European Union", "World"],
        "is_paused": False,
        "ask": None,
        "may_ask": True,
        "ask_form": AskForm(),
    }
    return _base(line, lines) | context | more


def member_reached(line: Any, lines: list[Any]) -> dict[str, Any]:
    ask = Like(amount_bytes=GIGABYTE, decides_at=NOW + 20 * HOUR)
    share = Share(5_500_000_000, 5_500_000_000, 500 * MEGABYTE)
    named = Like(shows=LONG, group=Like(shows=LONG))
    return member(line, lines, share=share, left=0, ask=ask, member=named)


def member_short(line: Any, lines: list[Any]) -> dict[str, Any]:
    return member(line, lines, left=300 * MEGABYTE, is_short=True, ask_form=AskForm({"amount": "x"}))


def join(line: Any, lines: list[Any], code: str | None = None, *, is_too_often: bool = False) -> dict[str, Any]:
    form = CodeForm({"code": code} if code else None)
    if code:
        form.add_error("code", str(words.REFUSALS[Why.CODE]))
    return _base(line, lines) | {"form": form, "is_too_often": is_too_often}


def invite(cap: int | None = 5 * GIGABYTE, shows: str = "Lena") -> Any:
    return Like(group=Like(shows=shows), cap_bytes=cap, expires_at=NOW + 7 * DAY)


def join_check(line: Any, lines: list[Any], data: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    form = JoinForm(data, initial={"line": line.id, "shows": "Ben"})
    return _base(line, lines) | {"invite": invite(**more), "form": form, "owner_number": "+49•••••9018"}


def invitation(code: str = "7KM4-T0D1-XC99") -> dict[str, Any]:
    url = "https://portal.example.com/group/join/"
    return {"place": "home", "invite": invite(), "code": code, "join_url": url}


def of_member(place: int = 0, data: dict[str, str] | None = None, *, is_paused: bool = False) -> dict[str, Any]:
    one = row(place, members()[place], is_paused=is_paused)
    return {"place": "home", "row": one, "form": CapForm(data, initial={"cap": 5}), "period": pool().period}


def check() -> dict[str, Any]:
    return {
        "place": "home",
        "title": _("Dissolve the group"),
        "points": words.DISSOLVING,
        "act": _("Dissolve the group"),
        "keep": _("Keep the group"),
    }


def shared() -> Shared:
    """On a member's home."""
    return Shared("Lena", 3_170_000_000, NOW + 17 * DAY, is_paused=False)


def pages(line: Any, second: Any) -> dict[str, tuple[Any, ...]]:
    one, two = [line], [line, second]
    of_owner, of_one = "plans/groups/owner.html", "plans/groups/member.html"
    return {
        "group-none": ("plans/groups/none.html", lambda: none(line, two)),
        "group-out-of-use": ("plans/groups/none.html", lambda: none(line, one, is_out_of_use=True)),
        "group-owner": (of_owner, lambda: owner(line, one)),
        "group-owner-full": (of_owner, lambda: owner_full(second, two)),
        "group-owner-new": (of_owner, lambda: owner_new(line, one)),
        "group-owner-no-plan": (of_owner, lambda: owner_without_plan(line, one)),
        "group-owner-unlimited": (of_owner, lambda: owner_unlimited(line, one)),
        "group-member": (of_one, lambda: member(line, one)),
        "group-member-reached": (of_one, lambda: member_reached(second, two)),
        "group-member-short": (of_one, lambda: member_short(line, one)),
        "group-member-paused": (of_one, lambda: member(line, one, is_paused=True)),
        "group-member-no-plan": (of_one, lambda: member(line, one, pool=None, zones=[], may_ask=False)),
        "group-member-no-cap": (
            of_one,
            lambda: member(line, one, share=Share(0, None, 0), pool=pool(None), left=0, may_ask=False),
        ),
        "group-join": ("plans/groups/join.html", lambda: join(line, one)),
        "group-join-refused": ("plans/groups/join.html", lambda: join(line, one, "7KM4-T0D1-XC99")),
        "group-join-too-often": ("plans/groups/join.html", lambda: join(line, one, is_too_often=True)),
        "group-join-check": ("plans/groups/join_check.html", lambda: join_check(line, one)),
        "group-join-check-refused": (
            "plans/groups/join_check.html",
            lambda: join_check(second, two, {"shows": "http://x"}, cap=None, shows=LONG),
        ),
        "group-invitation": ("plans/groups/invitation.html", invitation),
        "group-invitation-over": ("plans/groups/invitation.html", lambda: invitation("")),
        "group-of-member": ("plans/groups/of_member.html", of_member),
        "group-of-member-paused": ("plans/groups/of_member.html", lambda: of_member(2, {"cap": "0.7"}, is_paused=True)),
        "group-check": ("plans/groups/check.html", check),
    }
