"""Two loaders at once, on one file and on files that overlap: each record once, each allowance to the byte, nobody waits for ever."""

from pathlib import Path

import pytest

from accounts.models import Line
from network import loading
from network.models import UsageCharge, UsageDay, UsageFile, UsageRecord
from plans.models import Allowance
from tests.billing.test_ledger import run_together
from tests.network.writing import MB, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CHUNK", 7)


def rows(first: int, last: int) -> list[str]:
    return [row(f"r{number}", amount=MB) for number in range(first, last)]


def load_all(paths: list[Path]) -> None:
    def work(number: int) -> None:
        list(loading.load(paths[number], source="test", now=NOW))

    run_together(len(paths), work)


def assert_each_once(line: Line, count: int) -> None:
    assert UsageRecord.objects.count() == count
    assert UsageCharge.objects.count() == count
    assert Allowance.objects.get().used == count * MB
    day = UsageDay.objects.get()
    assert (day.line_id, day.amount, day.records_count) == (line.pk, count * MB, count)


def test_two_loaders_of_one_file_share_its_chunks(line: Line, tmp_path: Path) -> None:
    allowance(line)
    path = tmp_path / "one.csv"
    path.write_bytes(as_csv(rows(0, 60)))
    load_all([path, path])
    assert_each_once(line, 60)
    file = UsageFile.objects.get()
    assert (file.rows_read, file.rows_new, file.rows_known) == (60, 60, 0)


def test_three_files_that_overlap_count_each_record_once(line: Line, tmp_path: Path) -> None:
    allowance(line)
    paths = [tmp_path / f"{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        kept = rows(number * 15, number * 15 + 40)
        path.write_bytes(as_csv(kept if number % 2 else kept[::-1]))
    load_all(paths)
    assert_each_once(line, 70)
    assert sum(UsageFile.objects.values_list("rows_known", flat=True)) == 50
