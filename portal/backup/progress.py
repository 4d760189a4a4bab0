"""How far it is, on one line of a terminal."""

import sys
import time
from typing import TextIO

_EVERY_SECONDS = 0.2
_MEGABYTE = 10**6


class Progress:
    """Counts bytes and shows them with their rate; into anything but a terminal it writes nothing."""

    def __init__(self, what: str, *, total_bytes: int = 0, to: TextIO | None = None) -> None:
        self._what, self._total_bytes, self._to = what, total_bytes, to or sys.stderr
        self._bytes = 0
        self._started = self._shown = time.monotonic()
        self._is_shown = self._to.isatty()

    def add(self, count_bytes: int) -> None:
        """So much more."""
        self.reach(self._bytes + count_bytes)

    def reach(self, at_bytes: int) -> None:
        """So much in all."""
        self._bytes = at_bytes
        if self._is_shown and time.monotonic() - self._shown >= _EVERY_SECONDS:
            self._show()

    def end(self) -> None:
        """Leave the last figures standing."""
        if self._is_shown:
            self._show()
            self._to.write("\n")

    def _show(self) -> None:
        self._shown = time.monotonic()
        rate = self._bytes / max(self._shown - self._started, 0.001)
        share = f" ({self._bytes * 100 // self._total_bytes} %)" if self._total_bytes else ""
        self._to.write(
            f"\r{self._what}: {self._bytes / _MEGABYTE:,.1f} MB{share}, {rate / _MEGABYTE:,.1f} MB a second  "
        )
        self._to.flush()
