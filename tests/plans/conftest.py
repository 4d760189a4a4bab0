"""Fixtures of the plans' tests. Django is set up after this file is read, so models are imported where they are used."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.plans.oracle import on

if TYPE_CHECKING:
    from accounts.models import Line
    from plans.models import Plan

#: An ordinary day: Friday, far from every change of clocks.
NOON = on("2026-05-15 12:00", "Europe/Berlin")


def load_the_catalogue() -> None:
    from django.conf import settings

    from plans import catalogue as files
    from plans import loading

    entries = files.read(files.DATA, languages=frozenset(code for code, _name in settings.LANGUAGES))
    loading.load(entries, now=NOON)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page in another language leaves that language behind; no test hears of it."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def catalogue(db: None) -> None:
    """The reviewed catalogue, as `manage.py load_catalogue` stores it."""
    load_the_catalogue()


@pytest.fixture
def line(catalogue: None) -> "Line":
    """Anna's line."""
    from tests import cast

    return cast.anna().lines.get()


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def plan_of(catalogue: None) -> "Callable[[str], Plan]":
    from plans.models import Plan

    return lambda code: Plan.objects.select_related("zone").get(code=code)
