"""What is asked of a bench, and what it answers."""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured. `size` is the pieces of work in a round; None leaves it to the bench."""

    rounds: int
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Round:
    """Seconds of this process that one round took, raw psycopg's and ours."""

    raw_cpu: float
    raw_wall: float
    our_cpu: float
    our_wall: float

    @property
    def ratio_cpu(self) -> float:
        """1.0 is as cheap as raw psycopg, 0.5 twice as dear."""
        return self.raw_cpu / self.our_cpu

    @property
    def ratio_wall(self) -> float:
        return self.raw_wall / self.our_wall


@dataclass(frozen=True, kw_only=True)
class Report:
    """`queries`: statements of one piece of work, by its kind, without transaction control and SET."""

    name: str
    size: int
    rounds: Sequence[Round]
    queries: Mapping[str, int]
    checked: Sequence[str]

    def line(self) -> str:
        """One line of JSON; times are the median's microseconds for one piece of work."""
        return json.dumps(
            {
                "name": self.name,
                "rounds": len(self.rounds),
                "size": self.size,
                "ratio_cpu": spread([each.ratio_cpu for each in self.rounds]),
                "ratio_wall": spread([each.ratio_wall for each in self.rounds]),
                "cpu_us": {
                    "raw": self._middle([each.raw_cpu for each in self.rounds]),
                    "ours": self._middle([each.our_cpu for each in self.rounds]),
                },
                "queries": dict(self.queries),
                "checked": list(self.checked),
            }
        )

    def _middle(self, seconds: Sequence[float]) -> int:
        return round(statistics.median(seconds) / self.size * 1_000_000)


class Figures(Protocol):
    """What a bench has measured."""

    def line(self) -> str:
        """One line of JSON."""
        ...


def spread(numbers: Sequence[float]) -> dict[str, float]:
    return {
        "min": round(min(numbers), 3),
        "median": round(statistics.median(numbers), 3),
        "max": round(max(numbers), 3),
    }


def progress(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)
