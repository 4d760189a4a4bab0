"""The plan list: comparable at a glance, in whole and honest figures."""

from datetime import timedelta

from django.utils import translation

from plans.comparison import Offer, offers, side_by_side
from plans.models import Length, Plan
from tests.plans.conftest import NOON


def listed(length: Length) -> dict[str, Offer]:
    return {offer.plan.code: offer for offer in offers(length=length, currency="EUR", now=NOON)}


def test_each_length_has_its_plans_in_the_catalogues_order(catalogue, django_assert_num_queries):
    with django_assert_num_queries(3):
        months = offers(length=Length.MONTH, currency="EUR", now=NOON)
        assert [offer.lead.amount for offer in months if offer.lead] == [
            2 * 10**9,
            5 * 10**9,
            15 * 10**9,
            40 * 10**9,
            10 * 10**9,
        ]

    assert list(listed(Length.DAY)) == ["day-1", "days-7", "day-world-1"]
    assert list(listed(Length.MONTH)) == ["month-flex-2", "month-5", "month-15", "month-40", "month-world-10"]
    assert list(listed(Length.QUARTER)) == ["quarter-15", "quarter-45", "quarter-120", "quarter-world-30"]
    assert list(listed(Length.ADD_ON)) == ["more-5", "world-2"]


def test_price_per_gigabyte_and_per_day_are_rounded_to_the_cent(catalogue):
    figures = {
        code: (offer.per_gb_minor, offer.per_day_minor) for length in Length for code, offer in listed(length).items()
    }

    assert figures["month-15"] == (100, 50)
    assert figures["quarter-45"] == (87, 43)
    assert figures["days-7"] == (125, 71)
    assert figures["month-40"] == (63, 83)
    assert figures["more-5"] == (100, None)
    assert figures["world-2"] == (495, 141)


def test_the_saving_is_against_the_next_shorter_plan_of_the_family_and_never_rounded_up(catalogue):
    months, quarters, days = listed(Length.MONTH), listed(Length.QUARTER), listed(Length.DAY)

    assert months["month-15"].saving == "30 % a day against Week 4"
    assert quarters["quarter-45"].saving == "13 % a day against Month 15"
    assert months["month-40"].saving == days["day-1"].saving == ""
    assert listed(Length.ADD_ON)["world-2"].saving == ""


def test_a_plan_that_is_no_longer_sold_is_neither_listed_nor_compared_with(catalogue):
    Plan.objects.filter(code="days-7").update(on_sale_until=NOON)

    assert "days-7" not in listed(Length.DAY)
    assert listed(Length.MONTH)["month-15"].saving == ""
    assert offers(length=Length.MONTH, currency="USD", now=NOON) == []
    assert "days-7" in {offer.plan.code for offer in offers(length=Length.DAY, currency=None, now=NOON - timedelta(1))}


def test_validity_and_countries_in_words(catalogue):
    words = {code: (offer.validity, offer.works_in) for length in Length for code, offer in listed(length).items()}

    assert words["day-1"] == ("for a day", "32 countries")
    assert words["days-7"] == ("for 7 days", "32 countries")
    assert words["month-15"] == ("for a month", "32 countries")
    assert words["quarter-world-30"] == ("for 3 months", "112 countries")
    assert words["more-5"] == ("until your plan ends", "32 countries")


def test_side_by_side_has_a_cell_for_each_plan_and_a_dash_for_what_it_lacks(catalogue):
    add_ons = offers(length=Length.ADD_ON, currency="EUR", now=NOON)
    rows = {fact.words: [cell.value for cell in fact.cells] for fact in side_by_side(add_ons)}

    assert rows == {
        "Price": ["€5.00", "€9.90"],
        "Data": ["5\N{NO-BREAK SPACE}GB", "2\N{NO-BREAK SPACE}GB"],
        "per GB": ["€1.00", "€4.95"],
        "per day": ["–", "€1.41"],
        "Minutes": ["–", "60"],
        "Texts": ["–", "20"],
        "Works in": ["32 countries", "112 countries"],
        "Runs": ["until your plan ends", "for 7 days"],
    }


def test_unlimited_minutes_are_said(catalogue):
    months = offers(length=Length.MONTH, currency="EUR", now=NOON)
    (minutes,) = (fact for fact in side_by_side(months) if fact.words == "Minutes")

    assert [cell.value for cell in minutes.cells] == ["100", "200", "500", "Unlimited", "150"]


def test_names_are_the_readers(catalogue):
    with translation.override("zh-hans"):
        assert listed(Length.MONTH)["month-15"].plan.title == "包月 15 GB"
