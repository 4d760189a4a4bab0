"""What an article is made of."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from accounts.models import Line
from support.models import Topic

#: A text that is translated when it is shown.
Words = str | Promise


@dataclass(frozen=True)
class Link:
    """A way to the page that does it. `name`: of the address, by itself or of a line's own page."""

    name: str
    words: Words

    def url(self, line: Line | None) -> str:
        """Empty where there is no such page, or where it needs a line and there is none."""
        for given in ([], [line.pk]) if line else ([],):
            try:
                return reverse(self.name, args=given)
            except NoReverseMatch:
                continue
        return ""


@dataclass(frozen=True, kw_only=True)
class Article:
    """`says`: paragraphs. `also`: what people call it when they look for it, with commas between. `fits`: situations in which it is
    offered unasked (support.articles.situations).
    """

    slug: str
    topic: Topic
    title: Words
    says: tuple[Words, ...]
    also: Words
    links: tuple[Link, ...] = ()
    fits: tuple[str, ...] = ()
