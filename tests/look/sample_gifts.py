"""Contexts of the pages of gifts: one to choose from or several, refused, nothing to give, checked, and a gift in each of its states."""

import uuid
from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator

from lib import clock
from plans.gifts import listing, page
from plans.gifts.forms import ConfirmForm, GiftForm
from plans.models import AllowanceGift
from tests.look.sample_back import NOW

GB, DAY, MINUTE = 1_000_000_000, timedelta(days=1), timedelta(minutes=1)
LONG = "包月流量畅享套餐（含欧盟漫游）Donaudampfschifffahrtsgesellschaftspaket"
TAKER = "+8613800138000"


def data(number: int, title: str, remaining: int, days: float) -> Any:
    zone = Like(title="European Union, Iceland, Liechtenstein, Norway")
    period = Like(plan=Like(title=title))
    return Like(pk=UUID(int=number), period=period, remaining=remaining, expires_at=NOW + days * DAY, zone=zone)


OWN = [data(1, "Month 15", 8_400_000_000, 8), data(2, LONG, 2_000_000_000, 30), data(3, "More 5", 700_000_000, 2)]


def gift(line: Any, *, minutes_ago: float, given: bool = True, **fields: Any) -> Any:
    at = clock.now() - minutes_ago * MINUTE
    other = Like(id=UUID(int=9), msisdn=TAKER)
    sides = {"from_line": line, "to_line": other} if given else {"from_line": other, "to_line": line}
    ids = {"from_line_id": sides["from_line"].id, "to_line_id": sides["to_line"].id}
    facts = {
        "pk": UUID(int=7), "id": UUID(int=7), "amount_bytes": GB, "given_at": at, "undone_at": None, "given_back_bytes": 0,
        "undo_until": at + 10 * MINUTE, "received_id": UUID(int=8), "source_id": UUID(int=1), "source": OWN[0],
    }  # fmt: skip
    facts |= fields
    received = Like(frozen_at=fields.get("frozen_at"), expires_at=NOW + 8 * DAY, zone=OWN[0].zone)
    return Like(
        **facts, **sides, **ids, received=received, stays_bytes=facts["amount_bytes"] - facts["given_back_bytes"]
    )


def undone(line: Any, **more: Any) -> Any:
    at = clock.now() - 40 * MINUTE
    return gift(line, minutes_ago=45, undone_at=at, given_back_bytes=612_345_678, **more)


def choose(line: Any, own: Any = OWN, sent: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    form = GiftForm(sent, own=own, at_most=5 * GB)
    gifts = [
        gift(line, minutes_ago=2),
        undone(line),
        gift(line, minutes_ago=3000, given=False, amount_bytes=2 * GB),
        gift(line, minutes_ago=9000, frozen_at=NOW),
    ]
    rows = more.pop("rows", [listing.row(one, line.id, now=clock.now()) for one in gifts])
    return {
        "place": "home", "line": line, "form": form, "obstacle": "", "choices": page.choices(own, "", now=NOW), "can_give": bool(own),
        "has_data": bool(own), "left_today": 4 * GB, "a_day": 5 * GB, "page": Paginator(rows, 20).get_page(1), "rows": rows,
    } | more  # fmt: skip


def refused(line: Any) -> dict[str, Any]:
    """After the last step."""
    found = choose(line, OWN, {"number": "+49 176 04069012", "amount": str(GB), "source": str(UUID(int=1))})
    words = "Data cannot be given to this number now. Check it digit by digit; it must be a number with us that is in use. Nothing has changed."
    found["form"].add_error("number", words)
    return found


def blocked(line: Any) -> dict[str, Any]:
    words = (
        "Your sign-in was changed. For a day after that nothing can be given away: you can give again Tue 1 Dec, 09:20."
    )
    return choose(line, obstacle=words, rows=[])


def check(line: Any) -> dict[str, Any]:
    asked = Like(chosen=OWN[1], cleaned_data={"number": TAKER, "amount": GB + GB // 2})
    return page.check(line, asked, ConfirmForm.fresh())  # type: ignore[arg-type]


def check_old(line: Any) -> dict[str, Any]:
    form = ConfirmForm({"form_token": "x"})
    return check(line) | {
        "form": ConfirmForm(initial={"form_token": uuid.uuid4()}),
        "errors": form.errors["form_token"],
    }


def one(made: AllowanceGift) -> dict[str, Any]:
    return page.of_gift(made, now=clock.now())


def pages(line: Any) -> dict[str, Any]:
    """Template and context by name."""
    single = "plans/gifts/gift.html"
    return {
        "gifts": ("plans/gifts/choose.html", lambda: choose(line)),
        "gifts-first": ("plans/gifts/choose.html", lambda: choose(line, OWN[:1], rows=[])),
        "gifts-refused": ("plans/gifts/choose.html", lambda: refused(line)),
        "gifts-nothing": ("plans/gifts/choose.html", lambda: choose(line, [], rows=[])),
        "gifts-enough": ("plans/gifts/choose.html", lambda: choose(line, can_give=False)),
        "gifts-hold": ("plans/gifts/choose.html", lambda: blocked(line)),
        "gifts-check": ("plans/gifts/check.html", lambda: check(line)),
        "gifts-check-old": ("plans/gifts/check.html", lambda: check_old(line)),
        "gift": (single, lambda: one(gift(line, minutes_ago=2))),
        "gift-undone": (single, lambda: one(undone(line))),
        "gift-hold": (single, lambda: one(gift(line, minutes_ago=900, frozen_at=NOW))),
    }
