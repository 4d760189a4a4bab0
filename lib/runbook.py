"""What to do about an alarm or a review item: the sections of docs/runbook.md, shown at the desk beside what they are about."""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings

_HEADING = re.compile(r"^## (review|alarm) `([\w.]+)`", re.MULTILINE)
_PART = re.compile(r"^- \*\*(.+?)\*\*\s+(.+?)(?=^- \*\*|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Part:
    """`title`: means, look at, do, or tell the person."""

    title: str
    text: str


def section(name: str) -> list[Part]:
    """The parts of a section such as `review over` or `alarm event.dead`; none when it is not written."""
    return _sections().get(name, [])


def names() -> set[str]:
    """Every section there is."""
    return set(_sections())


@cache
def _sections() -> dict[str, list[Part]]:
    path = settings.BASE_DIR / "docs" / "runbook.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    return {
        f"{heading[1]} {heading[2]}": _parts(text[heading.end() : end])
        for heading, end in zip(found, ends, strict=False)
    }


def _parts(text: str) -> list[Part]:
    body = text.partition("\n# ")[0]
    return [Part(title.rstrip(":."), " ".join(words.replace("`", "").split())) for title, words in _PART.findall(body)]
