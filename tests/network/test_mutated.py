"""Files that somebody has broken: whatever is in them, each is read to its end or refused in words, and the books hold.

`script/broken-usage` plays ten thousand of them; here are a few.
"""

import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import F, Sum

from accounts.models import Line
from network import loading
from network.formats import FileRefused
from network.models import UsageCharge, UsageFile, UsageRecord
from plans.models import Allowance
from tests.network.writing import HEADER, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db(transaction=True)
FILES = int(os.environ.get("BROKEN_FILES", "120"))
GARBAGE = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\\", b"\t", b"\r", b"\n\n", b",,,,,,", b"=cmd|'/c calc'!A0", b"-1", b"1e999",
    b"NaN", b"99999999999999999999999999", "١٢٣".encode(), "\u202e\u2066".encode(), b"DROP TABLE x;--", b"{" * 500, b"x" * 9000,
    b"\\N", b"\\.", "😀".encode(), b"\x85\x0b\x0c",
]  # fmt: skip


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(GARBAGE) + data[place:]


def _replace(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(max(1, len(data) - 5))
    return data[:place] + chance.choice(GARBAGE) + data[place + chance.randrange(1, 6) :]


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _double(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join([*lines, *chance.sample(lines, min(3, len(lines)))])


def _other_encoding(data: bytes, chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-16-le", "utf-32", "utf-7"]))


BREAKS: list[Callable[[bytes, random.Random], bytes]] = [_insert, _replace, _flip, _cut, _double, _other_encoding]


def broken(chance: random.Random) -> bytes:
    """A small file, right at first, with one to four things done to it; some are JSON lines, some are gzip."""
    rows = [row(f"r{chance.randrange(40)}", amount=chance.randrange(1, 9)) for _number in range(8)]
    data = as_csv(rows)
    if chance.random() < 0.3:
        names = HEADER.strip().split(",")
        data = b"".join(json.dumps(dict(zip(names, each.split(","), strict=True))).encode() + b"\n" for each in rows)
    is_zipped = chance.random() < 0.2
    if is_zipped and chance.random() < 0.5:
        data = gzip.compress(data)
    for _time in range(chance.randrange(1, 5)):
        data = chance.choice(BREAKS[:4] if data[:2] == b"\x1f\x8b" else BREAKS)(data, chance) or b"x"
    return gzip.compress(data) if is_zipped and data[:2] != b"\x1f\x8b" else data


def test_a_broken_file_is_read_or_refused_in_words_and_the_books_hold(line: Line, tmp_path: Path) -> None:
    allowance(line, 500)
    path, chance, refusals = tmp_path / "broken", random.Random(7), []
    for number in range(FILES):
        path.write_bytes(broken(chance))
        try:
            list(loading.load(path, source="test", now=NOW))
        except FileRefused as refusal:
            refusals.append(str(refusal))
        if number % 100 == 99 or number == FILES - 1:
            _books_hold()
    assert 0 < len(refusals) < FILES
    assert [words for words in refusals if not words.endswith(".")] == []
    assert UsageRecord.objects.exists()


def _books_hold() -> None:
    bucket = Allowance.objects.get()
    charged = UsageCharge.objects.aggregate(sum=Sum("amount"))["sum"]
    said = UsageRecord.objects.aggregate(amount=Sum("amount"), overrun=Sum("overrun"))
    assert bucket.used == charged == said["amount"] - said["overrun"] <= 500
    odd = UsageFile.objects.exclude(rows_read=F("rows_new") + F("rows_known") + F("rows_wrong"))
    assert not odd.exists()
    assert sum(UsageFile.objects.values_list("rows_new", flat=True)) == UsageRecord.objects.count()
    for file in UsageFile.objects.filter(rows_wrong__gt=0)[:20]:
        assert file.errors.count() == file.rows_wrong
