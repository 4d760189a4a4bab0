"""Where it works, as people get it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lib import clock, wording
from plans import periods
from plans.models import Allowance, Plan, ZoneCountry
from plans.summary import freeze_summary
from plans.world import names, tiles
from tests.counting import statements_of


@pytest.fixture
def signed_in(client, line):
    client.force_login(line.ownerships.get().subscriber)
    return client


@pytest.fixture
def month_40(line, plan_of):
    return periods.begin(line=line, plan=plan_of("month-40"), now=clock.now(), origin="order:1")


def world(client: Client, **query: str) -> Any:
    response = client.get(reverse("world"), query)
    assert response.status_code == 200
    return response


def country(client: Client, code: str) -> Any:
    response = client.get(reverse("world_country", args=[code]))
    assert response.status_code == 200
    return response


def says(response: Any) -> dict[str, str]:
    """What is said of each allowance, by unit."""
    return {each.bucket.unit: each.says for each in response.context["own"]}


def test_everybody_sees_the_countries_by_zone_and_how_many(client, catalogue):
    response = world(client)

    assert [(part.zone.code, len(part.entries)) for part in response.context["parts"]] == [("eu", 32), ("world", 80)]
    assert "You can use your number in 112 countries" in response.text
    assert "80 more countries" in response.text
    assert "Russia" in response.context["nowhere"]


def test_names_are_sorted_as_they_are_read_without_accents(client, catalogue):
    words = [entry.words for entry in world(client).context["parts"][1].entries]

    assert words.index("Côte d’Ivoire") == words.index("Costa Rica") + 1


def test_every_country_of_the_file_is_in_the_picture_and_none_twice(catalogue):
    drawn = [place[0] for place in tiles.places()]

    assert set(ZoneCountry.objects.values_list("country", flat=True)) <= set(drawn) <= names.countries()
    assert len(drawn) == len(set(drawn))


def test_the_picture_draws_each_zone_in_its_own_way(client, catalogue):
    looks = {tile.country: tile.look for tile in world(client).context["tiles"]}

    assert (looks["DE"], looks["TR"], looks["RU"]) == ("near", "far", "nowhere")


def test_a_search_for_one_country_leads_to_its_page(client, catalogue):
    assert client.get(reverse("world"), {"q": "turkei"}).url == "/world/tr/"
    assert client.get(reverse("world"), {"q": "德国"}).url == "/world/de/"


def test_a_slip_is_answered_with_what_may_be_meant(client, catalogue):
    response = world(client, q="germny")

    assert "No country is called “germny”. Did you mean one of these?" in response.text
    assert response.context["found"][0].words == "Germany"
    assert "Deutschland" in response.text


def test_nothing_found_is_said_and_what_was_typed_is_kept_as_text(client, catalogue):
    response = world(client, q="<b>zzzzzz")

    assert "No country is called “&lt;b&gt;zzzzzz”" in response.text
    assert "<b>zzzzzz" not in response.text


@pytest.mark.parametrize("typed", ["\x00", "%00", "月" * 300, "'--", " "])
def test_nonsense_is_answered_with_the_page(client, catalogue, typed):
    world(client, q=typed, plan=typed)


def test_a_plan_shows_where_it_works(client, catalogue):
    response = world(client, plan="month-15")

    assert "Month 15 works in 32 countries." in response.text
    assert [part.zone.code for part in response.context["parts"]] == ["eu"]
    assert "Türkiye" in response.context["nowhere"]


def test_plan_page_country_page_and_contract_summary_say_the_same_of_every_plan_and_country(client, catalogue):
    now = clock.now()
    found = {code: country(client, code).context for code in sorted(names.countries())}
    for plan in Plan.objects.on_sale(now).select_related("zone"):
        shown = {entry.country for part in world(client, plan=plan.code).context["parts"] for entry in part.entries}
        by_country = {
            code
            for code, context in found.items()
            if plan.code in {choice.plan.code for choice in context["plans"] + context["add_ons"]}
        }
        summary = freeze_summary(plan, "en", now=now)
        of_list = next(
            offer
            for offer in client.get(reverse("plan_list"), {"show": plan.length}).context["offers"]
            if offer.plan == plan
        )

        assert shown == by_country
        assert summary["countries"] == sorted(wording.country_in_words(code) for code in shown)
        assert of_list.works_in == f"{len(shown)} countries"


def test_what_use_costs_there_is_the_rate_of_the_cheapest_zone(client, catalogue):
    prices = {code: [str(rate.price) for rate in country(client, code).context["rates"]] for code in ("fr", "tr", "ru")}

    assert prices == {"fr": ["€2.50", "€0.09", "€0.09"], "tr": ["€9.00", "€0.39", "€0.19"], "ru": []}


def test_where_nothing_works_the_page_says_so_plainly(client, catalogue):
    response = country(client, "ru")

    assert "Nothing works in Russia" in response.text
    assert "€" not in response.text


@pytest.mark.parametrize("code", ["zz", "eu", "xx", "deu", "d"])
def test_what_is_no_country_is_not_found(client, catalogue, code):
    assert client.get(f"/world/{code}/").status_code == 404


def test_abroad_an_allowance_says_how_much_of_it_may_be_used_there(signed_in, month_40):
    Allowance.objects.filter(unit="data").update(used=30 * 10**9, used_abroad=30 * 10**9)

    assert says(country(signed_in, "fr")) == {
        "data": "9\N{NO-BREAK SPACE}GB of it can be used here",
        "voice": "works here",
        "texts": "works here",
    }
    assert says(country(signed_in, "de"))["data"] == "works here"
    assert says(country(signed_in, "tr"))["data"] == "does not work here"


def test_a_limit_that_is_reached_is_said_though_something_is_left_at_home(signed_in, month_40):
    Allowance.objects.filter(unit="data").update(used=39 * 10**9, used_abroad=39 * 10**9)

    assert says(country(signed_in, "fr"))["data"] == "what may be used outside your home country is used up"
    assert says(country(signed_in, "de"))["data"] == "works here"


def test_what_is_over_frozen_or_somebody_elses_is_not_counted(signed_in, month_40):
    Allowance.objects.filter(unit="data").update(frozen_at=clock.now())
    Allowance.objects.filter(unit="voice").update(
        starts_at=clock.now() - timedelta(days=2), expires_at=clock.now() - timedelta(days=1)
    )

    assert list(says(country(signed_in, "de"))) == ["texts"]
    assert country(Client(), "de").context["own"] == []


def test_home_is_called_home(signed_in, line):
    assert "Your home country" in country(signed_in, "de").text
    assert "Your home country" not in country(signed_in, "fr").text


def test_credit_is_told_as_it_will_be_taken(signed_in, line, plan_of):
    assert "No plan runs on your number" in country(signed_in, "tr").text

    periods.begin(line=line, plan=plan_of("month-15"), now=clock.now(), origin="order:1")
    assert "While Month 15 runs nothing is taken from your credit" in country(signed_in, "tr").text

    line.credit_use_off_at = clock.now()
    line.save()
    assert "You keep your credit" in country(signed_in, "tr").text


def test_a_plan_that_goes_on_from_credit_does_so_abroad(signed_in, line, plan_of):
    periods.begin(line=line, plan=plan_of("month-flex-2"), now=clock.now(), origin="order:1")

    assert "is paid from your credit beside Flex 2" in country(signed_in, "tr").text


def test_pages_speak_chinese_and_tell_the_countrys_own_name(catalogue):
    client = Client(headers={"accept-language": "zh-hans"})

    assert "土耳其" in country(client, "tr").text
    assert "Türkiye" in country(client, "tr").text
    assert "德国" in world(client).text


def test_more_allowances_plans_and_countries_take_no_more_statements(signed_in, line, plan_of, month_40):
    before = [len(statements_of(signed_in, path)) for path in ("/world/", "/world/fr/", "/world/tr/")]
    periods.add_on(line=line, plan=plan_of("world-2"), now=clock.now(), origin="order:2")
    after = [len(statements_of(signed_in, path)) for path in ("/world/", "/world/fr/", "/world/tr/")]

    assert after == before
    assert max(after) <= 12


def test_the_pages_stay_small(client, catalogue):
    assert len(world(client).content) < 100_000


@pytest.mark.parametrize("path", ["/world/", "/world/de/"])
def test_the_pages_take_no_post(client, catalogue, path):
    assert client.post(path).status_code == 405
