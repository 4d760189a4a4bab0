"""A country is found however it is called and, nearly, however it is spelled."""

import pytest
from django.utils import translation

from lib import spelling, wording
from plans.world import finding, names


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("Turkey", "TR"),
        ("turkei", "TR"),
        ("TÜRKEI", "TR"),
        ("Türkiye", "TR"),
        ("  germany ", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("德国", "DE"),
        ("日本", "JP"),
        ("Ελλαδα", "GR"),
        ("УКРАЇНА", "UA"),
        ("Cote d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("osterreich", "AT"),
        ("USA", "US"),
        ("uk", "GB"),
        ("England", "GB"),
        ("Holland", "NL"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("macau", "MO"),
        ("Czech Republic", "CZ"),
    ],
)
def test_a_name_in_any_language_and_a_code_mean_their_country(typed, country):
    found = finding.find(typed)

    assert found.countries[0] == country
    assert not found.is_near


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("germny", "DE"),
        ("Grmany", "DE"),
        ("tuerkei", "TR"),
        ("swizerland", "CH"),
        ("phillipines", "PH"),
        ("portugl", "PT"),
        ("sweeden", "SE"),
        ("japna", "JP"),
        ("belgum", "BE"),
    ],
)
def test_a_slip_or_two_still_lead_there_but_are_said(typed, country):
    found = finding.find(typed)

    assert country in found.countries[:3]
    assert found.is_near


@pytest.mark.parametrize(("typed", "countries"), [("korea", {"KP", "KR"}), ("united", {"AE", "GB", "US"})])
def test_what_may_mean_several_leaves_the_choice(typed, countries):
    found = finding.find(typed)

    assert set(found.countries) == countries
    assert not found.is_sure


def test_who_is_called_so_stands_before_who_only_begins_so():
    assert finding.find("niger").countries == ["NE", "NG"]


@pytest.mark.parametrize("typed", ["", "   ", "zzzzzzzz", "x", "\x00", "%", "?!", "月" * 300, "q" * 9999, "<script>"])
def test_nonsense_finds_nothing_and_breaks_nothing(typed):
    assert finding.find(typed).countries == []


def test_a_chinese_reader_finds_by_the_first_character():
    with translation.override("zh-hans"):
        assert finding.find("德").countries[0] == "DE"


def test_every_country_finds_itself_by_its_name_here_and_by_its_own():
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for country in names.countries():
                for name in [wording.country_in_words(country), *(own.text for own in names.own_names(country))]:
                    assert country in finding.find(name).countries, (language, country, name)


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("kitten", "sitting", 3),
        ("germny", "germany", 1),
    ],
)
def test_slips_are_counted(one, other, steps):
    assert spelling.distance(one, other) == spelling.distance(other, one) == steps


@pytest.mark.parametrize(
    ("country", "own"), [("DE", "Deutschland"), ("JP", "日本"), ("AT", "Österreich"), ("GR", "Ελλάδα")]
)
def test_a_country_is_told_by_its_own_name_too(country, own):
    assert own in [name.text for name in names.own_names(country)]


def test_nobody_is_told_a_name_twice():
    assert names.own_names("GB") == []
    with translation.override("zh-hans"):
        assert names.own_names("CN") == []
        assert [name.text for name in names.own_names("GB")] == ["United Kingdom"]


def test_the_names_of_all_languages_do_not_stay_in_memory_with_all_else_of_them():
    from babel import localedata

    finding.find("anything")

    assert len(localedata._cache) < 20
