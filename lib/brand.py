"""The operator's name, contact and texts, read from the `brand/` folder."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language


@dataclass(frozen=True)
class Brand:
    """`versions` maps a text's name (`terms`, `privacy`, `start-at-once`, …) to what is stored with an acceptance."""

    folder: Path
    name: str
    mail: str
    phone: str
    hours_by_language: dict[str, str]
    versions: dict[str, str]

    @property
    def hours(self) -> str:
        """Support hours in the reader's language."""
        return self.hours_by_language.get(get_language() or "en") or self.hours_by_language.get("en", "")

    def text(self, name: str) -> SafeString:
        """A legal text as an HTML fragment in the reader's language, else in English. Raises FileNotFoundError."""
        own = self.folder / "texts" / f"{name}.{get_language()}.html"
        path = own if own.exists() else self.folder / "texts" / f"{name}.en.html"
        return mark_safe(path.read_text(encoding="utf-8"))  # noqa: S308  the operator's own file


@cache
def brand() -> Brand:
    """The brand of this installation."""
    folder = Path(settings.BRAND_DIR)
    read: dict[str, Any] = tomllib.loads((folder / "brand.toml").read_text(encoding="utf-8"))
    return Brand(
        folder=folder,
        name=read["name"],
        mail=read["mail"],
        phone=read["phone"],
        hours_by_language=read["hours"],
        versions=read["versions"],
    )
