"""Notices: told where and when staff have said, never after their end, in the reader's language, at no price."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import translation
from redis.exceptions import ConnectionError as RedisAway

from lib import clock
from lib.models import Audit
from support import notices
from support.models import Notice
from tests.admin.desk import signed_in, staff
from tests.billing.ordering import load_reference_data
from tests.cast import anna
from tests.counting import statements_of
from tests.support.asked import PAYLOAD, SAM

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def tell(kind: str = "outage", *, begin: timedelta = -HOUR, end: timedelta | None = None, **more: Any) -> Notice:
    now = clock.now()
    fields: dict[str, Any] = {
        "kind": kind,
        "texts": {"en": "Calls fail.", "zh-hans": "无法通话。"},
        "places": ["landing"],
        "from_at": now + begin,
        "until_at": None if end is None else now + end,
    }
    return notices.make(Notice(**fields | more), by=SAM, now=now)


def first_page() -> str:
    return str(Client().get("/").content.decode())


def test_an_outage_stands_where_it_is_meant_to_until_it_is_ended() -> None:
    assert "Calls fail." not in first_page()
    notice = tell()
    assert "Calls fail." in first_page()
    load_reference_data()
    assert "Calls fail." not in str(Client().get("/plans/").content.decode())
    assert "Calls fail." in str(Client().get("/help/").content.decode())
    notices.end(notice.pk, by=SAM, now=clock.now())
    notices.end(notice.pk, by=SAM, now=clock.now())
    assert "Calls fail." not in first_page()
    assert list(Audit.objects.order_by("pk").values_list("deed", flat=True)) == ["notice.made", "notice.ended"]


@pytest.mark.parametrize(
    ("kind", "begin", "end", "is_told"),
    [
        ("outage", HOUR, None, False),
        ("outage", -2 * HOUR, HOUR, True),
        ("works", 47 * HOUR, 48 * HOUR, True),
        ("works", 49 * HOUR, 50 * HOUR, False),
        ("works", -HOUR, HOUR, True),
    ],
)
def test_works_are_told_two_days_ahead_and_outages_from_their_beginning(
    kind: str, begin: timedelta, end: timedelta | None, is_told: bool
) -> None:
    tell(kind, begin=begin, end=end)
    assert ("Calls fail." in first_page()) is is_told


def test_what_is_over_is_not_told_however_old_the_cache_is() -> None:
    notice = tell(end=HOUR)
    assert "Calls fail." in first_page()
    kept = cache.get("support:notices")
    later = clock.now() + 2 * HOUR
    assert kept
    assert notices._standing(later) == []
    assert Notice.objects.get(pk=notice.pk).until_at


def test_a_reader_without_a_text_of_their_own_reads_english() -> None:
    now = clock.now()
    row = {"kind": "outage", "texts": {"en": "Calls fail."}, "places": [], "from_at": now, "until_at": None}
    with translation.override("zh-hans"):
        assert notices.told(row, now=now).text == "Calls fail."
        assert notices.told(row | {"texts": {"en": "x", "zh-hans": "无法通话。"}}, now=now).text == "无法通话。"


def test_home_asks_nothing_more_for_them() -> None:
    load_reference_data()
    client = Client()
    client.force_login(anna(), backend="django.contrib.auth.backends.ModelBackend")
    tell(places=["home"], texts={"en": PAYLOAD})
    client.get("/home/")
    assert "&lt;script&gt;" in str(client.get("/home/").content.decode())
    assert len(statements_of(client, "/home/")) <= 8


def test_without_a_cache_they_are_read_from_the_table(monkeypatch: Any) -> None:
    tell()

    def away(*_args: Any, **_more: Any) -> None:
        raise RedisAway

    monkeypatch.setattr(cache, "get", away)
    assert [row["kind"] for row in notices._standing(clock.now())] == ["outage"]


@pytest.mark.parametrize("change", [{"texts": {"zh-hans": "x"}}, {"kind": "works"}, {"until_at": "before"}])
def test_the_database_refuses_what_makes_no_sense(change: dict[str, Any]) -> None:
    if change.get("until_at"):
        change = {"until_at": clock.now() - 2 * HOUR}
    with pytest.raises(DatabaseError), transaction.atomic():
        tell(**change)


def test_staff_tell_of_one_at_the_desk_and_a_viewer_does_not() -> None:
    page = "/admin/support/notice/make/"
    assert signed_in(staff("Vera", group="viewer")).get(page).status_code == 403
    sam = signed_in(staff("Sam"))
    wrong = sam.post(page, {"kind": "works", "from_at": "2026-11-30 22:00", "places": ["plans"], "text_en": "x"})
    assert wrong.status_code == 422
    assert "Say until when the works go on." in str(wrong.content.decode())
    now = clock.now()
    fields = {
        "kind": "works",
        "from_at": f"{now + HOUR:%Y-%m-%d %H:%M}",
        "until_at": f"{now + 3 * HOUR:%Y-%m-%d %H:%M}",
        "places": ["landing", "orders"],
        "text_en": PAYLOAD,
        "text_zh-hans": "付款暂停。",
    }
    answer = sam.post(page, fields, follow=True)
    notice = Notice.objects.get()
    assert notice.texts == {"en": PAYLOAD, "zh-hans": "付款暂停。"}
    assert notice.places == ["landing", "orders"]
    assert "<script>alert" not in str(answer.content.decode())
    assert "&lt;script&gt;" in first_page()
