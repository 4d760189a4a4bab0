"""What each kind of message looks like, with the facts of nobody: for the page on which readers choose, and for tests of every text."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from notifications.kinds import Kind, Topic
from notifications.rendering import Rendered, render

_PRICE = {"minor": 1500, "currency": "EUR"}
_URL = "https://example.com/orders/01a207aa-0f2e-7634-955d-81396d4c4e7b/"


#: How long before or after the moment of the message each date lies.
_MOMENTS = {
    "starts_at": timedelta(minutes=-5),
    "ends_at": timedelta(days=7),
    "grace_at": timedelta(days=6),
    "suspended_at": timedelta(days=36),
    "released_at": timedelta(days=96),
    "happened_at": timedelta(minutes=-2),
    "asked_at": timedelta(minutes=-2),
    "again_at": timedelta(days=1),
    "decides_at": timedelta(days=1),
    "opens_at": timedelta(days=1),
    "charged_at": timedelta(days=6),
    "until_at": timedelta(days=14),
    "undo_at": timedelta(minutes=10),
    "promised_at": timedelta(hours=4),
    "due_at": timedelta(days=7),
}
_SUMS: dict[str, Any] = {
    **dict.fromkeys(("price", "received", "amount", "held", "left", "former"), _PRICE),
    "missing": {"minor": 500, "currency": "EUR"},
    "credit": {"minor": 180, "currency": "EUR"},
}
_WORDS: dict[str, Any] = {
    "plan": {"en": "Month 15 GB", "zh-hans": "包月 15 GB"},
    "msisdn": "+4917604069011",
    "url": _URL,
    "undo_url": _URL,
    "code": "493817",
    "reference": "R7K2-MQ4D",
    "instead": {"en": "Month 40 GB", "zh-hans": "包月 40 GB"},
    "what": "Your password was changed.",
    "device": "Firefox · Windows",
    "reason": "The plan began a day late.",
    "account": "DE•••3000",
    "holder": "Refill Mobile GmbH",
    "transfer_reference": "ABCD2345EFGH",
    "method": "Visa ···4242",
    "label": "Visa ···4242",
    "times": 3,
    "whom": "+49 176 04069011",
    "month": "03/2027",
    "sim": "Work phone",
    "new": "···0427",
    "gets_texts": True,
    "is_open": False,
    "has_moved": False,
    "numbers": ["+49 176 04069011", "+49 176 04069012"],
    "title": {"en": "Twice the data in December", "zh-hans": "十二月流量翻倍"},
    "text": {
        "en": "Month 15 GB has 30 GB for the same price until 31 December.",
        "zh-hans": "12 月 31 日前，包月 15 GB 同价享 30 GB。",
    },
    "remaining": {"amount": 2_900_000_000, "unit": "data"},
    "granted": {"amount": 15_000_000_000, "unit": "data"},
    "given": {"amount": 1_000_000_000, "unit": "data"},
    "stays": {"amount": 400_000_000, "unit": "data"},
    "asked": {"amount": 1_000_000_000, "unit": "data"},
    "speed": None,
    "beyond": None,
    "unit": "data",
    "is_queued": False,
    "has_ended": True,
    "only_receives": False,
    "to_credit": False,
    "series": "sale",
    "number": "S-2026-000123",
    "item": "Month 15 GB",
    "question": "My card was declined",
    "answer": ["Hello Anna,", "your bank refused the card. Nothing was taken.", "Try another card, or pay by PayPal."],
    "is_solved": False,
    "order": "R-7K2M9QX",
}


def facts(now: datetime) -> dict[str, Any]:
    """What callers put into contexts, all kinds together, as of `now`."""
    dates = {name: (now + ahead).replace(microsecond=0).isoformat() for name, ahead in _MOMENTS.items()}
    return {**dates, **_SUMS, **_WORDS}


def _why(*reasons: str) -> list[dict[str, Any]]:
    return [{"why": why} for why in reasons]


_ONE: list[dict[str, Any]] = [{}]
_FOR_OTHERS: list[dict[str, Any]] = [{}, {"plan": "", "ends_at": ""}]
_OUTSIDE: list[dict[str, Any]] = [{"is_outside": True, "place": place} for place in ("Kiosk 12", "")]
_REFUNDS: list[dict[str, Any]] = [
    {"cause": "withdrawal"},
    {"cause": "staff", "to_credit": True, "has_ended": False},
    {"cause": "dispute"},
    {"cause": "cancelled"},
]
_VARIANTS: dict[str, list[dict[str, Any]]] = {
    "security_notice": [{}, {"undo_url": None}],
    "swap_vetoed": [{}, {"is_lost": True}],
    **{kind: [{}, {"price": None}] for kind in ("expiry_week", "expiry_three_days", "expiry_reminder")},
    "allowance_low": [
        {},
        {"remaining": {"amount": 2400, "unit": "voice"}, "granted": {"amount": 12000, "unit": "voice"}, "plan": None},
    ],
    "allowance_used_up": [
        {},
        {"speed": 64},
        {"granted": {"amount": 200, "unit": "texts"}, "plan": None},
        {"beyond": {"minor": 250, "currency": "EUR"}},
        {"beyond": {"minor": 9, "currency": "EUR"}, "unit": "voice", "granted": {"amount": 6000, "unit": "voice"}},
        {"beyond": {"minor": 9, "currency": "EUR"}, "unit": "texts", "granted": {"amount": 50, "unit": "texts"}},
    ],
    "renewed": [{}, {"is_queued": True}, *_OUTSIDE],
    "plan_ended": [{}, {"only_receives": True}, {"price": None}],
    "line_released": [{}, {"credit": None}, {"has_moved": True}],
    "credit_adjusted": [{"what": what} for what in ("given", "taken", "written_off")],
    "payout_asked": [{"cause": cause} for cause in ("credit", "held")],
    "payout_refused": [{"cause": cause} for cause in ("credit", "held")],
    "money_held": _why("short", "over", "twice", "other_currency", "late", "cancelled", "blocked", "refund_failed"),
    "topped_up": [{}, *_OUTSIDE],
    "add_on_applied": [{}, *_OUTSIDE],
    "topped_up_by_other": _FOR_OTHERS,
    "top_up_for_other": _FOR_OTHERS,
    "top_up_taken_back": [*_FOR_OTHERS, *({**each, **place} for each in _FOR_OTHERS for place in _OUTSIDE)],
    "renewal_trouble": _why("declined", "confirm", "given_up", "method", "waits", "plan_gone", "price", "line"),
    "payout_sent": [{"cause": cause} for cause in ("credit", "held")],
    "top_up_trouble": _why("again", "declined", "method", "limit", "runaway"),
    "receipt": [{}, {"series": "credit_note"}],
    "method_ended": [*[{**each, "numbers": []} for each in _why("revoked", "expired", "detached")], {"why": "revoked"}],
    "refund_granted": _REFUNDS,
    "gift_undone": [{}, {"stays": None}],
    "gift_gone": [
        {**each, "stays": stays}
        for each in _why("undone", "unpaid", "on_hold", "free")
        for stays in (None, _WORDS["stays"])
    ],
    "ticket_answered": [{}, {"is_solved": True}],
    "order_late": _why("late", "held", "arrived", "given_back"),
    "sim_blocked": [{}, {"gets_texts": False}],
    "swap_done": [{}, {"new": ""}],
    "lock_changed": [{}, {"is_open": True}],
    "next_plan_to_change": [{"instead": ""}, {}],
    "group_left": _why("left", "line_ended"),
    "group_answered": _why("approved", "refused", "expired"),
    "group_changed": [*_why("removed", "dissolved", "paused", "resumed", "cap"), {"why": "cap", "granted": None}],
    "next_plan_kept": _why("begun", "disputed", "credit", "line"),
}


def variants(kind: Kind) -> list[Mapping[str, Any]]:
    """What differs from `facts` in each of a kind's wordings; at least one, empty where there is only one."""
    return [*_VARIANTS.get(kind.name, _ONE)]


#: What is about a person or a payment, not about a line.
_WITHOUT_A_NUMBER = (
    "method_expires",
    "method_ended",
    "receipt",
    "top_up_for_other",
    "top_up_not_done",
    "ticket_opened",
    "ticket_answered",
    "order_late",
    "offers",
)


def example(kind: Kind, channel: str, *, now: datetime, language: str, time_zone: str, msisdn: str = "") -> Rendered:
    """The first wording of a kind, as its reader would get it."""
    made = {**facts(now), **variants(kind)[0]}
    if kind.topic is Topic.SECURITY or kind.name in _WITHOUT_A_NUMBER:
        del made["msisdn"]
    elif msisdn:
        made["msisdn"] = msisdn
    return render(kind.name, channel, made, language=language, time_zone=time_zone)
