"""The register of personal data knows every table, and the copy and the page for people keep to it."""

from pathlib import Path

import pytest
from django.apps import apps

from accounts.models import Subscriber
from portal.my_data import copy
from portal.my_data.register import NOBODYS, REGISTER

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"


def test_every_table_is_in_the_register_and_nothing_else() -> None:
    labels = {model._meta.label for model in apps.get_models() if not model._meta.proxy}
    assert labels - set(REGISTER) == set(), "say in portal/my_data/register.py what a copy and an erasure do with these"
    assert set(REGISTER) - labels == set()


def test_what_points_to_a_person_is_of_somebody() -> None:
    for model in apps.get_models():
        if any(field.related_model is Subscriber for field in model._meta.get_fields() if field.concrete):
            assert REGISTER[model._meta.label].after != NOBODYS, model._meta.label


@pytest.mark.django_db
def test_the_copy_holds_the_tables_that_the_register_names() -> None:
    person = Subscriber.objects.create_user(email="nobody@example.com", password="x")
    tables = [table.name for table in copy.tables(person)]
    assert len(tables) == len(set(tables))
    assert set(tables) == {name for held in REGISTER.values() for name in held.copied}


def test_the_page_for_people_says_the_same() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for label, held in REGISTER.items():
        if held.after != NOBODYS:
            assert f"| `{label}` | {', '.join(held.copied) or '–'} | {held.after} |" in page, label
