"""A month of the books: what it says, that it adds up, and that it says the same for ever."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Subscriber
from billing import books, held_money
from billing.books.month import Month, NoSuchMonth
from billing.books.tables import Cell
from billing.by_voucher import voucher_batches
from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import RefundFactState
from billing.models import LedgerAccount, Method, Order, ReviewItem, Start, Voucher, VoucherNature
from billing.paying import credit
from lib.money import Money
from plans.models import PlanPeriod
from tests.billing.booked import booked
from tests.billing.giving_back import answer, ask, dispute, use
from tests.billing.money import give_credit, use_beyond
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay
from tests.billing.planting import money_rows, plant
from tests.billing.printing import FINA, active, one
from tests.cast import anna, bao

pytestmark = pytest.mark.django_db(transaction=True)

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (10, 11, 12))


@pytest.fixture(autouse=True)
def reference_data(transactional_db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(transactional_db: None) -> Subscriber:
    return anna()


def buy(buyer: Subscriber, at: datetime, code: str = "month-15", minor: int | None = None) -> Order:
    """A plan paid by card and booked at that time."""
    with booked(at):
        order = order_plan(buyer, code, now=at)
        pay(order, minor, now=at)
    return order


def table(name: str, month: str = "2026-11") -> list[list[Cell]]:
    drawn = books.draw_up(Month.named(month))
    return [list(row) for each in drawn.tables if each.name == name for row in each.rows]


def accounts(month: str = "2026-11") -> dict[str, tuple[int, ...]]:
    """Account → opening, in, out, closing in minor units of EUR."""
    return {str(row[0]): minors(row[3:]) for row in table("accounts", month)}


def minors(cells: list[Cell]) -> tuple[int, ...]:
    return tuple(cell.minor for cell in cells if isinstance(cell, Money))


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("books", *arguments, stdout=out)
    return out.getvalue()


def test_a_month_opens_with_what_the_one_before_closed(buyer: Subscriber) -> None:
    buy(buyer, OCTOBER)
    buy(buyer, NOVEMBER)
    buy(bao(), NOVEMBER, "day-1")
    assert accounts("2026-10") == {
        "clearing": (0, 0, 1500, -1500),
        "held": (0, 1500, 1500, 0),
        "sales": (0, 1261, 0, 1261),
        "vat": (0, 239, 0, 239),
    }
    day = 1500 + Order.objects.get(plan__code="day-1").price_minor
    assert accounts()["clearing"] == (-1500, 0, day, -1500 - day)
    assert accounts("2026-12")["clearing"] == (-1500 - day, 0, 0, -1500 - day)
    assert books.draw_up(Month.named("2026-11")).wrong == []


def test_movements_are_told_by_kind_of_entry(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    with booked(NOVEMBER):
        ask(order, now=NOVEMBER, amount_minor=500, takes_back=False)
    assert [(*row[:4], *minors(row)) for row in table("movements") if row[0] == "vat"] == [
        ("vat", "EUR", "vat", 1, 239, 0),
        ("vat", "EUR", "vat_reversed", 1, 0, 80),
    ]


def test_vat_is_told_by_country_and_rate_and_is_what_the_account_moved_by(buyer: Subscriber) -> None:
    first, other = buy(buyer, NOVEMBER), bao()
    plant("UPDATE accounts_line SET country = 'FR' WHERE id = %s", other.lines[0].pk)
    buy(other, NOVEMBER)
    with booked(NOVEMBER):
        ask(first, now=NOVEMBER, amount_minor=500, takes_back=False)
    assert [(row[:5], minors(row)) for row in table("vat")] == [
        (["DE", "19.00", "EUR", 1, 1], (1261, 239, 420, 80, 841, 159)),
        (["FR", "20.00", "EUR", 1, 0], (1250, 250, 0, 0, 1250, 250)),
    ]
    assert accounts()["vat"] == (0, 489, 80, 409)
    assert books.draw_up(Month.named("2026-11")).wrong == []


def test_use_paid_from_credit_is_a_sale_with_its_vat(buyer: Subscriber) -> None:
    with booked(NOVEMBER):
        give_credit(buyer.lines[0], 1000)
        use_beyond(buyer.lines[0], 1_000_000_000, now=NOVEMBER)
        use_beyond(buyer.lines[0], 1_000_000_000, now=NOVEMBER)
    assert [(row[:5], minors(row)) for row in table("vat")] == [
        (["DE", "19.00", "EUR", 2, 0], (420, 80, 0, 0, 420, 80))
    ]
    assert accounts()["usage_sales"] == (0, 500, 80, 420)
    assert books.draw_up(Month.named("2026-11")).wrong == []


def test_vat_taken_back_later_belongs_to_the_later_month(buyer: Subscriber) -> None:
    order = buy(buyer, OCTOBER)
    with booked(NOVEMBER):
        ask(order, now=NOVEMBER, amount_minor=1500)
    assert [minors(row) for row in table("vat", "2026-10")] == [(1261, 239, 0, 0, 1261, 239)]
    assert [minors(row) for row in table("vat")] == [(0, 0, 1261, 239, -1261, -239)]


def test_vat_of_many_small_parts_is_counted_once_each(buyer: Subscriber) -> None:
    """Some parts of a cent are all VAT, some all net."""
    order = buy(buyer, NOVEMBER)
    with booked(NOVEMBER):
        for _part in range(6):
            ask(order, now=NOVEMBER, amount_minor=1, takes_back=False)
    assert minors(table("vat")[0]) == (1261, 239, 5, 1, 1256, 238)
    assert books.draw_up(Month.named("2026-11")).wrong == []


def test_open_sums_name_their_order_and_their_age(buyer: Subscriber) -> None:
    with booked(OCTOBER):
        held = order_plan(buyer, now=OCTOBER)
        pay(held, 2000, now=OCTOBER)
    order = buy(buyer, NOVEMBER)
    with booked(NOVEMBER):
        ask(order, now=NOVEMBER, amount_minor=300, takes_back=False)
        dispute(held.payments.get(), DisputeFactState.OPEN, now=NOVEMBER, minor=700)
    assert [(*row[:5], *minors(row)) for row in table("open")] == [
        ("disputed", held.reference, "2026-11-10", 21, "EUR", -700),
        ("held", held.reference, "2026-10-10", 52, "EUR", 500),
        ("refunds_due", order.reference, "2026-11-10", 21, "EUR", 300),
    ]
    assert ["held", "EUR", 1, 52, Money(500, "EUR")] in table("open_totals")


def test_an_open_sum_is_as_old_as_its_last_beginning(buyer: Subscriber) -> None:
    """What was held in October was given back; what is held now came in November."""
    with booked(OCTOBER):
        order = order_plan(buyer, now=OCTOBER)
        pay(order, 2000, now=OCTOBER)
        held_money.give_back(ReviewItem.objects.get(), actor="test", now=OCTOBER)
    with booked(NOVEMBER):
        pay(order, 900, now=NOVEMBER)
    assert [(row[0], row[2], *minors(row)) for row in table("open")] == [
        ("held", "2026-11-10", 900),
        ("refunds_due", "2026-10-10", 500),
    ]


def test_credit_owed_is_told_by_part_with_its_lines(buyer: Subscriber) -> None:
    with booked(NOVEMBER):
        give_credit(buyer.lines[0], 1000)
        give_credit(bao().lines[0], 500, bonus=True)
        top_up = order_top_up(buyer, 1000, now=NOVEMBER)
        pay(top_up, now=NOVEMBER)
        order = order_plan(buyer, method=Method.CREDIT, now=NOVEMBER)
        credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOVEMBER)
        dispute(top_up.payments.get(), DisputeFactState.LOST, now=NOVEMBER)
    assert [(row[0], row[3], *minors(row)) for row in table("credit")] == [
        ("credit_bonus", 1, 500),
        ("credit_paid", 0, 0),
        ("shortfall", 1, -500),
    ]


def test_vouchers_are_told_by_nature_and_only_what_was_sold_is_owed() -> None:
    with booked(NOVEMBER):
        active(now=NOVEMBER, count=3)
        active(now=NOVEMBER, count=4, nature=VoucherNature.PROMOTION, name="Spring")
        given = Voucher.objects.filter(batch__nature="promotion").select_related("batch").first()
        assert given
        voucher_batches.block(given.batch.pk, serial=given.serial, reason="lost", by=FINA, now=NOVEMBER)
    assert [(row[0], row[2], row[5], *minors(row)) for row in table("vouchers")] == [
        ("sold", "Kiosk, autumn", 3, 1000, 3000),
        ("promotion", "Spring", 3, 1000, 3000),
    ]
    assert accounts()["vouchers"] == (0, 3000, 0, 3000)
    with booked(DECEMBER):
        voucher_batches.unblock(given.batch.pk, serial=given.serial, reason="found", by=FINA, now=DECEMBER)
        voucher_batches.block(given.batch.pk, reason="over", by=FINA, now=DECEMBER)
    assert [row[5] for row in table("vouchers")] == [3, 3]
    assert [row[5] for row in table("vouchers", "2026-12")] == [3]


def test_a_running_period_is_deferred_by_time_and_a_queued_one_whole(buyer: Subscriber) -> None:
    buy(buyer, NOVEMBER)
    buy(buyer, NOVEMBER)
    first, second = PlanPeriod.objects.order_by("starts_at")
    over = datetime(2026, 12, 1, tzinfo=UTC)
    served = int(1261 * (first.ends_at - over) / (first.ends_at - first.starts_at))
    assert second.starts_at == first.ends_at
    assert [(*row[:4], *minors(row)) for row in table("unserved")] == [
        ("month-15", "DE", "EUR", 2, 2522, served + 1261)
    ]
    assert table("unserved", "2027-01") == []


def test_a_period_taken_back_is_served_and_one_taken_back_later_was_not_yet(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    before = table("unserved")
    with booked(DECEMBER):
        ask(order, now=DECEMBER - timedelta(days=8), amount_minor=1000)
    assert table("unserved") == before
    assert table("unserved", "2026-12") == []


def story(buyer: Subscriber, at: datetime) -> None:
    """Everything that changes what was sold before: a cut, a withdrawal, a refund that fails, a loss, used vouchers."""
    with booked(at):
        renewed = order_plan(buyer, "month-5", start=Start.NOW, now=at)
        pay(renewed, now=at)
        use(buyer, "data", 0.5)
        queued = Order.objects.filter(plan__code="month-15").latest("placed_at")
        refund = ask(queued, now=at).refunds.get()
        answer(refund, RefundFactState.SUCCEEDED, now=at)
        answer(refund, RefundFactState.FAILED, now=at)
        dispute(renewed.payments.get(), DisputeFactState.LOST, now=at)
        give_credit(buyer.lines[0], 700)
        one(now=at)


def test_a_closed_month_says_the_same_for_ever(buyer: Subscriber) -> None:
    for at in (OCTOBER, NOVEMBER, NOVEMBER + timedelta(days=15)):
        buy(buyer, at)
    with booked(NOVEMBER):
        active(now=NOVEMBER, count=2)
        held = order_plan(buyer, now=NOVEMBER)
        pay(held, 2000, now=NOVEMBER)
    before = [(each.name, each.rows) for each in books.draw_up(Month.named("2026-11")).tables]
    story(buyer, DECEMBER)
    assert [(each.name, each.rows) for each in books.draw_up(Month.named("2026-11")).tables] == before
    for month in ("2026-10", "2026-11", "2026-12"):
        assert books.draw_up(Month.named(month)).wrong == []


def test_reading_the_books_changes_nothing(buyer: Subscriber) -> None:
    buy(buyer, NOVEMBER)
    before = money_rows()
    printed("2026-11")
    assert money_rows() == before


def test_a_month_is_the_operators_own(buyer: Subscriber, settings: Settings) -> None:
    settings.BOOKS_TIME_ZONE = "Asia/Shanghai"
    buy(buyer, datetime(2026, 10, 31, 16, tzinfo=UTC))
    assert accounts()["sales"] == (0, 1261, 0, 1261)
    assert accounts("2026-10") == {}
    month = Month.named("2026-12")
    assert month.ends_at == datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "26-11", "2026-1", "november", "2026-11-01", "２０２６-11"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(NoSuchMonth):
        Month.named(name)
    with pytest.raises(CommandError, match="is no month"):
        call_command("books", name)


def test_the_command_prints_tables_and_says_that_a_running_month_will_change(buyer: Subscriber) -> None:
    buy(buyer, NOVEMBER)
    told = printed("2026-11")
    assert "clearing" in told
    assert "-15.00" in told
    assert "DE       19.00" in told
    assert "will still change" not in printed("2026-10")
    assert "will still change" in printed("2099-12")


def test_files_hold_every_table_and_no_formula(buyer: Subscriber, tmp_path: Path) -> None:
    buy(buyer, NOVEMBER)
    with booked(NOVEMBER):
        active(now=NOVEMBER, name="=cmd|' /C calc'!A0")
        pay(order_plan(buyer, now=NOVEMBER), 2000, now=NOVEMBER)
    printed("2026-11", "--csv", str(tmp_path / "out"))
    files = {path.name: list(csv.reader(path.open(encoding="utf-8"))) for path in (tmp_path / "out").iterdir()}
    assert set(files) == {
        f"2026-11-{name}.csv"
        for name in ("accounts", "movements", "credit", "vat", "open_totals", "open", "vouchers", "unserved", "checks")
    }
    assert ["clearing", "at the gateway", "EUR", "0.00", "0.00", "35.00", "-35.00"] in files["2026-11-accounts.csv"]
    assert files["2026-11-vouchers.csv"][1][2] == "'=cmd|' /C calc'!A0"
    assert {row[0] for row in files["2026-11-checks.csv"][1:]} == {"yes"}


def wrong(month: str = "2026-11") -> set[str]:
    """The command ends with an error that names what does not add up."""
    with pytest.raises(CommandError) as ended:
        printed(month)
    assert ended.value.returncode == 1
    named = {check.name for check in books.draw_up(Month.named(month)).wrong}
    assert all(name in str(ended.value) for name in named)
    return named


def test_a_changed_stored_balance_does_not_add_up(buyer: Subscriber) -> None:
    with booked(NOVEMBER):
        pot = give_credit(buyer.lines[0], 1000)
        other = give_credit(bao().lines[0], 1000)
    plant("UPDATE billing_ledgeraccount SET balance_minor = balance_minor + 1 WHERE id = %s", pot.pk)
    plant("UPDATE billing_ledgeraccount SET balance_minor = balance_minor - 1 WHERE id = %s", other.pk)
    assert wrong() == {"credit_paid: what is stored today is what was booked, line by line"}


def test_a_vat_entry_that_was_changed_does_not_add_up(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    plant("UPDATE billing_ledgerentry SET amount_minor = 240 WHERE order_id = %s AND kind = 'vat'", order.pk)
    assert wrong() == {"VAT by country and rate is what the VAT account moved by"}


def test_a_deleted_sale_does_not_add_up(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    plant("DELETE FROM billing_ledgerentry WHERE order_id = %s AND kind = 'sale'", order.pk)
    assert wrong() == {"VAT by country and rate is what the VAT account moved by"}


def test_an_entry_in_another_currency_than_its_account_does_not_add_up(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    pot = LedgerAccount.objects.create(kind="sales", currency="USD")
    plant("UPDATE billing_ledgerentry SET currency = 'USD' WHERE order_id = %s AND kind = 'vat'", order.pk)
    assert pot.currency == "USD"
    assert "VAT by country and rate is what the VAT account moved by" in wrong()


def test_money_held_for_nobody_does_not_add_up(buyer: Subscriber) -> None:
    order = buy(buyer, NOVEMBER)
    plant("UPDATE billing_ledgerentry SET order_id = NULL WHERE order_id = %s AND kind = 'payment'", order.pk)
    assert "held: every sum is for somebody" in wrong()


def test_vouchers_of_no_batch_do_not_add_up() -> None:
    with booked(NOVEMBER):
        active(now=NOVEMBER)
    plant("UPDATE billing_ledgerentry SET key = 'voucher_batch:nobody:sold' WHERE kind = 'voucher_sold'")
    assert wrong() == {"vouchers: batch by batch makes the account"}
