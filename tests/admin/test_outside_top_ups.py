"""Outside top-ups at the desk: found by the seller's reference, with the sums of each day and source above the list."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Line
from network.models import ExternalTopUp
from network.top_ups import reversals, taking
from network.top_ups.saying import ReversalSaid, TopUpSaid
from tests.admin.desk import NOW, signed_in, staff
from tests.billing.ordering import load_reference_data
from tests.cast import anna

pytestmark = pytest.mark.django_db
LIST = "/admin/network/externaltopup/"


@pytest.fixture
def line(db: None) -> Line:
    load_reference_data()
    return anna().lines[0]


def sell(reference: str, line: Line, *, minor: int = 1000, source: str = "kiosks", days_ago: int = 0) -> ExternalTopUp:
    said = TopUpSaid(
        reference=reference, msisdn=line.msisdn, amount_minor=minor, currency="EUR", plan="",
        paid_at=NOW - timedelta(days=days_ago), place="Kiosk 12", till="2",
    )  # fmt: skip
    return taking.take(said, source=source, now=NOW).top_up


def sums(answer: Any) -> list[tuple[Any, ...]]:
    return [(row.day.day, row.source, row.count, row.collected.minor, row.back.minor) for row in answer.context["days"]]


def test_the_list_sums_what_each_source_collected_and_took_back_on_each_day(line: Line) -> None:
    sell("K-1", line)
    sell("K-2", line, minor=2000)
    sell("K-3", line, minor=500, days_ago=1)
    sell("U-1", line, minor=700, source="ussd")
    reversals.take_back(ReversalSaid(reference="B-1", top_up="K-2"), source="kiosks", now=NOW)
    desk = signed_in(staff("Vera", group="viewer"))
    assert sums(desk.get(LIST)) == [(23, "kiosks", 2, 3000, 2000), (23, "ussd", 1, 700, 0), (22, "kiosks", 1, 500, 0)]
    assert sums(desk.get(LIST + "?source=ussd")) == [(23, "ussd", 1, 700, 0)]
    assert "€30.00" in desk.get(LIST).content.decode()


def test_a_day_is_a_day_of_the_books(line: Line, settings: Any) -> None:
    settings.BOOKS_TIME_ZONE = "Pacific/Auckland"  # noon in UTC is one in the morning of the next day there
    sell("K-1", line)
    assert sums(signed_in(staff("Vera", group="viewer")).get(LIST))[0][0] == 24


def test_its_page_says_what_was_told_and_taken_back_and_no_whole_number(line: Line) -> None:
    top_up = sell("K-1", line)
    reversals.take_back(ReversalSaid(reference="B-1", top_up="K-1"), source="kiosks", now=NOW)
    shown = (
        signed_in(staff("Sam")).get(reverse("admin:network_externaltopup_change", args=[top_up.pk])).content.decode()
    )
    for words in ("K-1", "B-1", "Kiosk 12", "kiosks", top_up.order.reference, "taken back"):
        assert words in shown
    assert line.msisdn not in shown


def test_it_is_found_by_what_the_seller_calls_it(line: Line) -> None:
    top_up = sell("K12-000481", line)
    answer = signed_in(staff("Sam")).post("/admin/search/", {"q": "K12-000481"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:network_externaltopup_change", args=[top_up.pk])


def test_the_line_s_history_names_the_seller(line: Line) -> None:
    sell("K-1", line)
    shown = signed_in(staff("Sam")).get(reverse("admin:accounts_line_change", args=[line.pk])).content.decode()
    assert "Paid at a top-up point" in shown
    assert "Seller kiosks" in shown
