"""Every look and every act leaves one row that nobody can change."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Line, Subscriber
from lib import clock
from lib.models import Alarm, Audit
from plans.models import Plan
from tests.admin.desk import alarm_row, rows, signed_in, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam() -> Subscriber:
    return staff("Sam")


@pytest.fixture
def desk(sam: Subscriber) -> Client:
    return signed_in(sam)


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def deeds() -> list[tuple[str, str, str]]:
    return list(Audit.objects.order_by("id").values_list("actor", "deed", "subject"))


def test_opening_a_line_s_page_is_recorded_once_an_hour_for_each_of_the_staff(desk: Client, sam: Subscriber) -> None:
    line = rows()[Line]
    Audit.objects.filter(deed="viewed").exists()
    before = Audit.objects.count()
    for _look in range(3):
        assert desk.get(page_of(line)).status_code == 200
    signed_in(staff("Vera", group="viewer")).get(page_of(line))
    looks = deeds()[before:]
    assert [(actor == f"staff:{sam.pk}", deed, subject) for actor, deed, subject in looks] == [
        (True, "viewed", f"line:{line.pk}"),
        (False, "viewed", f"line:{line.pk}"),
    ]
    assert Audit.objects.latest("id").line_id == line.pk


def test_after_an_hour_a_look_counts_again(desk: Client) -> None:
    line = rows()[Line]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lib_audit (at, actor, deed, subject, detail, reason, address) VALUES (%s, %s, 'viewed', %s, '{}', '', '')",
            [
                clock.real_now() - timedelta(minutes=61),
                f"staff:{Subscriber.objects.get(name='Sam').pk}",
                f"line:{line.pk}",
            ],
        )
    desk.get(page_of(line))
    assert Audit.objects.filter(subject=f"line:{line.pk}").count() == 2


def test_each_page_about_a_person_is_recorded_and_none_about_the_catalogue(desk: Client) -> None:
    table = rows()
    for model, row in table.items():
        before = Audit.objects.count()
        assert desk.get(page_of(row)).status_code == 200
        is_recorded = Audit.objects.count() == before + 1
        impersonal = {
            "Plan",
            "Zone",
            "VatRate",
            "Alarm",
            "Audit",
            "WebhookEvent",
            "GatewayMove",
            "VoucherBatch",
            "UsageFile",
            "Notice",
        }
        assert is_recorded is (model.__name__ not in impersonal), model.__name__


def test_lists_and_refused_pages_leave_no_row(sam: Subscriber) -> None:
    line = rows()[Line]
    sam.groups.clear()
    nobody = signed_in(sam)
    before = Audit.objects.count()
    assert nobody.get(page_of(line)).status_code == 403
    assert nobody.get("/admin/accounts/line/").status_code == 403
    assert Client().get(page_of(line)).status_code == 302
    assert Audit.objects.count() == before


def test_marking_alarms_leaves_a_row_for_each_that_was_new(desk: Client, sam: Subscriber) -> None:
    first, second = alarm_row(), alarm_row()
    seen = reverse("admin:lib_alarm_act", args=[first.pk, "seen"])
    assert desk.get(seen).status_code == 405
    desk.post(seen)
    desk.post(seen)
    body = {"action": "mark_seen", "_selected_action": [first.pk, second.pk]}
    desk.post("/admin/lib/alarm/", body)
    assert not Alarm.objects.filter(seen_at=None).exists()
    assert deeds() == [(f"staff:{sam.pk}", "alarm.seen", f"alarm:{alarm.pk}") for alarm in (first, second)]


def test_the_history_of_a_row_shows_who_did_what_and_why(desk: Client, sam: Subscriber) -> None:
    table = rows()
    line = table[Line]
    desk.get(page_of(line))
    Audit.objects.create(actor="staff:0", deed="adjustment.asked", subject=f"line:{line.pk}", reason="Came late.")
    page = desk.get(reverse("admin:accounts_line_history", args=[line.pk])).content.decode()
    for words in ("Sam", "looked at it", "asked for an adjustment", "Came late.", "127.0.0.1"):
        assert words in page, words


def test_nobody_changes_a_row_not_even_the_database_s_owner(desk: Client) -> None:
    row = Audit.objects.create(actor="staff:1", deed="viewed", subject="line:1")
    for change in (lambda: Audit.objects.update(deed="x"), lambda: Audit.objects.all().delete(), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Audit.objects.get().deed == "viewed"
    root = signed_in(staff("Root", is_superuser=True))
    assert root.post(page_of(row), {"deed": "x"}).status_code == 403
    assert root.post(reverse("admin:lib_audit_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_list_of_acts_costs_the_same_with_many_rows(desk: Client) -> None:
    from tests.counting import statements_of

    for number in range(3):
        Audit.objects.create(actor=f"staff:{number}", deed="viewed", subject="line:1")
    few = len(statements_of(desk, "/admin/lib/audit/"))
    for number in range(30):
        Audit.objects.create(actor=f"staff:{number}", deed="viewed", subject="line:1")
    assert len(statements_of(desk, "/admin/lib/audit/")) == few


def test_the_plan_a_line_runs_on_is_no_personal_page(desk: Client) -> None:
    plan = rows()[Plan]
    desk.get(page_of(plan))
    assert not Audit.objects.filter(subject__startswith="plan:").exists()
