"""From a figure to the lines that make it."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse


@dataclass(frozen=True)
class Links:
    """Addresses of a line's usage."""

    line_id: UUID
    kept_from: datetime

    def page(self, show: str, of: object = "") -> str:
        asked = {"show": show, "of": of} if of else {"show": show}
        return f"{reverse('line_usage', args=[self.line_id])}?{urlencode(asked)}"

    def allowance(self, allowance_id: UUID) -> str:
        return reverse("usage_allowance", args=[self.line_id, allowance_id])

    def records(self, *, ends_at: datetime | None = None, **wanted: object) -> str:
        """The uses with these filters (network.pages.filters); nothing where all of them, before `ends_at`, are forgotten."""
        if ends_at is not None and ends_at <= self.kept_from:
            return ""
        asked = {name: _told(value) for name, value in wanted.items() if value}
        return f"{reverse('usage_records', args=[self.line_id])}?{urlencode(asked)}"


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
