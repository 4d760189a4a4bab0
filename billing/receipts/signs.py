"""Texts that people gave us, made fit for a page: nothing that turns it or bursts it, and a box for what no font of ours has."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

#: Stands for a sign that cannot be drawn.
MISSING = "\N{WHITE SQUARE}"
#: Marks that turn what follows them (Unicode Standard Annex 9), and the one that PDF/UA forbids.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
#: Surrogate, unassigned and private signs.
_NO_SIGNS = frozenset({"Cs", "Cn", "Co"})
#: Control signs, tabs, line and paragraph breaks.
_SPACES = frozenset({"Cc", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Mc", "Me", "Cf"})
#: More marks on one letter than any language writes.
_PILE = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)


def fit(text: str) -> str:
    """`text` as it can be set, in one line."""
    kept = "".join(" " if unicodedata.category(sign) in _SPACES else sign for sign in text if _is_kept(sign))
    return _PILE.sub(r"\1", kept)


def boxed(text: str, is_drawn: Callable[[str], bool]) -> str:
    """`text` with a box for each sign of which `is_drawn` says no; marks on top of such a sign go with it."""
    kept = (sign if is_drawn(sign) else "" if unicodedata.category(sign) in _MARKS else MISSING for sign in text)
    return "".join(kept)


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed, however deep."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [everywhere(part, change) for part in value]
    if isinstance(value, dict):
        return {key: everywhere(part, change) for key, part in value.items()}
    return value


def _is_kept(sign: str) -> bool:
    return sign not in _TURNING and unicodedata.category(sign) not in _NO_SIGNS
