"""An operator's stock: loaded once, whatever is in the file, and adding up."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineState, Sim
from billing import ledger
from billing.models import LedgerEntry
from lib import clock
from plans.models import Allowance, PlanPeriod
from portal.line_import.parsing import COLUMNS
from tests.billing.ordering import load_reference_data
from tests.counting import statements
from tests.stack.invariants import broken

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = (NOW - timedelta(days=10)).isoformat(), (NOW + timedelta(days=20)).isoformat()
NUMBER = "+4917604069021"


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_reference_data()


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    return tmp_path / "stock.csv"


def row(**changes: str) -> str:
    cells = dict.fromkeys(COLUMNS, "") | {
        "number": NUMBER,
        "iccid": "8949000000000000021",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
    }
    return ",".join((cells | changes).values())


def write(path: Path, *rows: str, ending: str = "\n", start: str = "", encoding: str = "utf-8") -> None:
    path.write_bytes((start + ending.join([",".join(COLUMNS), *rows]) + ending).encode(encoding))


def run(path: Path, *options: str) -> tuple[str, str, str]:
    """(totals, complaints, the closing sentence when it ended with 1)."""
    out, err, closing = io.StringIO(), io.StringIO(), ""
    try:
        call_command("import_lines", str(path), *options, stdout=out, stderr=err)
    except CommandError as error:
        closing = str(error)
    return out.getvalue(), err.getvalue(), closing


def total(report: str, name: str) -> int:
    (found,) = [line for line in report.splitlines() if line.strip().startswith(name)]
    return int(found.split()[-1].replace(",", ""))


FULL = {
    "state": "active", "credit_paid_minor": "1234", "credit_bonus_minor": "500", "plan": "month-15", "starts_at": START,
    "ends_at": END, "data_left_bytes": "6400000000", "texts_left_count": "18", "language": "zh-hans",
}  # fmt: skip


def test_a_line_arrives_with_sim_credit_state_plan_and_what_is_left(stock: Path) -> None:
    write(stock, row(**FULL))
    report, complaints, closing = run(stock)
    assert (complaints, closing) == ("", "")
    line = Line.objects.get()
    assert (line.msisdn, line.state, line.language) == (NUMBER, LineState.ACTIVE, "zh-hans")
    assert Sim.objects.get().line == line
    paid, bonus = ledger.credit_of(line)
    assert (paid.minor, bonus.minor) == (1234, 500)
    period = PlanPeriod.objects.get()
    assert (period.starts_at.isoformat(), period.ends_at.isoformat()) == (START, END)
    left = {allowance.unit: (allowance.granted or 0) - allowance.used for allowance in Allowance.objects.all()}
    assert left == {"data": 6_400_000_000, "voice": 30_000, "texts": 18}
    assert total(report, "credit paid, minor units of EUR") == 1234
    assert total(report, "left, data_left_bytes") == 6_400_000_000
    assert broken() == {}


def test_a_dry_run_says_the_same_totals_and_keeps_nothing(stock: Path) -> None:
    write(stock, row(**FULL), row(number="+4917604069022", iccid="", credit_paid_minor="77"))
    tried, _complaints, _closing = run(stock, "--dry-run")
    assert not Line.objects.exists()
    assert not LedgerEntry.objects.exists()
    done, _complaints, _closing = run(stock)
    assert tried.splitlines()[1:] == done.splitlines()[1:]


def test_the_same_file_again_changes_nothing(stock: Path) -> None:
    write(stock, row(**FULL))
    run(stock)
    report, complaints, closing = run(stock)
    assert (complaints, closing) == ("", "")
    assert (total(report, "new"), total(report, "there already")) == (0, 1)
    assert LedgerEntry.objects.count() == 2
    assert PlanPeriod.objects.count() == Line.objects.count() == 1


def test_a_line_that_is_there_with_other_facts_is_refused_and_left_as_it_is(stock: Path) -> None:
    write(stock, row(**FULL))
    run(stock)
    write(stock, row(**FULL | {"credit_paid_minor": "999999", "time_zone": "Asia/Shanghai"}))
    _report, complaints, closing = run(stock)
    assert "line 2: number: is there already, with another time zone, opening credit" in complaints
    assert "1 rows were refused" in closing
    assert ledger.credit_of(Line.objects.get())[0].minor == 1234


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": ""}, "number: is no phone number"),
        ({"number": "12"}, "number: is no phone number"),
        ({"number": "=cmd|'/c calc'!A0"}, "number: is no phone number"),
        ({"iccid": "123"}, "iccid: must be 18 to 20 digits"),
        ({"iccid": "٨٩49000000000000021"}, "iccid: must be 18 to 20 digits"),
        ({"country": "Germany"}, "country: must be two letters"),
        ({"country": "QQ"}, "country: must be two letters"),
        ({"time_zone": "Mars/Base"}, "time_zone: must be a name"),
        ({"currency": "eur"}, "currency: must be three letters"),
        ({"currency": "XQX"}, "currency: must be three letters"),
        ({"language": "xx"}, "language: must be a language"),
        ({"state": "gone"}, "state: must be one of"),
        ({"state": "released"}, "state: must be one of"),
        ({"credit_paid_minor": "1e9"}, "credit_paid_minor: must be a whole number"),
        ({"credit_paid_minor": "-1"}, "credit_paid_minor: must be a whole number"),
        ({"credit_paid_minor": "NaN"}, "credit_paid_minor: must be a whole number"),
        ({"credit_paid_minor": "12.50"}, "credit_paid_minor: must be a whole number"),
        ({"credit_paid_minor": "٥٠٠"}, "credit_paid_minor: must be a whole number"),
        ({"credit_paid_minor": "9" * 30}, "credit_paid_minor: must be a whole number"),
        ({**FULL, "plan": "no-plan"}, "plan: no-plan is no plan"),
        ({**FULL, "plan": "more-5"}, "plan: more-5 is no plan"),
        ({**FULL, "currency": "CHF"}, "plan: month-15 is sold in EUR"),
        ({**FULL, "starts_at": ""}, "starts_at: is missing"),
        ({**FULL, "ends_at": ""}, "ends_at: is missing"),
        ({**FULL, "ends_at": "2026-12-01"}, "ends_at: must be a moment with its offset"),
        ({**FULL, "ends_at": "0001-01-01T00:00:00+00:00"}, "ends_at: must be a moment"),
        ({**FULL, "ends_at": START}, "ends_at: is not after the start"),
        ({**FULL, "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-02-01T00:00:00Z"}, "ends_at: is in the past"),
        ({**FULL, "starts_at": END, "ends_at": "2099-01-01T00:00:00Z"}, "starts_at: is in the future"),
        ({**FULL, "data_left_bytes": "15000000001"}, "data_left_bytes: more than month-15 grants"),
        ({"data_left_bytes": "5"}, "data_left_bytes: is given, but no plan is named"),
        ({"language": "a\x00b"}, "language: holds a NUL"),
    ],
)
def test_a_row_with_a_mistake_is_named_and_the_rest_is_loaded(stock: Path, changes: dict[str, str], said: str) -> None:
    write(stock, row(**changes), row(number="+4917604069029", iccid=""))
    _report, complaints, closing = run(stock)
    assert f"line 2: {said}" in complaints
    assert closing
    assert [line.msisdn for line in Line.objects.all()] == ["+4917604069029"]
    assert broken() == {}


def test_ragged_rows_and_doubles_are_named(stock: Path) -> None:
    write(stock, row(), "a,b", row() + ",more", row(iccid=""), row(number="+4917604069022"), "")
    _report, complaints, _closing = run(stock)
    assert complaints.splitlines() == [
        f"line 3: columns: 2 cells where the first line has {len(COLUMNS)}",
        f"line 4: columns: {len(COLUMNS) + 1} cells where the first line has {len(COLUMNS)}",
        "line 5: number: stands in line 2 already",
        "line 6: iccid: stands in line 2 already",
    ]
    assert Line.objects.count() == 1


def test_a_sim_of_another_line_is_refused(stock: Path) -> None:
    write(stock, row())
    run(stock)
    write(stock, row(number="+4917604069022"))
    assert "line 2: iccid: belongs to another line" in run(stock)[1]


def test_windows_line_ends_quotes_and_a_byte_order_mark_are_fine(stock: Path) -> None:
    write(stock, row(number='"0176 040690 21"'), ending="\r\n", start="\ufeff")
    assert run(stock)[1:] == ("", "")
    assert Line.objects.get().msisdn == NUMBER


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"number,iccid\n", "missing: country"),
        (",".join([*COLUMNS, "number", "colour"]).encode() + b"\n", "unknown: colour; double: number"),
        ("\ufeffnumber".encode("utf-16"), "save it as CSV UTF-8"),
        (",".join(COLUMNS).encode() + b"\n\xff\xfe\xfa", "is not UTF-8"),
        (",".join(COLUMNS).encode() + b'\n"never closed', "Line 2"),
        (",".join(COLUMNS).encode() + b"\n" + b"x" * 5000, "Line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_one_sentence(stock: Path, content: bytes, said: str) -> None:
    stock.write_bytes(content)
    assert said in run(stock)[2]
    assert not Line.objects.exists()


def test_a_header_alone_loads_nothing_and_a_missing_file_is_said(stock: Path) -> None:
    write(stock)
    assert run(stock)[1:] == ("", "")
    assert "cannot be read" in run(stock.with_name("none.csv"))[2]


def test_rows_before_a_break_are_kept_and_loading_the_mended_file_adds_the_rest(stock: Path) -> None:
    rows = [row(number=f"+49176040{number:05}", iccid="", credit_paid_minor="5") for number in range(69100, 69700)]
    write(stock, *rows)
    with stock.open("ab") as file:
        file.write(b"\xff\xfe")
    run(stock)
    assert Line.objects.count() == 500
    write(stock, *rows)
    report, _complaints, closing = run(stock)
    assert closing == ""
    assert (total(report, "new"), total(report, "there already")) == (100, 500)
    assert broken() == {}


def test_a_chunk_without_plans_costs_the_same_for_ten_and_for_a_hundred_lines(stock: Path) -> None:
    def cost(first: int, count: int) -> int:
        write(
            stock,
            *[
                row(number=f"+49176040{number:05}", iccid="", credit_paid_minor="5", state="active")
                for number in range(first, first + count)
            ],
        )
        with CaptureQueriesContext(connection) as queries:
            run(stock)
        return len(statements(queries))

    cost(69000, 1)  # makes the operator's own account
    assert cost(69100, 10) == cost(69300, 100) <= 20


def test_the_line_can_be_claimed_and_renewed_like_any_other(stock: Path) -> None:
    from accounts import claims
    from accounts.models import Subscriber
    from tests.billing.ordering import order_plan, pay

    write(stock, row(**FULL))
    run(stock)
    person: Any = Subscriber.objects.create_user(email="diego@example.com", msisdn=NUMBER)
    assert claims.prove(person, NUMBER, now=NOW) == Line.objects.get()
    order = order_plan(person, now=clock.now())
    pay(order, now=clock.now())
    assert PlanPeriod.objects.order_by("starts_at").last().starts_at.isoformat() == END  # type: ignore[union-attr]
    assert broken() == {}
