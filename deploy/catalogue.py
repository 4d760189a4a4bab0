"""The catalogues of texts in `locale/`, brought up to date without GNU gettext: `python -m deploy.catalogue`, by script/messages.

Sources are our Python files and templates. Texts of the catalogue of plans and of the brand lie with their data, the sandbox speaks for itself.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
_CODE = ("portal", "billing", "plans", "accounts", "notifications", "lib")
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
#: what `templatize` leaves of a template's texts: `_("…")`, ` gettext('…') `, ` ngettext('…', '…', count) `
_CALL = re.compile(
    rf"\b(_|gettext|ngettext|pgettext|npgettext)\(({_STRING}(?:\s*,\s*{_STRING})*)(?:\s*,\s*count)?\s*\)"
)


def sources() -> Catalog:
    """Every text of the portal, with the files it stands in."""
    found = Catalog(charset="utf-8")
    for path in sorted(path for room in _CODE for path in (ROOT / room).rglob("*.py")):
        for _line, words, _comments, context in extract_from_file("python", path, keywords=_KEYWORDS):
            found.add(words, context=context, locations=[(told(path), 0)])
    for path in sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind)):
        for words, context in texts_of(path.read_text(encoding="utf-8"), name=told(path)):
            found.add(words, context=context, locations=[(told(path), 0)])
    return found


def texts_of(template: str, *, name: str) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Each text of a template (singular and plural where it counts) with its context."""
    for call in _CALL.finditer(templatize(template, origin=name)):
        parts = ast.literal_eval(f"({call[2]},)")
        context, words = (parts[0], parts[1:]) if call[1] in {"pgettext", "npgettext"} else (None, parts)
        yield (words if len(words) > 1 else words[0]), context


def told(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def languages() -> list[str]:
    """The locales that have a folder; a new language begins as an empty one."""
    return sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def po_of(locale: str) -> Path:
    return LOCALE / locale / "LC_MESSAGES" / "django.po"


def read(locale: str) -> Catalog:
    """The catalogue as it is in its file, empty when there is none."""
    path = po_of(locale)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def brought_up(locale: str, found: Catalog) -> Catalog:
    """A catalogue of exactly the texts in `found`, with the translations there are."""
    known = read(locale)
    fresh = Catalog(locale=locale, charset="utf-8")
    for message in found:
        if message.id:
            old = known.get(message.id, message.context)
            text = old.string if old is not None and not old.fuzzy else None
            fresh.add(message.id, text or "", locations=message.locations, flags=message.flags, context=message.context)
    return fresh


def as_po(catalogue: Catalog) -> bytes:
    """The file's text: sorted by place, without dates and line numbers, so that only words make differences."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {}\\n"\n\n'
    )
    return header.format(catalogue.locale_identifier, catalogue.plural_forms).encode() + out.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """The compiled catalogue. Its dates are fixed, so that the same words are the same bytes."""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[Message]:
    """Texts without a translation, or without one for each form."""
    return [message for message in catalogue if message.id and not all(strings_of(message))]


def strings_of(message: Message) -> tuple[str, ...]:
    """The translation's forms: one, or as many as the language counts."""
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def main() -> int:
    """Bring every catalogue up to date and say what is still to translate."""
    found = sources()
    for locale in languages():
        fresh = brought_up(locale, found)
        path = po_of(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(fresh))
        path.with_suffix(".mo").write_bytes(as_mo(read(locale)))
        print(f"{locale}: {len(fresh)} texts, {len(missing(fresh))} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
