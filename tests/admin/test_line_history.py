"""A line's page: one list of everything that happened to it, whole, in order, masked, and at a fixed price."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from accounts.models import Line, LineOwnership, Subscriber
from billing.models import LedgerEntry, OrderEvent
from lib import clock
from lib.models import Audit
from notifications.models import Message
from portal.staff import line_history
from tests.admin.desk import message, rows, signed_in, staff
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay
from tests.cast import anna, emma
from tests.counting import statements_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return signed_in(staff("Sam"))


def page_of(line: Any, query: str = "") -> str:
    return reverse("admin:accounts_line_change", args=[line.pk]) + query


def all_of(line: Any, kind: str = "") -> list[line_history.Happened]:
    """Of all pages."""
    found: list[line_history.Happened] = []
    number = 1
    while True:
        page = line_history.history(line, kind=kind, page=str(number), now=clock.now())
        found += page.rows
        if not page.has_next:
            return found
        number += 1


def test_every_kind_of_moment_is_there_newest_first_and_once() -> None:
    table = rows()
    line = table[Line]
    Audit.objects.create(actor="staff:1", deed="viewed", subject=f"line:{line.pk}", line_id=line.pk)
    pay(order_top_up(Subscriber.objects.get(email="anna@example.com")))
    moments = all_of(line)
    assert [row.at for row in moments] == sorted((row.at for row in moments), reverse=True)
    there = {row.kind for row in moments}
    assert there == set(line_history.kinds()) - {"vouchers", "receipts"} | ({"receipts"} & there)
    ours = LedgerEntry.objects.filter(Q(order__line=line) | Q(source__line=line) | Q(target__line=line)).distinct()
    assert len([row for row in moments if row.kind == "money"]) == ours.count() > 3
    assert len([row for row in moments if row.kind == "orders"]) == OrderEvent.objects.count()


def test_each_kind_alone_adds_up_to_everything() -> None:
    line = rows()[Line]
    everything = all_of(line)
    by_kind = [row for kind in line_history.kinds() for row in all_of(line, kind)]
    assert len(by_kind) == len(everything) > 20
    assert {(row.kind, row.said, row.at) for row in by_kind} == {(row.kind, row.said, row.at) for row in everything}


def test_pages_follow_each_other_without_a_gap_or_a_double() -> None:
    line = anna().lines[0]
    for _number in range(130):
        give_credit(line, 1)
    keys = [(row.at, row.said.url) for row in all_of(line, "money")]
    assert len(keys) == len(set(keys)) == 130


def test_another_line_s_moments_are_not_among_them() -> None:
    load_reference_data()
    own, other = anna().lines[0], emma()
    give_credit(own, 5)
    pay(order_plan(other))
    give_credit(other.lines[0], 7)
    assert len(all_of(own, "money")) == 1
    assert all_of(own, "orders") == []
    assert {row.kind for row in all_of(own)} == {"money", "ownership"}


def test_what_lies_ahead_is_not_told_as_if_it_had_happened() -> None:
    load_reference_data()
    buyer = anna()
    pay(order_plan(buyer, now=clock.now()), now=clock.now())
    pay(order_plan(buyer, now=clock.now()), now=clock.now())
    titles = [row.said.title for row in all_of(buyer.lines[0], "plans")]
    assert sorted(titles) == ["Plan begun", "Plan granted", "Plan granted"]


def test_numbers_and_addresses_are_masked_and_actors_have_names(desk: Client) -> None:
    load_reference_data()
    buyer = anna()
    line = buyer.lines[0]
    pay(order_top_up(buyer, now=clock.now()), now=clock.now())
    sam = Subscriber.objects.get(name="Sam")
    Audit.objects.create(actor=f"staff:{sam.pk}", deed="checked_again", subject="line:1", line_id=line.pk)
    page = desk.get(page_of(line, "?what=messages")).content.decode()
    happened = page.partition('class="happened"')[2]
    assert "a•••@example.com" in happened
    assert "anna@example.com" not in happened
    assert "Sam" in desk.get(page_of(line, "?what=staff")).content.decode().partition('class="happened"')[2]


@pytest.mark.parametrize("query", ["?what=nothing", "?p=0", "?p=-1", "?p=x", "?p=99999999999", "?p=٣", "?what=%00"])
def test_what_is_asked_for_in_vain_shows_a_page_all_the_same(desk: Client, query: str) -> None:
    line = rows()[Line]
    assert desk.get(page_of(line, query)).status_code == 200


def filled(buyer: Subscriber, times: int) -> None:
    for _number in range(times):
        pay(order_plan(buyer, now=clock.now()), now=clock.now())
        message(subject=f"line:{buyer.lines[0].pk}")
        give_credit(buyer.lines[0], 100)


def test_the_page_costs_as_many_statements_with_hundreds_of_moments_as_with_few(desk: Client) -> None:
    load_reference_data()
    buyer = anna()
    filled(buyer, 3)
    few = len(statements_of(desk, page_of(buyer.lines[0])))
    filled(buyer, 25)
    many = len(statements_of(desk, page_of(buyer.lines[0])))
    assert Message.objects.count() > 100
    assert many <= few <= 50


def test_former_owners_are_on_the_list_and_each_moment_leads_somewhere(desk: Client) -> None:
    line = rows()[Line]
    line.refresh_from_db()
    LineOwnership.objects.filter(line=line.pk).update(until_at=clock.now() - timedelta(hours=1))
    moments = all_of(line)
    assert "Left its owner" in [row.said.title for row in moments]
    without = {row.said.title for row in moments if row.said.url is None}
    assert without <= {"SIM put in", f"State of the line: {line.get_state_display()}"}  # type: ignore[attr-defined]
    page = desk.get(page_of(line)).content.decode()
    for url in re.findall(r'class="what"><a href="([^"]+)"', page):
        assert desk.get(url).status_code == 200
