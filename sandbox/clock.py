"""The domain's clock, set back or forward for everybody who reads CLOCK_FILE. Stripe's own times stay real."""

import os
import tempfile
import time
from pathlib import Path

#: ten years either way: enough for any test, too little to overflow anybody's date
FARTHEST_SECONDS = 10 * 365 * 86400


class NotAnOffset(ValueError):
    """Not a whole number of seconds within ten years."""


class Clock:
    """An offset in whole seconds, kept as text in one file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def offset_seconds(self) -> int:
        try:
            return int(self._file.read_text(encoding="ascii") or 0)
        except (OSError, ValueError):
            return 0

    def now(self) -> float:
        """The domain's now, in seconds since 1970."""
        return time.time() + self.offset_seconds

    def turn(self, offset_seconds: object) -> int:
        """Write the offset, whole or not at all, so that no reader meets half a number. Raises NotAnOffset."""
        if not isinstance(offset_seconds, int) or isinstance(offset_seconds, bool):
            raise NotAnOffset("offset_seconds must be a whole number.")
        if abs(offset_seconds) > FARTHEST_SECONDS:
            raise NotAnOffset("offset_seconds must lie within ten years.")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".clock-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(str(offset_seconds))
        Path(name).chmod(0o644)
        Path(name).replace(self._file)
        return offset_seconds
