"""From a CSV file to typed rows, one at a time; what is wrong with a row is said in one sentence that names its column."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import is_currency
from django.conf import settings

from accounts.models import IdentityCheck, LineState
from lib.msisdn import NotAnMsisdn, parse_msisdn

AMOUNTS = {"data": "data_left_bytes", "voice": "voice_left_seconds", "texts": "texts_left_count"}
COLUMNS = (
    "number", "iccid", "country", "time_zone", "currency", "language", "state", "credit_paid_minor", "credit_bonus_minor",
    "plan", "starts_at", "ends_at", *AMOUNTS.values(),
)  # fmt: skip
#: A file may leave these columns out.
OPTIONAL = ("identity",)
STATES = (LineState.STOCK, LineState.ACTIVE, LineState.GRACE, LineState.SUSPENDED, LineState.BLOCKED)
_LONGEST_CELL = 1000
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class FileRefused(Exception):
    """The file as a whole cannot be read; nothing of it was loaded from there on."""


class RowRefused(Exception):
    """One row cannot be loaded. `at`: its line in the file, from 1."""

    def __init__(self, at: int, column: str, reason: str) -> None:
        super().__init__(f"line {at}: {column}: {reason}")
        self.at = at


@dataclass(frozen=True, kw_only=True)
class StockRow:
    """One line of the stock. Money in minor units; `left` by unit of allowance, in its base, None where nothing was said."""

    at: int
    msisdn: str
    iccid: str
    country: str
    time_zone: str
    currency: str
    language: str
    state: LineState
    paid_minor: int
    bonus_minor: int
    plan: str
    starts_at: datetime | None
    ends_at: datetime | None
    left: Mapping[str, int | None]
    identity: IdentityCheck | None = None


def read(path: Path) -> Iterator[StockRow | RowRefused]:
    """Each row of the file, or what is wrong with it. Raises FileRefused."""
    _refuse_other_encodings(path)
    csv.field_size_limit(_LONGEST_CELL)
    seen: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _checked(csv.reader(file, strict=True))
        header = [cell.strip().lower() for cell in next(rows, (0, []))[1]]
        _check_header(header)
        for at, cells in rows:
            if any(cell.strip() for cell in cells):
                try:
                    yield _once(_row(at, header, cells), seen)
                except RowRefused as refusal:
                    yield refusal


def _refuse_other_encodings(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from error
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start:
        raise FileRefused("The file is UTF-16: save it as CSV UTF-8 and try again.")


def _checked(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they end on. Raises FileRefused where the text itself breaks off."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"After line {reader.line_num} the text is not UTF-8: save the file as CSV UTF-8 and try again."
            ) from error
        except csv.Error as error:
            raise FileRefused(f"Line {reader.line_num}: {error}. Mend the line and try again.") from error
        yield reader.line_num, cells


def _check_header(header: list[str]) -> None:
    if not header:
        raise FileRefused(f"The file is empty. Its first line names the columns: {','.join(COLUMNS)}.")
    problems = {
        "missing": [name for name in COLUMNS if name not in header],
        "unknown": [name for name in header if name not in (*COLUMNS, *OPTIONAL)],
        "double": sorted({name for name in header if header.count(name) > 1}),
    }
    told = [f"{kind}: {', '.join(name or '(empty)' for name in names)}" for kind, names in problems.items() if names]
    if told:
        raise FileRefused(f"The columns of the first line are not right; {'; '.join(told)}.")


def _once(row: StockRow, seen: dict[str, int]) -> StockRow:
    for column, text in (("number", row.msisdn), ("iccid", row.iccid)):
        if text and (first := seen.setdefault(text, row.at)) != row.at:
            raise RowRefused(row.at, column, f"stands in line {first} already")
    return row


def _row(at: int, header: list[str], cells: list[str]) -> StockRow:
    if len(cells) != len(header):
        raise RowRefused(at, "columns", f"{len(cells)} cells where the first line has {len(header)}")
    row = _Cells(at, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    return StockRow(
        at=at,
        msisdn=row.msisdn(),
        iccid=row.matching("iccid", r"(89[0-9]{16,18})?", "18 to 20 digits that begin with 89"),
        country=row.one_of("country", _countries(), "two letters of ISO 3166, like DE"),
        time_zone=row.one_of("time_zone", _time_zones(), "a name like Europe/Berlin"),
        currency=row.currency(),
        language=row.one_of(
            "language", {code for code, _name in settings.LANGUAGES}, "a language of the portal", usual="en"
        ),
        state=LineState(row.one_of("state", set(STATES), f"one of {', '.join(STATES)}", usual=LineState.STOCK)),
        paid_minor=row.whole("credit_paid_minor") or 0,
        bonus_minor=row.whole("credit_bonus_minor") or 0,
        plan=row.text("plan"),
        starts_at=row.moment("starts_at"),
        ends_at=row.moment("ends_at"),
        left={unit: row.whole(column) for unit, column in AMOUNTS.items()},
        identity=row.identity(),
    )


class _Cells:
    """The cells of one row by column; each reader raises RowRefused."""

    def __init__(self, at: int, cells: Mapping[str, str]) -> None:
        self._at = at
        self._cells = cells

    def text(self, column: str) -> str:
        text = self._cells[column]
        if "\x00" in text:
            raise self.refusal(column, "holds a NUL character")
        return text

    def refusal(self, column: str, reason: str) -> RowRefused:
        return RowRefused(self._at, column, reason)

    def msisdn(self) -> str:
        try:
            return parse_msisdn(self.text("number"))
        except NotAnMsisdn:
            raise self.refusal("number", "is no phone number; write it with its country code") from None

    def matching(self, column: str, pattern: str, wanted: str) -> str:
        text = self.text(column)
        if not re.fullmatch(pattern, text, re.ASCII):
            raise self.refusal(column, f"must be {wanted}")
        return text

    def one_of(self, column: str, known: set[str], wanted: str, *, usual: str = "") -> str:
        text = self.text(column) or usual
        if text not in known:
            raise self.refusal(column, f"must be {wanted}")
        return text

    def identity(self) -> IdentityCheck | None:
        if not self._cells.get("identity"):
            return None
        return IdentityCheck(self.one_of("identity", set(IdentityCheck), f"one of {', '.join(IdentityCheck)}"))

    def currency(self) -> str:
        text = self.text("currency")
        if not re.fullmatch(r"[A-Z]{3}", text) or not is_currency(text):
            raise self.refusal("currency", "must be three letters of ISO 4217, like EUR")
        return text

    def whole(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,15}", text, re.ASCII):
            raise self.refusal(column, "must be a whole number of digits 0 to 9, not negative, without marks")
        return int(text)

    def moment(self, column: str) -> datetime | None:
        text = self.text(column)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or not _EARLIEST <= at <= _LATEST:
            raise self.refusal(column, "must be a moment with its offset, like 2026-12-01T00:00:00+01:00")
        return at.astimezone(UTC)


@cache
def _time_zones() -> set[str]:
    return available_timezones()  # reads a folder each time it is asked


@cache
def _countries() -> set[str]:
    return {str(code) for code in Locale.parse("en").territories if re.fullmatch(r"[A-Z]{2}", str(code))}
