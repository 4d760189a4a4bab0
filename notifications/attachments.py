"""Files that go with an e-mail. A message holds only a name such as `receipt:<id>`; whoever makes the files says here how to load
them, so that this room knows nothing of receipts.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """A file of `kind` (a MIME type)."""

    name: str
    kind: str
    content: bytes


Loader = Callable[[str], Attachment | None]
_LOADERS: dict[str, Loader] = {}


def register(prefix: str, loader: Loader) -> None:
    """Names `<prefix>:<id>` are loaded by `loader(id)`, which answers None when there is no such file."""
    _LOADERS[prefix] = loader


def load(name: str) -> Attachment | None:
    """The file of that name; None for none. Raises KeyError for a prefix nobody has registered."""
    if not name:
        return None
    prefix, _colon, found = name.partition(":")
    return _LOADERS[prefix](found)
