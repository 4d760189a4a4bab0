"""What somebody wrote in a mail: plain, without what they answer to and without their signature."""

import re
from html.parser import HTMLParser

from support.models.ticket import LONGEST_TEXT

#: How mail programs begin what is quoted, in the languages our readers have.
_QUOTE_BEGINS = re.compile(
    r"""^(?:
        >.*
        | -{2,}\s*(?:Original\ Message|Ursprüngliche\ Nachricht|Message\ d'origine|Mensaje\ original|原始邮件|转发邮件).*
        | _{10,}
        | (?:On|Am|Le|El|Op|Em|Il|Den)\s.{6,200}(?:schrieb.*|schreef.*|(?:wrote|a\ écrit|escribió|escreveu|ha\ scritto|skrev)\s?:?)
        | 在.{4,200}写道\s?[:：]?
        | (?:From|Von|De|Van|发件人)\s?[:：]\s.*@.*
    )$""",
    re.VERBOSE | re.IGNORECASE,
)
#: No line that begins a quote is longer; of longer ones only so much is looked at, whatever a stranger writes.
_LOOKED_AT = 400
_SIGNATURE = re.compile(r"^-- ?$")
_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "table"}
_UNSAID = {"script", "style", "head", "title", "blockquote"}


def said(text: str, html: str) -> str:
    """At most as much as an entry holds; nothing for nothing."""
    whole = text if text.strip() else plain(html)
    lines: list[str] = []
    for line in _unwrapped(whole):
        if _QUOTE_BEGINS.match(line[:_LOOKED_AT].strip()) or _SIGNATURE.match(line):
            break
        lines.append(line.rstrip())
    kept = "\n".join(lines).replace("\x00", "")
    return re.sub(r"\n{3,}", "\n\n", kept).strip()[:LONGEST_TEXT]


def _unwrapped(text: str) -> list[str]:
    """The lines; `On … wrote:` is one even where it was broken in two."""
    joined = re.sub(r"^((?:On|Am|Le|El|Op)\s.{6,120})\n(.{0,80}:)[ \t]*$", r"\1 \2", text[:200_000], flags=re.MULTILINE)
    return joined.splitlines()


def plain(html: str) -> str:
    """The words of a page, a line for each of its blocks."""
    reader = _Reader()
    reader.feed(_whole_tags(html[:500_000]))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(lines)


def _whole_tags(html: str) -> str:
    """Without comments and declarations, and no tag without its end: the parser looks for each of those ends through all that follows."""
    first, *others = html.split("<!--")
    html = first + "".join(part.partition("-->")[2] for part in others)
    html = re.sub(r"<[!?][^<>]*>?", "", html)
    return re.sub(r"<(?=[^<>]*(?:<|\Z))", "&lt;", html)


class _Reader(HTMLParser):
    """Keeps words and breaks; what is quoted, and what nobody sees, is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  its base's signature
        self._unsaid += tag in _UNSAID
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unsaid = max(0, self._unsaid - (tag in _UNSAID))
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.parts.append(data.replace("\n", " "))
