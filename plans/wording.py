"""Names that come from the catalogue in several languages."""

from collections.abc import Mapping

from django.utils.translation import get_language


class Wording:
    """A text by language code, e.g. `{"en": "Month 15", "zh-hans": "包月 15"}`; falls back to English."""

    def __init__(self, by_language: Mapping[str, str]) -> None:
        self.by_language = by_language

    @property
    def text(self) -> str:
        language = get_language() or "en"
        return self.by_language.get(language) or self.by_language.get("en", "")
