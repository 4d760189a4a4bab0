"""Who must show who they are cannot buy before, and reads where to go; a file of the operator tells when it is done."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import IdentityCheck, Line, Subscriber
from lib.brand import brand
from portal.line_import.parsing import COLUMNS
from tests.billing.ordering import load_reference_data
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    person = anna()
    Line.objects.update(identity=IdentityCheck.MISSING)
    return person


@pytest.fixture
def site(owner: Subscriber) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def page(site: Client, path: str) -> str:
    return site.get(path, follow=True).content.decode()


@pytest.mark.parametrize("path", ["/home/", "/plans/month-15/order/", "/voucher/"])
def test_each_page_says_where_to_show_it(site: Client, path: str) -> None:
    assert brand().where_to_identify in page(site, path)


def test_while_it_is_checked_the_page_says_so(site: Client) -> None:
    Line.objects.update(identity=IdentityCheck.PENDING)
    assert "We are checking who you are." in page(site, "/home/")


def test_nothing_can_be_bought_until_a_file_says_that_it_is_done(site: Client, tmp_path: Path) -> None:
    assert "form_token" not in page(site, "/plans/month-15/order/")
    line = Line.objects.get()
    cells = dict.fromkeys((*COLUMNS, "identity"), "") | {
        "number": line.msisdn, "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR", "identity": "done",
    }  # fmt: skip
    stock = tmp_path / "checks.csv"
    stock.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n", encoding="utf-8")
    for _time in range(2):
        call_command("import_lines", str(stock))
    line.refresh_from_db()
    assert line.identity == IdentityCheck.DONE
    assert "form_token" in page(site, "/plans/month-15/order/")
