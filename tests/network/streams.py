"""Random streams of use, the allowances they meet, and the files they come in."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from hypothesis import strategies as st

from accounts.models import Line
from network import loading
from tests.network.model import Pot, Use
from tests.network.writing import HOUR, NOW, allowance, as_csv, row

COUNTRIES = ["DE", "FR", "US", "XX"]
moments = st.integers(min_value=1, max_value=100).map(lambda hours: NOW - hours * HOUR)
uses = st.lists(
    st.tuples(moments, st.sampled_from(["data", "voice"]), st.integers(1, 60), st.sampled_from(COUNTRIES)),
    min_size=1, max_size=25,
)  # fmt: skip
pots = st.lists(
    st.tuples(
        st.sampled_from(["data", "voice"]), moments, st.integers(1, 120), st.sampled_from(["eu", "world"]),
        st.one_of(st.none(), st.integers(1, 120)), st.one_of(st.none(), st.integers(1, 60)),
    ),
    max_size=6,
)  # fmt: skip


def forget_everything(line: Line) -> None:
    """What the example before has left; past the triggers, as the tests' role may."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("usagecharge", "usagerecord", "usageday", "usagerowerror", "usagefile"):
            cursor.execute(f"DELETE FROM network_{table}")
        cursor.execute("DELETE FROM plans_allowance")
        cursor.execute("SET session_replication_role = origin")


def pot_of(line: Line, unit: str, begins: datetime, hours: int, zone: str, limit: int | None, cap: int | None) -> Pot:
    cap = None if cap is None or unit == "voice" else min(cap, limit or cap)
    ends = begins + timedelta(hours=hours)
    made = allowance(line, limit, unit=unit, begins=begins, ends=ends, zone=zone, cap=cap)
    countries = set(made.zone.countries.values_list("country", flat=True))
    return Pot(made.pk, unit, begins, ends, countries, limit, cap)


def files_of(uses: list[Any], cuts: list[int]) -> list[list[Use]]:
    made = [Use(at, f"r{number}", unit, amount, country) for number, (at, unit, amount, country) in enumerate(uses)]
    edges = [0, *sorted(min(cut, len(made)) for cut in cuts), len(made)]
    return [made[start:end] for start, end in pairwise(edges) if start < end]


def load_file(stream: list[Use], number: int) -> None:
    rows = [row(use.record, at=use.at, unit=use.unit, amount=use.amount, country=use.country) for use in stream]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{number}.csv"
        path.write_bytes(as_csv(rows))
        list(loading.load(path, source="test", now=NOW))
