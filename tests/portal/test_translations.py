"""Every text in every language we offer; the compiled catalogues are those of the sources."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import to_locale

from deploy import catalogue

LOCALES = [to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
_HOLE = re.compile(r"%\(\w+\)[sd]|%[sd%]|<[^>]+>")
_TEMPLATES = catalogue.ROOT / "templates"
#: what stands between tags of a template once tags, comments and components' own markup are gone
_NAMES_ONLY = re.compile(r"{% block (?:main_class|bodyclass) %}.*?{% endblock %}")
_MARKUP = re.compile(
    r"{#.*?#}|{% comment %}.*?{% endcomment %}|{%.*?%}|{{.*?}}|<!--.*?-->|<(style|script)\b.*?</\1>|<[^>]*>|&\w+;",
    re.DOTALL,
)
_TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
#: the same in every language
_PROPER_NAMES = {"iPhone, iPad", "Android", "Windows", "APN", ".csv", ".json"}
_ATTRIBUTE = re.compile(r"\s(?:title|label|aria-label|placeholder|alt|aside|words)=\"([^\"{]*[A-Za-z]{2}[^\"{]*)\"")


def test_each_language_we_offer_has_its_catalogue_and_each_catalogue_is_offered() -> None:
    assert catalogue.languages() == sorted(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogue_holds_exactly_the_texts_of_the_portal(locale: str) -> None:
    kept = catalogue.read(locale)
    wanted = {(message.id, message.context) for message in catalogue.sources() if message.id}
    assert {(message.id, message.context) for message in kept if message.id} == wanted, "run script/messages"
    assert not [message.id for message in kept if message.fuzzy and message.id]


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_left_to_translate(locale: str) -> None:
    assert [message.id for message in catalogue.missing(catalogue.read(locale))] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_that_of_the_texts(locale: str) -> None:
    compiled = catalogue.po_of(locale).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.as_mo(catalogue.read(locale)), "run script/messages"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_fills_the_same_holes(locale: str) -> None:
    wrong = {}
    for message in catalogue.read(locale):
        if message.id:
            source = message.id[-1] if isinstance(message.id, tuple | list) else message.id
            for text in catalogue.strings_of(message):
                if Counter(_HOLE.findall(text)) != Counter(_HOLE.findall(source)):
                    wrong[source] = text
    assert wrong == {}


def test_chinese_is_set_with_chinese_punctuation() -> None:
    texts = [text for message in catalogue.read("zh_Hans") if message.id for text in catalogue.strings_of(message)]
    assert [text for text in texts if re.search(r"[\u4e00-\u9fff] ?[,.;:?!] ?([\u4e00-\u9fff]|$)", text)] == []


def pages() -> list[Path]:
    return sorted(
        path for path in _TEMPLATES.rglob("*.html") if "admin" not in path.parts and path.name != "gallery.html"
    )


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.relative_to(_TEMPLATES).as_posix())
def test_no_words_stand_in_a_page_untranslated(path: Path) -> None:
    source = _NAMES_ONLY.sub("", _TRANSLATED.sub("", path.read_text(encoding="utf-8")))
    bare = [text.strip() for text in _MARKUP.sub("\n", source).splitlines() if re.search(r"[A-Za-z]{2}", text)]
    assert set(bare) - _PROPER_NAMES == set()
    assert _ATTRIBUTE.findall(source) == []


def test_texts_are_found_wherever_a_call_stands_in_code() -> None:
    code = """
print(f"{a} ({_('%(time)s in %(city)s') % there})", gettext_lazy("one " "sentence"))
ngettext("%(count)s day", "%(count)s days", n); pgettext("a month", "May"); npgettext("c", "x", "xs", n); _(name); other("no")
"""
    assert list(catalogue.texts_of_code(code)) == [
        ("%(time)s in %(city)s", None),
        ("one sentence", None),
        (("%(count)s day", "%(count)s days"), None),
        ("May", "a month"),
        (("x", "xs"), "c"),
    ]


def test_texts_are_found_in_a_template_trimmed_counted_and_in_attributes() -> None:
    template = """{% load i18n %}<c-head title="{% trans "Orders" %}">{% blocktrans trimmed count n=days %}
        {{ n }} day
        left{% plural %}{{ n }} days left{% endblocktrans %}{% trans "May" context "a month" %}{{ _("Now") }}"""
    assert list(catalogue.texts_of(template, name="page.html")) == [
        ("Orders", None),
        (("%(n)s day left", "%(n)s days left"), None),
        ("May", "a month"),
        ("Now", None),
    ]
