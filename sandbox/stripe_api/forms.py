"""Bracketed form fields (`line_items[0][price_data][currency]=eur`) to nested values, as the SDK's encoder writes them."""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe_api.refusals import ParameterRefusal

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_MAX_FIELDS = 1000
_MAX_DEPTH = 8


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Lists stay dicts of their indexes ("0", "1", …) until their type is known. Raises ParameterRefusal."""
    tree: dict[str, Any] = {}
    for count, (name, text) in enumerate(fields):
        if count >= _MAX_FIELDS or "\x00" in text or "\x00" in name:
            raise ParameterRefusal("The request's body cannot be read.")
        match = _NAME.fullmatch(name)
        if not match:
            raise ParameterRefusal(f"Invalid parameter name: {name[:80]}", param=name[:80])
        _put(tree, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], text, name)
    return tree


def _put(tree: dict[str, Any], path: list[str], text: str, name: str) -> None:
    if len(path) > _MAX_DEPTH:
        raise ParameterRefusal("Parameters are nested too deeply.", param=name[:80])
    for step in path[:-1]:
        below = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(below, dict):
            raise ParameterRefusal(f"Invalid object: {step}", param=name[:80])
        tree = below
    last = path[-1] or str(len(tree))
    if last in tree:
        raise ParameterRefusal(f"Parameter given twice: {name[:80]}", param=name[:80])
    tree[last] = text
