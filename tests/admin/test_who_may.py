"""Each table of the desk × who asks × list, add, change, delete: only staff with a second factor see, and nobody changes money."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Subscriber
from lib.models import Alarm
from portal.admin_site import SHOWN
from tests.admin.desk import rows, signed_in, staff
from tests.cast import emma

pytestmark = pytest.mark.django_db

ASKS = ("list", "add", "change", "history", "delete")


def who() -> dict[str, Callable[[], Client]]:
    return {
        "anonymous": Client,
        "subscriber": lambda: signed_in(emma()),
        "staff without a second factor": lambda: signed_in(staff("Sam", has_factor=False), with_factor=False),
        "staff whose session has not given it": lambda: signed_in(staff("Sam"), with_factor=False),
        "staff in no group": lambda: signed_in(without_group()),
        "viewer": lambda: signed_in(staff("Vera", group="viewer")),
        "agent": lambda: signed_in(staff("Sam")),
        "finance": lambda: signed_in(staff("Finn", group="finance")),
        "superuser": lambda: signed_in(staff("Root", is_superuser=True)),
    }


def without_group() -> Subscriber:
    person = staff("Nell")
    person.groups.clear()
    return person


SEES = {"list": 200, "add": 403, "change": 200, "history": 200, "delete": 403}
OUT = dict.fromkeys(ASKS, 302)
EXPECTED = {
    "anonymous": OUT,
    "subscriber": OUT,
    "staff without a second factor": OUT,
    "staff whose session has not given it": OUT,
    "staff in no group": dict.fromkeys(ASKS, 403),
    "viewer": SEES,
    "agent": SEES,
    "finance": SEES,
    "superuser": SEES,
}


def url(row: models.Model, ask: str) -> str:
    table = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    if ask in {"list", "add"}:
        return reverse(f"{table}_{'changelist' if ask == 'list' else 'add'}")
    return reverse(f"{table}_{ask}", args=(row.pk,))


def test_the_desk_shows_our_tables_and_no_library_s() -> None:
    shown: dict[str, set[str]] = {}
    for model in admin.site._registry:
        shown.setdefault(model._meta.app_label, set()).add(model.__name__)
    assert shown == {app: set(names) for app, names in SHOWN.items()}


@pytest.mark.parametrize("person", EXPECTED)
def test_who_sees_what(person: str) -> None:
    table = rows()
    assert set(table) == set(admin.site._registry)
    client = who()[person]()
    for row in table.values():
        found = {ask: client.get(url(row, ask)).status_code for ask in ASKS}
        assert found == EXPECTED[person], type(row).__name__


@pytest.mark.parametrize("person", EXPECTED)
def test_a_raw_post_changes_nothing(person: str) -> None:
    table = rows()
    client = who()[person]()
    for model, row in table.items():
        before = everything(model)
        for ask in ("add", "change", "delete", "list"):
            body = {"post": "yes", "action": "delete_selected", "_selected_action": [row.pk], "_save": "Save"}
            for field in model._meta.concrete_fields:
                body.setdefault(field.name, "1")
            answer = client.post(url(row, ask), body)
            may_try = person == "superuser" and model is Subscriber and ask == "change"
            is_list = ask == "list" and EXPECTED[person]["list"] == 200
            assert answer.status_code in ({200, 302} if may_try or is_list else {302, 403}), (model.__name__, ask)
            if model is not Subscriber or person != "superuser":
                assert everything(model) == before, (model.__name__, ask)


def everything(model: type[models.Model]) -> list[dict[str, object]]:
    return list(model._default_manager.order_by("pk").values())


def test_nobody_may_add_change_or_delete_by_permission_either() -> None:
    table = rows()
    request = RequestFactory().get("/admin/")
    request.user = staff("Root", is_superuser=True)
    for model in table:
        desk = admin.site.get_model_admin(model)
        assert not desk.has_add_permission(request)
        assert not desk.has_delete_permission(request)
        assert desk.has_change_permission(request) is (model is Subscriber)
        assert set(dict(desk.get_actions(request))) == ({"mark_seen"} if model is Alarm else set())
