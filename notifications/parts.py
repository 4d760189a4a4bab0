"""What a mail's text is made of, for its page: prose, facts (lines of `label: value`), and the one thing to tap (a label above an address)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: In some languages a colon is set wide.
_COLON = re.compile(r"\s*[:：]\s*")


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True)
class Parts:
    """`blocks`: paragraphs as they are, or tables of facts, in the order of the text."""

    blocks: list[str | list[Fact]] = field(default_factory=list)
    button: Button | None = None


def read(text: str) -> Parts:
    """The first address of the text with a label above it becomes the button. A paragraph of at least two lines, each with a colon, is a table."""
    blocks: list[str | list[Fact]] = []
    button = None
    for paragraph in _paragraphs(text):
        found = _button(paragraph)
        if found and not button:
            button = found
        else:
            blocks.append(_facts(paragraph) or paragraph)
    return Parts(blocks, button)


def _paragraphs(text: str) -> Iterator[str]:
    for part in text.split("\n\n"):
        if part.strip():
            yield part.strip()


def _button(paragraph: str) -> Button | None:
    label, _break, url = paragraph.rpartition("\n")
    if label and "\n" not in label and re.fullmatch(r"https?://\S+", url):
        return Button(label.rstrip(" :："), url)
    return None


def _facts(paragraph: str) -> list[Fact]:
    cut = [_COLON.split(line, maxsplit=1) for line in paragraph.split("\n")]
    if len(cut) < 2 or any(len(parts) < 2 for parts in cut):
        return []
    return [Fact(label, value) for label, value in cut]
