"""A receipt's document as PDF, by typst. Done by the worker; the same document gives the same file."""

import json
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

_TEMPLATE = Path(__file__).with_name("receipt.typ")
_FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "noto_cjk_sans_otc")
#: The longest text of one field; more would be an attack on the page, not a name.
_LONGEST = 200
#: Marks that turn the direction of what follows (Unicode Standard Annex 9), and what no file can hold.
_UNSAFE = {ord(mark): None for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00"}


def draw(document: dict[str, Any], *, issued_at: datetime) -> bytes:
    """The PDF of a frozen `document`, tagged, dated `issued_at`; by PDF/UA-1 unless a name has signs no font of ours has."""
    try:
        return _pdf(document, issued_at, pdf_standards="ua-1")
    except typst.TypstError:
        return _pdf(document, issued_at)


def _pdf(document: dict[str, Any], issued_at: datetime, **standard: Any) -> bytes:
    made: bytes = typst.compile(
        str(_TEMPLATE),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=_inputs(document),
        format="pdf",
        timestamp=int(issued_at.timestamp()),
        **standard,
    )
    return made


def picture(document: dict[str, Any]) -> bytes:
    """The page as PNG, for people who look at the template."""
    made: bytes = typst.compile(
        str(_TEMPLATE), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=_inputs(document), format="png"
    )
    return made


def _inputs(document: dict[str, Any]) -> dict[str, str]:
    return {"document": json.dumps(_safe(document), ensure_ascii=False)}


@cache
def _fonts() -> Any:
    return typst.Fonts(include_system_fonts=False, font_paths=_font_folders())


def _font_folders() -> list[str]:
    found = []
    for name in _FONTS:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"the font package {name} is not installed")
        found.append(str(Path(spec.origin).parent))
    return found


def _safe(value: Any) -> Any:
    """Texts without what could turn or burst a page."""
    if isinstance(value, str):
        return value.translate(_UNSAFE)[:_LONGEST]
    if isinstance(value, list):
        return [_safe(part) for part in value]
    if isinstance(value, dict):
        return {key: _safe(part) for key, part in value.items()}
    return value
