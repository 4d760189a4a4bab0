"""Vouchers at the desk: finance makes, hands out, activates and unblocks; agents look and block; viewers look."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.by_voucher import voucher_codes, voucher_sheet
from billing.models import LedgerEntry, Voucher, VoucherBatch, VoucherState
from lib import clock
from lib.models import Audit
from plans.models import Plan
from tests.admin.desk import signed_in, staff
from tests.admin.test_in_a_browser import WAYS, context_of, judged
from tests.billing.ordering import load_reference_data
from tests.billing.printing import activate, active, make, printed, row
from tests.counting import statements_of

pytestmark = pytest.mark.django_db
LIST = "/admin/billing/voucherbatch/"
MAKE = f"{LIST}make/"


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def fina() -> Client:
    return signed_in(staff("Fina", group="finance"))


@pytest.fixture
def sam() -> Client:
    return signed_in(staff("Sam"))


@pytest.fixture
def vera() -> Client:
    return signed_in(staff("Vera", group="viewer"))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def asked(**changes: Any) -> dict[str, Any]:
    form = {
        "form_token": str(uuid.uuid4()),
        "name": "Kiosk, autumn",
        "nature": "sold",
        "plan": "",
        "amount": "10.00",
        "currency": "EUR",
        "count": "12",
        "last_day": "2030-12-31",
    }
    return form | changes


def now_batch(**fields: Any) -> VoucherBatch:
    return make(now=clock.now(), **fields)


def page_of(batch: VoucherBatch) -> str:
    return f"{LIST}{batch.pk}/change/"


def act(client: Client, of: VoucherBatch | Voucher, name: str, reason: str = "because") -> Any:
    table = "voucherbatch" if isinstance(of, VoucherBatch) else "voucher"
    url = reverse(f"admin:billing_{table}_act", args=[of.pk, name])
    return client.post(url, {"reason": reason}, follow=True)


def hand_out(client: Client, batch: VoucherBatch) -> Any:
    return client.post(f"{LIST}{batch.pk}/hand-out/")


def deeds() -> list[str]:
    return list(Audit.objects.exclude(deed="viewed").order_by("id").values_list("deed", flat=True))


def test_finance_makes_hands_out_and_activates_a_batch_and_each_step_is_recorded(fina: Client) -> None:
    made = fina.post(MAKE, asked(), follow=True)
    batch = VoucherBatch.objects.get()
    assert "Its codes exist once you hand them out" in text(made)
    assert (batch.name, batch.amount_minor, batch.currency, batch.count) == ("Kiosk, autumn", 1000, "EUR", 12)
    assert batch.expires_at.isoformat() == "2030-12-31T23:00:00+00:00"
    sheet = hand_out(fina, batch)
    assert sheet.status_code == 200
    assert Voucher.objects.filter(batch=batch, state=VoucherState.CREATED).count() == 12
    fritz = signed_in(staff("Fritz", group="finance"))
    done = act(fritz, batch, "activate", "Kiosk Müller, invoice 2026-0117")
    assert "12 vouchers are active. €120.00 is booked as received at the bank." in text(done)
    assert deeds() == ["vouchers.made", "vouchers.handed_out", "vouchers.activated"]
    assert Audit.objects.get(deed="vouchers.activated").reason == "Kiosk Müller, invoice 2026-0117"


def test_whoever_took_the_codes_does_not_activate_them(fina: Client) -> None:
    batch = now_batch()
    hand_out(fina, batch)
    assert "somebody else of finance has to activate it" in text(fina.get(page_of(batch)))
    assert "somebody else of finance has to activate it" in text(act(fina, batch, "activate"))
    batch.refresh_from_db()
    assert batch.activated_at is None
    assert not Voucher.objects.filter(state=VoucherState.ACTIVE).exists()
    assert deeds() == ["vouchers.made", "vouchers.handed_out"]


def test_the_codes_come_once_as_a_file_that_no_cache_keeps_and_a_second_try_gets_none(fina: Client) -> None:
    fina.post(MAKE, asked())
    batch = VoucherBatch.objects.get()
    page = text(fina.get(f"{LIST}{batch.pk}/hand-out/"))
    assert "This is done once" in page
    assert "block the whole batch and make another one" in page
    assert not Voucher.objects.exists()
    answer = hand_out(fina, batch)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="vouchers-{batch.series}.csv"'
    assert "no-store" in answer["Cache-Control"]
    assert int(answer["Content-Length"]) == len(answer.content)
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heading == ["serial", "code", "worth", "redeemable until"]
    assert len(rows) == 12
    for serial, code, worth, until in rows:
        kept = Voucher.objects.get(serial=serial)
        assert bytes(kept.code_hash) == voucher_codes.hashed(voucher_codes.read(code))
        assert worth == "€10.00"
        assert until == "2030-12-31"
    again = fina.post(f"{LIST}{batch.pk}/hand-out/", follow=True)
    assert "The codes were handed out before" in text(again)
    assert rows[0][1] not in text(again)
    assert Voucher.objects.count() == 12


def test_no_page_of_the_desk_shows_a_code_or_its_hash(fina: Client) -> None:
    voucher = active(now=clock.now())[0]
    kept = row(voucher)
    for path in (LIST, page_of(kept.batch), "/admin/billing/voucher/", f"/admin/billing/voucher/{kept.pk}/change/"):
        page = text(fina.get(path))
        assert voucher.code not in page
        assert voucher_codes.printed(voucher.code) not in page
        assert bytes(kept.code_hash).hex() not in page


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_would_begin_a_formula_is_text(start: str) -> None:
    assert voucher_sheet.cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert voucher_sheet.cell("€10.00") == "€10.00"


def test_a_plan_s_name_in_the_file_is_no_formula(fina: Client) -> None:
    Plan.objects.filter(code="month-15").update(name={"en": '=HYPERLINK("http://evil")'})
    answer = hand_out(fina, now_batch(plan="month-15", count=1))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][2] == '\'=HYPERLINK("http://evil")'


def test_a_plan_voucher_is_worth_the_plan_s_price(fina: Client) -> None:
    plan = Plan.objects.get(code="month-15")
    fina.post(MAKE, asked(plan=str(plan.pk), amount="", nature="promotion"))
    batch = VoucherBatch.objects.get()
    assert (batch.plan, batch.amount_minor, batch.nature) == (plan, 1500, "promotion")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": ""}, "Choose a plan, or enter what one voucher is worth."),
        ({"amount": "0"}, "greater than or equal"),
        ({"amount": "-5"}, "greater than or equal"),
        ({"amount": "1e3x"}, "Enter a number"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "10.005"}, "no smaller parts"),
        ({"amount": "9" * 40}, "less than or equal"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"currency": ""}, "Choose the currency."),
        ({"count": "0"}, "greater than or equal"),
        ({"count": "10001"}, "less than or equal"),
        ({"count": "ten"}, "Enter a whole number"),
        ({"last_day": "2020-01-01"}, "Choose a day that is not over."),
        ({"last_day": "soon"}, "Enter a valid date"),
        ({"nature": "stolen"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 81}, "at most 80"),
        ({"plan": "999999"}, "Select a valid choice"),
        ({"form_token": "1"}, "Make vouchers"),
    ],
)
def test_a_form_that_cannot_be_taken_says_so_and_makes_nothing(
    fina: Client, changes: dict[str, Any], words: str
) -> None:
    answer = fina.post(MAKE, asked(**changes))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not VoucherBatch.objects.exists()


def test_a_plan_and_a_sum_at_once_are_refused_and_a_second_click_makes_no_second_batch(fina: Client) -> None:
    plan = Plan.objects.get(code="month-15")
    assert fina.post(MAKE, asked(plan=str(plan.pk))).status_code == 422
    form = asked()
    for _click in range(2):
        assert fina.post(MAKE, form).status_code == 302
    assert VoucherBatch.objects.count() == 1


def test_an_agent_blocks_one_by_its_serial_and_finance_unblocks_it(sam: Client, fina: Client) -> None:
    voucher = active(now=clock.now())[0]
    found = sam.post("/admin/search/", {"q": voucher.serial.lower().replace("-", " ")})
    assert found["Location"] == f"/admin/billing/voucher/{row(voucher).pk}/change/"
    assert "1 voucher is blocked." in text(act(sam, row(voucher), "block", "scratched off in the shop"))
    assert row(voucher).state == VoucherState.BLOCKED
    assert act(sam, row(voucher), "unblock").status_code == 403
    assert row(voucher).state == VoucherState.BLOCKED
    assert "1 voucher is unblocked." in text(act(fina, row(voucher), "unblock"))
    assert row(voucher).state == VoucherState.ACTIVE
    history = text(fina.get(f"/admin/billing/voucher/{row(voucher).pk}/history/"))
    assert "scratched off in the shop" in history
    assert "unblocked vouchers" in history


def test_a_whole_batch_is_blocked_with_a_reason_and_without_one_nothing_happens(sam: Client) -> None:
    active(now=clock.now(), count=4)
    batch = VoucherBatch.objects.get()
    act(sam, batch, "block", "  ")
    assert not Voucher.objects.filter(state=VoucherState.BLOCKED).exists()
    assert "4 vouchers are blocked." in text(act(sam, batch, "block", "carton stolen"))
    assert "This cannot be done any more" in text(act(sam, batch, "block", "carton stolen"))
    assert Audit.objects.filter(deed="vouchers.blocked").count() == 1


def test_the_batch_is_found_by_its_series(fina: Client) -> None:
    batch = now_batch()
    assert fina.post("/admin/search/", {"q": batch.series.lower()})["Location"] == page_of(batch)


def everything() -> list[Any]:
    tables = (VoucherBatch, Voucher, LedgerEntry)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("group", ["viewer", "agent"])
def test_only_finance_makes_hands_out_and_activates(group: str) -> None:
    client = signed_in(staff("Nell", group=group))
    batch, out = now_batch(), now_batch()
    printed(out, now=clock.now())
    before = (everything(), deeds())
    assert client.get(MAKE).status_code == client.post(MAKE, asked()).status_code == 403
    assert client.get(f"{LIST}{batch.pk}/hand-out/").status_code == hand_out(client, batch).status_code == 403
    assert act(client, out, "activate").status_code == 403
    assert (everything(), deeds()) == before
    assert "Make vouchers" not in text(client.get(LIST))
    pages = text(client.get(page_of(batch))) + text(client.get(page_of(out)))
    for step in ("/hand-out/", "/act/activate/"):
        assert step not in pages


def test_a_viewer_blocks_nothing(vera: Client) -> None:
    voucher = active(now=clock.now())[0]
    before = everything()
    assert act(vera, row(voucher), "block").status_code == 403
    assert act(vera, row(voucher).batch, "block").status_code == 403
    assert everything() == before
    assert "Block" not in text(vera.get(f"/admin/billing/voucher/{row(voucher).pk}/change/")).partition("<main")[2]


def test_nobody_from_outside_gets_near_the_codes() -> None:
    batch = now_batch()
    for client in (Client(), signed_in(staff("Sam", group="finance"), with_factor=False)):
        for path in (MAKE, f"{LIST}{batch.pk}/hand-out/"):
            assert client.get(path).status_code == client.post(path).status_code == 302
    assert not Voucher.objects.exists()


def test_the_page_draws_how_a_batch_stands_and_the_list_does_too(fina: Client) -> None:
    rows = active(now=clock.now(), count=4)
    act(fina, row(rows[0]), "block")
    batch = VoucherBatch.objects.get()
    page = text(fina.get(page_of(batch)))
    assert page.count("<rect") >= 2
    assert 'width="75.00"' in page
    assert "3 active, 1 blocked" in text(fina.get(LIST))


def test_steps_that_are_not_to_be_taken_are_not_offered(fina: Client) -> None:
    batch = now_batch()
    assert "/act/activate/" not in text(fina.get(page_of(batch)))
    assert "This cannot be done any more" in text(act(fina, batch, "activate"))
    printed(batch, now=clock.now())
    assert "/hand-out/" not in text(fina.get(page_of(batch)))
    activate(batch, now=clock.now())
    assert "This cannot be done any more" in text(act(fina, batch, "activate"))
    assert LedgerEntry.objects.filter(kind="voucher_sold").count() == 1


def test_nothing_changes_by_looking(fina: Client) -> None:
    active(now=clock.now())
    batch, fresh = VoucherBatch.objects.get(), now_batch()
    before = everything()
    for path in (LIST, MAKE, page_of(batch), f"{LIST}{fresh.pk}/hand-out/", "/admin/billing/voucher/"):
        assert fina.get(path).status_code == 200
    for name in ("activate", "block", "unblock"):
        assert fina.get(reverse("admin:billing_voucherbatch_act", args=[batch.pk, name])).status_code == 405
    assert everything() == before


def test_names_with_markup_are_shown_as_they_are_typed(fina: Client) -> None:
    batch = now_batch(name="<img src=x onerror=alert(1)>")
    for path in (LIST, page_of(batch), f"{LIST}{batch.pk}/hand-out/", "/admin/billing/voucher/"):
        assert "<img src=x" not in text(fina.get(path))


@pytest.mark.parametrize("path", [LIST, "/admin/billing/voucher/"])
def test_a_list_costs_the_same_with_many_rows(fina: Client, path: str) -> None:
    active(now=clock.now(), count=2)
    few = len(statements_of(fina, path))
    for _number in range(8):
        active(now=clock.now(), count=6)
    assert len(statements_of(fina, path)) == few <= 25


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_are_accessible_fit_and_keep_to_the_policy(live_server, browser, width: int, scheme: str) -> None:
    load_reference_data()
    rows = active(now=clock.now(), count=40, name="Kiosk Müller, Herbstaktion mit einem langen Namen")
    fina = staff("Fina", group="finance")
    client = signed_in(fina)
    for number, voucher in enumerate(rows[:6]):
        act(client, row(voucher), "block", f"scratched off {number}")
    batch, fresh = VoucherBatch.objects.get(), now_batch(plan="month-15", nature="promotion")
    paths = {"list": LIST, "batch": page_of(batch), "fresh": page_of(fresh), "make": MAKE}
    paths |= {
        "hand-out": f"{LIST}{fresh.pk}/hand-out/",
        "vouchers": f"/admin/billing/voucher/?batch__id__exact={batch.pk}",
    }
    paths |= {"voucher": f"/admin/billing/voucher/{row(rows[0]).pk}/change/"}
    context = context_of(browser, client, live_server.url, width, scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    wrong: dict[str, object] = {}
    for name, path in paths.items():
        answer = page.goto(live_server.url + path)
        assert answer
        assert answer.status == 200, name
        if said:
            wrong[f"{name} said"] = [*said]
        if faults := judged(page, f"voucher-{name}"):
            wrong[name] = faults
        said.clear()  # axe itself applies styles
    context.close()
    assert wrong == {}
