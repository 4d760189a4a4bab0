"""The page of what would have been cheapest: reckoned by what reckons it, from a shop and days that nobody had."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any
from zoneinfo import ZoneInfo

from lib.wording import GIGABYTE
from plans.advising.goods import UNLIMITED, Good, Grant, Shop
from plans.advising.search import cheapest
from plans.rates import Rate
from portal import advice_words
from portal.advising import Looked

FIRST = date(2026, 9, 25)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
EU = frozenset({"DE", "FR"})


def _good(key: str, title: str, price_minor: int, days: int | None, data_gb: int, minutes: int, texts: int) -> Good:
    amounts = {"data": data_gb * GIGABYTE, "voice": minutes * 60 or UNLIMITED, "texts": texts}
    grants = {unit: Grant(amount, amount) for unit, amount in amounts.items() if amount}
    return Good(key, title, price_minor, days, EU, grants)


MORE_5 = Good(
    "more-5", "More 5", 500, None, EU, {"data": Grant(5 * GIGABYTE, 5 * GIGABYTE)}, is_plan=False, needs_plan=True
)
SHOP = Shop(
    "DE",
    [
        _good("month-5", "Month 5", 800, 30, 5, 200, 100),
        _good("days-7", "Week 4", 500, 7, 4, 100, 50),
        _good("month-15", "Month 15", 1500, 30, 15, 500, 200),
        _good("month-40", "Month 40", 2500, 30, 40, 0, 500),
        MORE_5,
    ],
    {("DE", "voice"): Rate(9, 60), ("FR", "data"): Rate(250, GIGABYTE)},
)


def use(a_day_gb: float, *, texts: int = 2, days: int = 60) -> list[dict[tuple[str, str], int]]:
    """Every day some, in the sixth week abroad."""
    size = int(a_day_gb * GIGABYTE)
    return [
        {
            ("FR" if 35 <= place < 49 else "DE", "data"): size * (4 + place * 7 % 5) // 6,
            ("DE", "voice"): 300,
            ("DE", "texts"): texts,
        }
        for place in range(days)
    ]


def _had(title: str, price_minor: int, place: int) -> Any:
    start = datetime.combine(FIRST + place * DAY, datetime.min.time(), BERLIN)
    granted = [Like(unit="data", granted=15 * GIGABYTE), Like(unit="voice", granted=None)]
    period = Like(plan=Like(title=title, price_minor=price_minor), kind="plan", allowances=Like(all=lambda: granted))
    return Like(from_at=start, until_at=start + 30 * DAY, cost_minor=price_minor, is_part=False, period=period)


def page(line: Any, days: list[dict[tuple[str, str], int]], title: str, price_minor: int, **more: Any) -> Any:
    had = [_had(title, price_minor, place) for place in (0, 30)]
    seen = Looked(line, FIRST, FIRST + len(days) * DAY, days, had, best=cheapest(SHOP, days), **more)
    return {"place": "plans", "line": line, **advice_words.facts(seen)}


def _beyond(place: int, gigabytes: int) -> Any:
    return Like(day=FIRST + place * DAY, unit="data", overrun=gigabytes * GIGABYTE)


def pages(line: Any) -> dict[str, Any]:
    early = {"place": "plans", "line": line, "is_enough": False, "told_days": 9, "count": 9}
    template = "portal/advice.html"
    short = [_beyond(26, 2), _beyond(28, 3)]
    return {
        "advice": (template, lambda: page(line, use(0.19), "Month 40", 2500)),
        "advice-same": (template, lambda: page(line, use(0.4), "Month 15", 1500)),
        "advice-dearer": (template, lambda: page(line, use(0.62), "Month 15", 1500, short=short, credit_minor=120)),
        "advice-none": (template, lambda: page(line, [{("BA", "data"): 1}] * 60, "Month 15", 1500)),
        "advice-early": (template, lambda: early),
    }
