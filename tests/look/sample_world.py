"""Where it works: drawn by what draws it, from the reviewed file."""

from functools import cache
from types import SimpleNamespace as Like
from typing import Any

from django.utils.translation import gettext as _

from lib.money import Money
from lib.wording import GIGABYTE
from plans import catalogue
from plans.comparison import countries_in_words
from plans.models import Unit
from plans.rates_in_words import RateShown
from plans.world import names, tiles
from plans.world.world_page import Entry, Part


@cache
def zones() -> dict[str, frozenset[str]]:
    """Countries of each zone that are in no narrower one."""
    read = catalogue.read(catalogue.DATA, languages=frozenset({"en", "zh-hans"}))
    by_code = {zone.code: frozenset(zone.countries) for zone in read.zones}
    return {"eu": by_code["eu"], "world": by_code["world"] - by_code["eu"]}


def zone(code: str) -> Any:
    titles = {"eu": _("European Union"), "world": _("World")}
    return Like(code=code, title=titles[code])


def zone_of(country: str) -> Any:
    return next((zone(code) for code, countries in zones().items() if country in countries), None)


def parts(home: str) -> list[Part]:
    found = []
    for place, (code, countries) in enumerate(zones().items()):
        entries = [Entry(country, is_home=country == home) for country in countries]
        found.append(
            Part(zone(code), sorted(entries, key=lambda each: each.words), tiles.look_of(place), is_wider=place > 0)
        )
    return found


def world(line: Any, *, typed: str = "", found: tuple[str, ...] = (), is_near: bool = False) -> dict[str, Any]:
    home = line.country if line else ""
    shown = parts(home)
    looks = {entry.country: part.look for part in shown for entry in part.entries}
    return {
        "place": "plans",
        "line": line,
        "typed": typed,
        "plan": None,
        "parts": shown,
        "tiles": tiles.picture(looks, home=home),
        "map_size": (tiles.WIDTH, tiles.HEIGHT),
        "count_words": countries_in_words(len(looks)),
        "nowhere": [Entry(code).words for code in sorted(names.countries() - looks.keys())],
        "found": [Entry(code, next(iter(names.own_names(code)), None), zone_of(code)) for code in found],
        "is_near": is_near,
    }


def of_plan(line: Any) -> dict[str, Any]:
    """Only some of it is covered."""
    context = world(line)
    some = context["parts"][:1]
    looks = {entry.country: part.look for part in some for entry in part.entries}
    return context | {
        "plan": Like(code="month-15", title="Month 15"),
        "parts": some,
        "tiles": tiles.picture(looks, home=line.country),
        "count_words": countries_in_words(len(looks)),
    }


def country(line: Any, code: str, zone_code: str, **more: Any) -> dict[str, Any]:
    rates = [
        RateShown(Unit.DATA, Money(900, "EUR"), _("per GB")),
        RateShown(Unit.VOICE, Money(39, "EUR"), _("per minute")),
        RateShown(Unit.TEXTS, Money(19, "EUR"), _("per text")),
    ]
    facts: dict[str, Any] = {
        "place": "plans",
        "line": line,
        "name": Entry(code).words,
        "own_names": names.own_names(code),
        "is_home": bool(line) and line.country == code,
        "zone": zone(zone_code) if zone_code else None,
        "own": own() if line else [],
        "running": Like(plan=Like(title="Month 40")) if line else None,
        "rates": rates if zone_code == "world" else [],
        "beyond_says": _("No plan runs on your number: use is paid from your credit, and stops when it is spent."),
        "plans": [
            choice("Month 40", 2500, cap=_("%(amount)s of the data outside your home country") % {"amount": "39 GB"}),
            choice("Kraftfahrzeughaftpflichtversicherungspaket 30", 7900),
        ],
        "add_ons": [choice("World 2", 990)],
        "sold_count": 14,
        "working_count": 3,
    }
    return facts | more


def own() -> list[Like]:
    said = [
        ("data", 10 * GIGABYTE, True, _("%(amount)s of it can be used here") % {"amount": "9 GB"}),
        ("voice", None, True, _("works here")),
        ("texts", 18, False, _("does not work here")),
    ]
    return [
        Like(bucket=Like(title=Unit(unit).label.capitalize(), unit=unit, remaining=left), works=works, says=says)
        for unit, left, works, says in said
    ]


def choice(title: str, price: int, *, cap: str = "") -> Like:
    amounts = [Like(unit="data", amount=40 * GIGABYTE), Like(unit="voice", amount=None), Like(unit="texts", amount=500)]
    plan = Like(code="month-40", title=title, price_minor=price, currency="EUR")
    return Like(plan=plan, amounts=amounts, cap=cap, validity=_("for a month"))


def pages(line: Any, nobody: Any) -> dict[str, tuple[Any, ...]]:
    all_of_it, one = "plans/world/world.html", "plans/world/country.html"
    return {
        "world": (all_of_it, lambda: world(None), nobody),
        "world-near": (all_of_it, lambda: world(line, typed="austrlia", found=("AT", "AU", "RU"), is_near=True)),
        "world-not-found": (all_of_it, lambda: world(line, typed="zzzz" * 15)),
        "world-plan": (all_of_it, lambda: of_plan(line)),
        "country": (one, lambda: country(line, "TR", "world")),
        "country-home": (one, lambda: country(line, "DE", "eu", own=[])),
        "country-open": (one, lambda: country(None, "BE", "world", own=[]), nobody),
        "country-nothing": (one, lambda: country(line, "RU", "", plans=[], add_ons=[])),
    }
