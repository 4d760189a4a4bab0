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
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

#: a text (singular and plural where it counts) and its context
Text = tuple[str | tuple[str, ...], str | None]

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
_CODE = ("portal", "support", "network", "billing", "plans", "accounts", "provisioning", "notifications", "lib")
_PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_COUNTED = {"ngettext", "ngettext_lazy"}
_IN_CONTEXT = {"pgettext", "pgettext_lazy"}
_COUNTED_IN_CONTEXT = {"npgettext", "npgettext_lazy"}
#: how many leading arguments of a call are texts, the context included
_TEXTS = {
    **dict.fromkeys(_PLAIN, 1),
    **dict.fromkeys(_COUNTED | _IN_CONTEXT, 2),
    **dict.fromkeys(_COUNTED_IN_CONTEXT, 3),
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
        for words, context in texts_of_code(path.read_text(encoding="utf-8")):
            found.add(words, context=context, locations=[(told(path), 0)])
    for path in sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind)):
        for words, context in texts_of(path.read_text(encoding="utf-8"), name=told(path)):
            found.add(words, context=context, locations=[(told(path), 0)])
    return found


def texts_of_code(code: str) -> Iterator[Text]:
    """Each text of a Python file, those inside f-strings too, which a reader of tokens misses before Python 3.12."""
    calls = [
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        texts = [part.value for part in call.args[: _TEXTS.get(name, 0)] if isinstance(part, ast.Constant)]
        if name in _TEXTS and len(texts) == _TEXTS[name]:
            yield text_of(name, tuple(str(text) for text in texts))


def texts_of(template: str, *, name: str) -> Iterator[Text]:
    """Each text of a template."""
    for call in _CALL.finditer(templatize(template, origin=name)):
        yield text_of(call[1], ast.literal_eval(f"({call[2]},)"))


def text_of(function: str, parts: tuple[str, ...]) -> Text:
    """What a call of gettext's family asks for."""
    context, words = (parts[0], parts[1:]) if function in _IN_CONTEXT | _COUNTED_IN_CONTEXT else (None, parts)
    return (words if len(words) > 1 else words[0]), context


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
