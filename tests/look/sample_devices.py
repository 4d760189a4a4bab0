"""Contexts of the pages about SIMs: every state a card, an eSIM, a swap and a lock can be in."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from accounts.devices import qr
from accounts.devices.esim import ActivationCode
from accounts.devices.forms import EsimForm, LostSwapForm, SwapForm
from accounts.devices.page import Row
from lib.brand import AccessPoint
from tests.look.sample_back import NOW

DAY = timedelta(days=1)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsdiensttelefon"
CODE = ActivationCode(address="smdp.refill.example", matching_id="K7M2Q-ABCDE-23456-XYZ99")
_KINDS = {"sim": "SIM card", "esim": "eSIM"}


def sim(number: int, **more: Any) -> Any:
    facts: dict[str, Any] = {
        "kind": "sim",
        "label": "",
        "device": "Phone",
        "gets_texts": number == 1,
        "is_blocked": False,
        "ending": f"00{number + 10}",
        "from_at": NOW - 90 * DAY,
        "state_since": NOW - timedelta(hours=2),
        **more,
    }
    one = UUID(int=number)
    device, kind = facts.pop("device"), facts["kind"]
    return Like(id=one, pk=one, get_device_display=lambda: device, get_kind_display=lambda: _KINDS[kind], **facts)


def row(one: Any, icon: str = "smartphone", **more: Any) -> Row:
    facts: dict[str, Any] = {"order": None, "is_replaced": False, "has_puk": True, **more}
    return Row(sim=one, icon=icon, **facts)


def event(number: int, deed: str, session: str = "Chrome · Android") -> Any:
    return Like(sim=sim(number), get_deed_display=lambda: deed, at=NOW - number * DAY, session=session)


def order(state: str, label: str = "Anna’s watch") -> Any:
    return Like(id=UUID(int=9), label=label, state=state, get_device_display=lambda: "Watch")


def swap(**more: Any) -> Any:
    facts = {"id": UUID(int=7), "decides_at": NOW + DAY, "to_iccid": "", "to_ending": "", "state": "waiting"}
    return Like(**facts | more)


def listed(line: Any, *rows: Row, **more: Any) -> dict[str, Any]:
    return {
        "place": "home",
        "line": line,
        "lines": [line],
        "rows": list(rows),
        "coming": [],
        "swap": None,
        "taken": len(rows),
        "most": 5,
        "is_full": False,
        "unlock": None,
        "is_open": False,
        "events": [],
    } | more


def _of_sim(line: Any, **more: Any) -> dict[str, Any]:
    return {"line": line, "sim": sim(1, label="Work phone"), **more}


def _lists(line: Any) -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    watch = sim(2, kind="esim", label="Anna’s watch", device="Watch")
    tablet = sim(3, kind="esim", label=LONG, device="Tablet")
    lost = sim(1, label="Work phone", is_blocked=True)
    many = listed(
        line,
        row(sim(1)),
        row(watch, "watch", order=order("ready")),
        row(tablet, "tablet"),
        row(sim(4, kind="esim", device="Router", is_blocked=True), "router"),
        row(sim(5, kind="esim", device="Computer"), "laptop"),
        is_full=True,
        unlock=Like(opens_at=NOW + DAY),
        events=[event(1, "PUK shown"), event(2, "put in", ""), event(3, "blocked", "Samsung Internet · Android")],
    )
    swapped = listed(
        line,
        row(sim(1), is_replaced=True),
        coming=[order("asked")],
        failed=order("failed"),
        swap=swap(to_iccid="89", to_ending="0428"),
        events=[event(1, "eSIM code shown")],
    )
    page = "accounts/devices/list.html"
    return {
        "devices-many": (page, lambda: many),
        "devices-blocked": (page, lambda: listed(line, row(lost), events=[event(1, "blocked")])),
        "devices-swap": (page, lambda: swapped),
        "devices-none": (page, lambda: listed(line)),
    }


def _acts(line: Any) -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    base = "accounts/devices/"
    wrong_card = {"to": "sim", "iccid": "12345"}
    no_swap = {"waiting": None, "is_lost": False, "is_sent": False, "has_factor": False}
    lost = {**no_swap, "is_lost": True}
    return {
        "device-lost": (base + "lost.html", lambda: _of_sim(line)),
        "device-puk-shown": (base + "puk.html", lambda: _of_sim(line, is_known=True, puk="12345678")),
        "swap-refused": (base + "swap.html", lambda: _of_sim(line, form=SwapForm(wrong_card), **no_swap)),
        "swap-lost-code": (
            base + "swap.html",
            lambda: _of_sim(line, form=LostSwapForm({"to": "esim", "code": "12"}), **lost | {"is_sent": True}),
        ),
    }


def _esims(line: Any) -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    page = "accounts/devices/esim.html"
    shown = {"code": CODE, "qr": qr.picture(CODE)}
    return {
        "esim-order": (
            "accounts/devices/esim_order.html",
            lambda: {"line": line, "form": EsimForm(initial={"device": "watch"}), "refusal": ""},
        ),
        "esim-asked": (page, lambda: {"line": line, "order": order("asked")}),
        "esim-code": (page, lambda: {"line": line, "order": order("ready", LONG), **shown}),
    }


def _number(line: Any) -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    page = "accounts/devices/number.html"
    closed = {
        "line": line,
        "unlock": None,
        "is_open": False,
        "code": None,
        "has_factor": False,
        "hours": 24,
        "payout_url": "/orders/",
    }
    unlock, code = Like(closes_at=NOW + 7 * DAY), Like(until_at=NOW + 30 * DAY)
    return {
        "number-open": (page, lambda: closed | {"unlock": unlock, "is_open": True}),
        "port-code": (
            "accounts/devices/port_code.html",
            lambda: {"line": line, "code": code, "text": "K7M2-ABCD-2345", "payout_url": "/orders/"},
        ),
        "internet": (
            "accounts/devices/internet.html",
            lambda: {"line": line, "apn": AccessPoint("Refill", "internet.refill.example", password="guest")},
        ),
    }


def pages(line: Any, nobody: Any) -> dict[str, tuple[Any, ...]]:
    """Name → template, context, and who looks where it is not Anna."""
    veto = "accounts/devices/"
    return {
        **_lists(line),
        **_acts(line),
        **_esims(line),
        **_number(line),
        "veto": (veto + "veto.html", lambda: {"line": line, "swap": swap()}, nobody),
        "vetoed": (veto + "vetoed.html", lambda: {"swap": swap(state="vetoed"), "is_stopped": True}, nobody),
    }
