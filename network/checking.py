"""What a row must say, and the line in which it goes to the database: the first thing that is wrong with it, or its six values."""

import re
from datetime import datetime

from network.formats import Row

#: In the order in which it is looked for; dates and numbers that nobody has are found by the database (network.staging).
_MUST = (
    ("record", re.compile(r"[!-~]{1,80}")),
    ("number", re.compile(r"\+[1-9][0-9]{6,14}")),  # E.164
    (
        "time",
        re.compile(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
        ),
    ),
    ("unit", re.compile(r"data|voice|texts")),
    ("amount", re.compile(r"[1-9][0-9]{0,12}")),
    ("country", re.compile(r"[A-Z]{2}")),
)
_RIGHT = re.compile("\t".join(f"(?:{form.pattern})" for _name, form in _MUST))
#: What would break a row of COPY's text format, or what the database could not take.
_UNFIT = str.maketrans({"\x00": "\ufffd", "\t": " ", "\n": " ", "\r": " ", "\x0b": " ", "\x0c": " ", "\\": "/"})


def as_copy(number: int, row: Row) -> str:
    """For COPY into `usage_checked`: the row's number, why it is not taken, its six values, and what it says where it is not taken."""
    cells = row.cells
    if cells is not None:
        joined = "\t".join(cells)
        if _RIGHT.fullmatch(joined) and _is_a_moment(cells[2]) and "\\" not in joined:
            return f"{number}\t\\N\t{joined}\t\n"
    return _wrong(number, row)


def _wrong(number: int, row: Row) -> str:
    if row.cells is None:
        return f"{number}\tunreadable\t\t\t\\N\t\t\\N\t\t{_fit(row.told)}\n"
    record, msisdn = (_fit(cell)[:80] for cell in row.cells[:2])
    told = _fit(",".join(row.cells))[:80]
    return f"{number}\t{_reason(row.cells)}\t{record}\t{msisdn}\t\\N\t\t\\N\t\t{told}\n"


def _reason(cells: tuple[str, ...]) -> str:
    for (name, form), cell in zip(_MUST, cells, strict=True):
        if not form.fullmatch(cell) or (name == "time" and not _is_a_moment(cell)):
            return name
    return "record"  # a backslash, which no identity needs


def _is_a_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _fit(text: str) -> str:
    return text.translate(_UNFIT)
