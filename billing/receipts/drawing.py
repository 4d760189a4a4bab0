"""A receipt's document as PDF, by typst. Done by the worker; the same document gives the same file."""

import json
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from billing.receipts import signs

_TEMPLATE = Path(__file__).parent / "templates" / "receipt.typ"
_FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "noto_cjk_sans_otc")
#: For archives (ISO 19005-2) and for readers by ear (ISO 14289-1).
_STANDARDS = ["a-2a", "ua-1"]
_ONE_SIGN = b'#set document(title: "-")\n#set text(lang: "en", font: ("Noto Sans", "Noto Sans Arabic", "Noto Sans CJK SC"))\n#sys.inputs.sign'


def draw(document: dict[str, Any], *, issued_at: datetime) -> bytes:
    """The PDF of a frozen `document`, tagged, dated `issued_at`. A sign that no font of ours has becomes a box."""
    inputs = _inputs(document)
    try:
        return _pdf(inputs, issued_at)
    except typst.TypstError:
        return _pdf({**inputs, "document": signs.boxed(inputs["document"], _is_drawn)}, issued_at)


def picture(document: dict[str, Any]) -> bytes:
    """The page as PNG, for people who look at the template."""
    return _compiled(str(_TEMPLATE), _inputs(document), format="png")


def _inputs(document: dict[str, Any]) -> dict[str, str]:
    """Texts travel as data: whatever stands in a name, the template sees a string."""
    texts = {name: signs.everywhere(part, signs.fit) for name, part in document.items() if name != "mark"}
    return {"document": json.dumps(texts, ensure_ascii=False), "mark": document["mark"]}


def _pdf(inputs: dict[str, str], issued_at: datetime) -> bytes:
    return _compiled(
        str(_TEMPLATE), inputs, format="pdf", timestamp=int(issued_at.timestamp()), pdf_standards=_STANDARDS
    )


def _compiled(source: str | bytes, inputs: dict[str, str], **how: Any) -> bytes:
    made: bytes = typst.compile(source, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs, **how)
    return made


@cache
def _is_drawn(sign: str) -> bool:
    """Whether one of our fonts has it."""
    try:
        _compiled(_ONE_SIGN, {"sign": sign}, format="pdf", pdf_standards=_STANDARDS)
    except typst.TypstError:
        return False
    return True


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
