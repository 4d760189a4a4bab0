"""The contract summary: complete, in the reader's language, and the same for ever once it is frozen."""

import json

import pytest

from plans.models import Plan
from plans.summary import freeze_summary
from tests.plans.conftest import NOON


def test_it_holds_what_the_law_asks_for(catalogue, plan_of):
    frozen = freeze_summary(plan_of("month-40"), "en", now=NOON)

    assert frozen["title"] == "Month 40"
    assert frozen["grants"] == [
        {"words": "Data", "unit": "data", "amount": 40 * 10**9},
        {"words": "Minutes", "unit": "voice", "amount": None},
        {"words": "Texts", "unit": "texts", "amount": 500},
    ]
    assert frozen["notes"] == ["Of the data, up to 39\N{NO-BREAK SPACE}GB can be used outside your home country."]
    assert frozen["works_in"] == "European Union (32 countries)"
    assert len(frozen["countries"]) == 32
    assert "Germany" in frozen["countries"]
    assert frozen["speed"].startswith("Estimated maximum: 300 Mbit/s down, 50 Mbit/s up.")
    assert "nothing is charged by itself" in frozen["speed"]
    assert (frozen["price_minor"], frozen["currency"]) == (2500, "EUR")
    assert frozen["duration"] == "1 month from the start, to the same time of day in the time zone of your number."


@pytest.mark.parametrize(
    ("code", "duration"),
    [
        ("days-7", "7 × 24 hours from the start."),
        ("quarter-45", "3 months from the start, to the same time of day in the time zone of your number."),
        ("more-5", "From the moment it is applied until the running plan ends."),
    ],
)
def test_it_says_how_long_it_runs(catalogue, plan_of, code, duration):
    assert freeze_summary(plan_of(code), "en", now=NOON)["duration"] == duration


def test_it_is_frozen_as_json_and_no_later_change_reaches_it(catalogue, plan_of):
    plan = plan_of("month-15")
    frozen = json.loads(json.dumps(freeze_summary(plan, "en", now=NOON)))
    Plan.objects.filter(pk=plan.pk).update(price_minor=9900, name={"en": "Other"})

    assert (frozen["title"], frozen["price_minor"], frozen["language"]) == ("Month 15", 1500, "en")


def test_it_is_in_the_language_asked_for_whatever_is_active(catalogue, plan_of):
    frozen = freeze_summary(plan_of("month-15"), "zh-hans", now=NOON)

    assert frozen["title"] == "包月 15 GB"
    assert "德国" in frozen["countries"]
    assert frozen["works_in"].startswith("欧盟")


def test_a_plan_that_goes_on_from_credit_says_at_what_rates(catalogue, plan_of):
    frozen = freeze_summary(plan_of("month-flex-2"), "en", now=NOON)

    assert [(rate["words"], rate["price_minor"], rate["each"]) for rate in frozen["beyond"]] == [
        ("Data", 250, "per GB"),
        ("Minutes", 9, "per minute"),
        ("Texts", 9, "per text"),
    ]
    assert "paid from your credit" in frozen["speed"]
    assert freeze_summary(plan_of("month-15"), "en", now=NOON)["beyond"] == []
