"""The totals of an import, to hold against those of the system the lines come from."""

from collections import Counter
from collections.abc import Iterator

from portal.line_import.loading import Outcome
from portal.line_import.parsing import AMOUNTS, StockRow


class Totals:
    """Adds outcomes up. Loaded and unchanged rows count together: both are in the portal now (or would be)."""

    def __init__(self) -> None:
        self.loaded = self.identified = self.unchanged = self.refused = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, outcome: Outcome) -> None:
        self.loaded += len(outcome.loaded)
        self.identified += len(outcome.identified)
        self.unchanged += len(outcome.unchanged)
        self.refused += len(outcome.refused)
        for row in (*outcome.loaded, *outcome.identified, *outcome.unchanged):
            self._count(row)

    @property
    def read(self) -> int:
        return self.loaded + self.identified + self.unchanged + self.refused

    def lines(self) -> Iterator[str]:
        """One total a line, aligned; sums in minor units and in the base of each unit."""
        yield f"{'rows read':<40} {self.read:>18,}"
        yield f"{'  new':<40} {self.loaded:>18,}"
        yield f"{'  there already, unchanged':<40} {self.unchanged:>18,}"
        if self.identified:
            yield f"{'  there already, identity check changed':<40} {self.identified:>18,}"
        yield f"{'  refused':<40} {self.refused:>18,}"
        for (group, name), number in sorted(self._counts.items()):
            yield f"{f'{group} {name}':<40} {number:>18,}"

    def _count(self, row: StockRow) -> None:
        self._counts["lines in state", row.state] += 1
        self._counts["credit paid, minor units of", row.currency] += row.paid_minor
        self._counts["credit bonus, minor units of", row.currency] += row.bonus_minor
        if row.plan:
            self._counts["running plan", row.plan] += 1
        for unit, column in AMOUNTS.items():
            if (left := row.left[unit]) is not None:
                self._counts["left,", column] += left
