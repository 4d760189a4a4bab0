"""What every rendered page keeps to, found without a browser."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, override_settings

from tests.look.pages import PAGES

#: HTML, style sheets and scripts of a first view, compressed
BUDGET = 60_000
#: the portal's own sheets; the admin's bend those of Django
SHEETS = [
    sheet for sheet in sorted((Path(__file__).parents[2] / "static/css").glob("*.css")) if "admin" not in sheet.name
]


@pytest.fixture(autouse=True)
def _sample_site():
    with override_settings(ROOT_URLCONF="tests.look.urls", MIDDLEWARE=[]):
        yield


def html_of(name: str) -> str:
    response = Client().get(f"/look/{name}/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_needs_an_exception_in_the_policy(name: str) -> None:
    html = html_of(name)
    assert re.findall(r'<[^>]*\s(?:style|on[a-z]+)="[^>]*>', html) == []
    assert re.findall(r"<style\b|<script(?![^>]*\bsrc=)[^>]*>", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', html) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_leaves_a_template_tag_or_an_id_twice(name: str) -> None:
    html = html_of(name)
    assert re.findall(r"\{[{%#]|<c-|>\s*None\s*<|\"None\"", html) == []
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("name", ["landing", "dashboard", "dashboard-low", "usage-period", "usage-records"])
def test_the_first_view_stays_within_its_weight(name: str) -> None:
    html = html_of(name)
    loaded = re.findall(r'(?:<link rel="stylesheet" href|<script src)="/static/([^"]+)"', html)
    assert len(loaded) > 10
    parts = [html.encode(), *(Path(str(finders.find(path))).read_bytes() for path in loaded)]
    assert sum(len(gzip.compress(part)) for part in parts) <= BUDGET


def test_the_error_page_needs_nothing_but_its_template() -> None:
    html = render_to_string("500.html")
    assert "do not pay again" in html


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheets_know_start_and_end_but_not_left_and_right(sheet: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    physical = r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)|left|right|top|bottom|width|height)\s*:"
    assert re.findall(physical, css) == []
    assert len(css.splitlines()) < 400
