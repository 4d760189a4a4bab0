"""Ours and the baseline in turn, round after round, on fresh work; afterwards both must have left the same rows."""

import difflib
import gc
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.db import connection

from bench.baseline import Baseline
from bench.report import Report, Round, Scale, progress
from bench.script import Script, record, retell
from tests.stack.invariants import broken

_WARM = 8


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One piece of work to be timed. Deeds of one `kind` send the same statements; `own` names the texts and ids (as text) in
    which one differs from the other.
    """

    kind: str
    own: Mapping[str, str]
    run: Callable[[], object]


class Bench(Protocol):
    """Something to be compared with raw psycopg."""

    name: str
    size: int

    def deeds(self, count: int) -> list[Deed]:
        """Fresh ones, everything they need in the database; not timed."""
        ...

    def rows(self, deed: Deed) -> list[str]:
        """What the deed has left in the database, in order, without what differs each time (made ids, real time)."""
        ...


class NotTheSame(AssertionError):
    """The baseline left other rows than the portal: it is not the same work, and the ratio means nothing."""


class BooksBroken(AssertionError):
    """A promise of docs/money.md does not hold any more."""


def compare(bench: Bench, scale: Scale) -> Report:
    """Raises NotTheSame, BooksBroken."""
    size = scale.size or bench.size
    with closing(Baseline()) as baseline:
        scripts = _warm_up(bench, baseline)
        rounds = []
        for number in range(1, scale.rounds + 1):
            rounds.append(_round(bench, baseline, scripts, size=size, ours_first=number % 2 == 1))
            progress(f"{bench.name}: round {number} of {scale.rounds}: cpu {rounds[-1].ratio_cpu:.2f} of raw psycopg")
        checked = [*_checked_books(), *(["fsync on"] if baseline.is_durable() else [])]
    return Report(
        name=bench.name,
        size=size,
        rounds=rounds,
        queries={kind: script.queries for kind, script in scripts.items()},
        checked=["same rows from both", *checked],
    )


def _warm_up(bench: Bench, baseline: Baseline) -> dict[str, Script]:
    """Fill caches on both sides, and record what each kind of deed sends once they are full."""
    for deed in bench.deeds(_WARM):
        deed.run()
    scripts = {deed.kind: record(deed.run, deed.own) for deed in bench.deeds(_WARM)}
    for deed in bench.deeds(_WARM):
        baseline.play(scripts[deed.kind].retold(deed.own))
    return scripts


def _round(bench: Bench, baseline: Baseline, scripts: Mapping[str, Script], *, size: int, ours_first: bool) -> Round:
    ours, theirs = bench.deeds(size), bench.deeds(size)
    run = [deed.run for deed in ours]
    play = [partial(baseline.play, scripts[deed.kind].retold(deed.own)) for deed in theirs]
    if ours_first:
        our, raw = _spent(run), _spent(play)
    else:
        raw, our = _spent(play), _spent(run)
    _compare_rows(bench, [*ours, *theirs])
    return Round(raw_cpu=raw[0], raw_wall=raw[1], our_cpu=our[0], our_wall=our[1])


def _spent(work: Iterable[Callable[[], object]]) -> tuple[float, float]:
    """Seconds: the processor's in this process, and the wall clock's."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for each in work:
        each()
    return time.process_time() - cpu, time.perf_counter() - wall


def rows_of(statement: str, deed: Deed) -> list[str]:
    """The rows of a statement with one column, which is given what is the deed's own by name."""
    with connection.cursor() as cursor:
        cursor.execute(statement, deed.own)
        return [str(row) for (row,) in cursor.fetchall()]


def _compare_rows(bench: Bench, deeds: Iterable[Deed]) -> None:
    first: dict[str, list[str]] = {}
    for deed in deeds:
        rows = retell(bench.rows(deed), {text: f"<{name}>" for name, text in deed.own.items()})
        if rows != first.setdefault(deed.kind, rows):
            told = "\n".join(difflib.ndiff(first[deed.kind], rows))
            raise NotTheSame(f"{bench.name}, {deed.kind}:\n{told}")


def _checked_books() -> list[str]:
    if promises := broken():
        raise BooksBroken(promises)
    return ["books add up"]
