"""The operator: name, contact and legal texts from the folder that `BRAND_DIR` names. Read once for each process."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from plans.wording import Wording

#: The texts every operator must have, one file a language in `brand/texts/`.
LEGAL_TEXTS = ("terms", "privacy", "imprint")


@dataclass(frozen=True)
class LegalText:
    """One legal text: the HTML of the operator's own file, its version as it is stored when accepted, and the language it came in."""

    kind: str
    version: str
    language: str
    html: SafeString


@dataclass(frozen=True)
class Brand:
    """What pages, messages and receipts say of the operator. `phone` is E.164, `versions` by kind of text."""

    name: str
    mail: str
    phone: str
    hours_by_language: Mapping[str, str]
    versions: Mapping[str, str]
    folder: Path

    @property
    def hours(self) -> str:
        """When support answers, in the reader's language."""
        return Wording(self.hours_by_language).text

    def text(self, kind: str, language: str | None = None) -> LegalText:
        """The text in `language` (default: the reader's), else in English."""
        wanted = language or get_language() or "en"
        found = next(code for code in (wanted, "en") if self._file(kind, code).exists())
        html = mark_safe(self._file(kind, found).read_text(encoding="utf-8"))  # noqa: S308 - the operator's own file
        return LegalText(kind, self.versions[kind], found, html)

    def _file(self, kind: str, language: str) -> Path:
        return self.folder / "texts" / f"{kind}.{language}.html"


@lru_cache(maxsize=4)
def load(folder: Path) -> Brand:
    """Read `brand.toml`. Raises KeyError or OSError when the folder is not complete."""
    facts = tomllib.loads((folder / "brand.toml").read_text(encoding="utf-8"))
    return Brand(facts["name"], facts["mail"], facts["phone"], facts["hours"], facts["versions"], folder)


def brand() -> Brand:
    """The operator of this installation."""
    return load(Path(settings.BRAND_DIR))


def brand_context(_request: HttpRequest) -> dict[str, Any]:
    """`brand` for every template."""
    return {"brand": brand()}
